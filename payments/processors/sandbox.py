"""The default processor: the sandbox's card network, in process, with no network in between.

Each call is a durable transaction of its own, as it would be at a processor far away, and happens once per key.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError

from payments.cards import Card
from payments.declines import declined, declined_by_network
from payments.money import Money
from payments.processors.base import (
    Authorized,
    CardRefused,
    NoSuchCredential,
    Outcome,
    RequiresAction,
    StoredCard,
    Succeeded,
    Unknown,
)
from payments.sandbox import operations
from payments.sandbox.keys import Answer, once
from payments.sandbox.models import PaymentIntent, PaymentMethod


class SandboxProcessor:
    """Moves no real money."""

    name = "sandbox"

    def __init__(self) -> None:
        if not settings.SANDBOX:
            raise ImproperlyConfigured("SandboxProcessor takes no real money: set PAYMENT_PROCESSOR, or SANDBOX")

    def store_card(self, card: Card, *, key: str) -> StoredCard:
        # Neither the number nor the security code may be part of what a key is compared by.
        request = {"store": operations.fingerprint_of(card), "expires": [card.exp_month, card.exp_year]}
        with _heard():
            try:
                answer = once(
                    key=key, request=request, work=lambda: {"id": operations.create_payment_method(card=card).id}
                )
            except operations.CardError as error:
                raise CardRefused(error.code, error.message, error.param) from None
            method = PaymentMethod.objects.get(pk=answer["id"])
        return StoredCard(id=method.id, facts=operations.facts_of(method))

    def create(self, *, amount: Money, key: str, metadata: Mapping[str, str]) -> str:
        request = {"create": amount.amount, "currency": amount.currency, "metadata": dict(metadata)}
        with _heard():
            answer = once(
                key=key,
                request=request,
                work=lambda: {"id": operations.create_payment_intent(amount=amount, metadata=metadata).id},
            )
        return str(answer["id"])

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        def work() -> Answer:
            return _summary(
                operations.confirm_payment_intent(payment_intent_id=processor_id, payment_method=credential)
            )

        with _heard():
            try:
                answer = once(key=key, request={"confirm": processor_id, "with": credential}, work=work)
            except operations.UnexpectedState:  # it was paid under another key: say so, and do not pay it again
                answer = _summary(operations.retrieve_payment_intent(payment_intent_id=processor_id))
            except operations.NoSuchPaymentMethod as error:
                raise NoSuchCredential(error.message) from None
        outcome = _outcome(answer)
        if outcome is None:
            raise Unknown(f"{processor_id} was confirmed and is {answer['status']}")
        return outcome

    def retrieve(self, processor_id: str) -> Outcome | None:
        with _heard():
            return _outcome(_summary(operations.retrieve_payment_intent(payment_intent_id=processor_id)))


@contextmanager
def _heard() -> Iterator[None]:
    """A database that does not answer is a processor that does not answer: the commit may have gone through."""
    try:
        yield
    except (OperationalError, InterfaceError) as silence:
        raise Unknown("the sandbox's database did not answer") from silence


def _summary(intent: PaymentIntent) -> Answer:
    """What Stripe would tell about an intent, as far as an outcome depends on it."""
    return {
        "status": intent.status,
        "latest_charge": intent.latest_charge_id,
        "last_payment_error": intent.last_payment_error,
        "next_action": intent.next_action,
    }


def _outcome(intent: Answer) -> Outcome | None:
    match intent["status"]:
        case PaymentIntent.Status.SUCCEEDED:
            return Succeeded(intent["latest_charge"])
        case PaymentIntent.Status.REQUIRES_CAPTURE:
            return Authorized()
        case PaymentIntent.Status.REQUIRES_ACTION:
            return RequiresAction(intent["next_action"]["redirect_to_url"]["url"])
        case PaymentIntent.Status.CANCELED:
            return declined("canceled")
    error = intent["last_payment_error"]
    return declined_by_network(error["code"], error["decline_code"] or "") if error else None
