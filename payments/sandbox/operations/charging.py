"""What the card's bank does when it is asked for the money of an intent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from payments.sandbox import events, sources
from payments.sandbox.behaviors import BEHAVIORS, UNAUTHENTICATED, Decline
from payments.sandbox.models import Charge, PaymentIntent, PaymentMethod
from payments.sandbox.operations.disputes import open_disputes
from payments.sandbox.refusals import InvalidRequest


@dataclass(frozen=True)
class Manner:
    """How an intent is confirmed: whether the buyer is there, and what is known about who they are."""

    is_off_session: bool = False
    fails_on_action: bool = False  # rather decline than ask the buyer
    asks_if_possible: bool = False  # have every bank ask that would
    three_d_secure: Mapping[str, Any] | None = None  # the buyer was authenticated elsewhere; any proof is believed
    return_url: str | None = None


def collect(intent: PaymentIntent, method: PaymentMethod, manner: Manner) -> None:
    """Charge `method` for the intent, or ask the buyer first."""
    behavior = BEHAVIORS[method.behavior]
    is_challenged = behavior.challenges(
        is_requested=manner.asks_if_possible, is_off_session=manner.is_off_session, is_set_up=method.is_set_up
    )
    if manner.three_d_secure or not is_challenged:
        charge(intent, method, behavior.decline, three_d_secure=manner.three_d_secure)
    elif manner.is_off_session or manner.fails_on_action:
        charge(intent, method, UNAUTHENTICATED)
    else:
        url = f"{settings.PUBLIC_URL}/sandbox/authenticate/{intent.pk}"
        intent.challenge(method, url, intent.details.get("return_url"))
        sources.ask_buyer(method, intent=intent)
        events.emit("payment_intent.requires_action", intent)


def end_challenge(intent: PaymentIntent) -> None:
    """If somebody waits for the buyer of this intent, they need not any more."""
    if intent.awaits_buyer and intent.payment_method is not None:
        sources.hear_buyer(intent.payment_method, intent=intent)


def charge_after_challenge(intent: PaymentIntent) -> None:
    """The buyer has approved it."""
    method = intent.payment_method
    assert method is not None, "a payment that waits for its buyer has a card"  # noqa: S101
    result = {"version": "2.2.0", "authentication_flow": "challenge", "electronic_commerce_indicator": "05"}
    try:
        charge(intent, method, BEHAVIORS[method.behavior].decline, three_d_secure=result)
    except InvalidRequest:  # what stood in for the card does not any more, and nobody is here to be told
        fail_challenge(intent)


def fail_challenge(intent: PaymentIntent) -> None:
    """The buyer has not approved it."""
    intent.refuse_challenge()
    events.emit("payment_intent.payment_failed", intent)


def charge(
    intent: PaymentIntent,
    method: PaymentMethod,
    decline: Decline | None,
    three_d_secure: Mapping[str, Any] | None = None,
) -> None:
    """Ask the bank, which answers `decline` or pays."""
    if decline is None:
        sources.reserve(method, intent=intent)
    attempt = Charge.objects.create(
        account=intent.account,
        payment_intent=intent,
        payment_method=method,
        customer=intent.customer,
        amount=intent.amount,
        captured_amount=0 if decline or intent.is_captured_later else intent.amount,
        currency=intent.currency,
        status=Charge.Status.FAILED if decline else Charge.Status.SUCCEEDED,
        failure_code=decline.code if decline else "",
        decline_code=decline.decline_code if decline else "",
        failure_message=decline.message if decline else "",
        three_d_secure=_result_of(three_d_secure) if three_d_secure else None,
        metadata=intent.metadata,
    )
    _follow(intent, attempt)


def _result_of(three_d_secure: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of an authentication. The cryptogram may not: it is as good as the buyer."""
    return {name: value for name, value in three_d_secure.items() if name != "cryptogram"}


def _follow(intent: PaymentIntent, attempt: Charge) -> None:
    if not attempt.is_paid:
        intent.decline(attempt)
        events.emit_all(("charge.failed", attempt), ("payment_intent.payment_failed", intent))
        return
    if intent.is_captured_later:
        intent.authorize(attempt)
        events.emit_all(("charge.succeeded", attempt), ("payment_intent.amount_capturable_updated", intent))
    else:
        intent.succeed(attempt)
        finish(intent, attempt, "charge.succeeded")
    _keep_card(intent, attempt.payment_method)


def finish(intent: PaymentIntent, attempt: Charge, event_type: str) -> None:
    """The money has been collected, which is called `event_type` of the charge."""
    sources.book(attempt.payment_method, intent=intent, amount=attempt.captured_amount)
    events.emit_all((event_type, attempt), ("payment_intent.succeeded", intent))
    open_disputes(attempt)


def _keep_card(intent: PaymentIntent, method: PaymentMethod) -> None:
    """The buyer agreed to be charged again."""
    if intent.customer is not None and intent.details.get("setup_future_usage") and not method.is_set_up:
        was_kept = method.customer_id is not None
        method.set_up_for(intent.customer)
        if not was_kept:
            events.emit("payment_method.attached", method)
