"""Payments are announced, confirmed, captured, canceled. Each locks its intent first."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from payments.money import Money
from payments.sandbox import events, sources
from payments.sandbox.accounts import TILL
from payments.sandbox.labels import Labels, merged
from payments.sandbox.models import PaymentIntent
from payments.sandbox.operations.charging import (
    Manner,
    charge_after_challenge,
    collect,
    end_challenge,
    fail_challenge,
    finish,
)
from payments.sandbox.operations.customers import customer_named
from payments.sandbox.operations.means import Means, payment_method_for
from payments.sandbox.refusals import InvalidRequest, NoSuchObject, UnexpectedState

UNEXPECTED = "payment_intent_unexpected_state"
MISSING_METHOD = (
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
    "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method "
    "or ConfirmationToken."
)


def create_payment_intent(
    *,
    amount: Money,
    metadata: Labels | None = None,
    capture_method: str = "automatic",
    customer: str = "",
    payment_method: Means | None = None,
    details: Mapping[str, Any] | None = None,
    account: str = TILL,
) -> PaymentIntent:
    """Announce that `amount` is to be collected. Moves no money.

    :raises InvalidRequest: if there is no such customer, or `payment_method` cannot pay for it.
    """
    intent = PaymentIntent.objects.create(
        account=account,
        amount=amount.amount,
        currency=amount.currency,
        capture_method=capture_method,
        customer=customer_named(customer, account=account) if customer else None,
        details=dict(details or {}),
        metadata=merged({}, metadata),
    )
    if payment_method:
        intent.equip(payment_method_for(intent, payment_method))
    events.emit("payment_intent.created", intent)
    return intent


def update_payment_intent(
    *,
    payment_intent_id: str,
    changes: Mapping[str, Any],
    customer: str = "",
    details: Mapping[str, Any] | None = None,
    metadata: Labels | None = None,
    payment_method: Means | None = None,
    account: str = TILL,
) -> PaymentIntent:
    """Change what was announced: `changes` of amount, currency or capture method, `details` added to those there are.

    What is charged cannot be changed any more once it has been.

    :raises NoSuchObject: if there is no such intent.
    :raises UnexpectedState: if it is past this.
    """
    intent = retrieve_payment_intent(payment_intent_id=payment_intent_id, account=account, lock=True)
    fixed = [*changes, *(["customer"] if customer else []), *(["payment_method"] if payment_method else [])]
    if fixed and not intent.is_confirmable:
        raise UnexpectedState(
            UNEXPECTED,
            f"This PaymentIntent's {fixed[0]} could not be updated because it has a status of {intent.status}. You may "
            f"only update the {fixed[0]} of a PaymentIntent with one of the following statuses: "
            "requires_payment_method, requires_confirmation, requires_action.",
            intent=intent,
        )
    for name, value in changes.items():
        setattr(intent, name, value)
    if customer:
        intent.customer = customer_named(customer, account=account)
    intent.details = intent.details | dict(details or {})
    intent.metadata = merged(intent.metadata, metadata)
    intent.save()
    if payment_method:
        end_challenge(intent)
        intent.equip(payment_method_for(intent, payment_method))
    return intent


def confirm_payment_intent(
    *,
    payment_intent_id: str,
    payment_method: Means | None = None,
    manner: Manner | None = None,
    account: str = TILL,
) -> PaymentIntent:
    """Charge `payment_method`, or what the intent has (or ask the buyer first); return the intent as it is now.

    :raises NoSuchObject: if there is no such intent.
    :raises UnexpectedState: if it has been paid, or cannot be any more, or there is nothing to pay with.
    :raises NoSuchPaymentMethod: if `payment_method` cannot be charged.
    """
    intent = retrieve_payment_intent(payment_intent_id=payment_intent_id, account=account, lock=True)
    if not intent.is_confirmable:
        raise UnexpectedState(
            UNEXPECTED,
            f"You cannot confirm this PaymentIntent because it has a status of {intent.status}.",
            intent=intent,
        )
    method = payment_method_for(intent, payment_method) if payment_method else intent.payment_method
    if method is None:
        raise UnexpectedState(UNEXPECTED, MISSING_METHOD, intent=intent)
    end_challenge(intent)
    manner = manner or Manner()
    if manner.return_url:
        intent.details = intent.details | {"return_url": manner.return_url}
    collect(intent, method, manner)
    return intent


def answer_challenge(*, payment_intent_id: str, is_approved: bool, account: str | None = None) -> PaymentIntent:
    """The buyer approves the payment to their bank, or does not; return the intent as it is now.

    :raises NoSuchObject: if there is no such intent.
    :raises UnexpectedState: if the bank did not ask, or not any more.
    """
    intent = retrieve_payment_intent(payment_intent_id=payment_intent_id, account=account, lock=True)
    if not intent.awaits_buyer:
        raise UnexpectedState(UNEXPECTED, "This payment does not have to be approved (any more).", intent=intent)
    end_challenge(intent)
    if is_approved:
        charge_after_challenge(intent)
    else:
        fail_challenge(intent)
    return intent


def capture_payment_intent(
    *,
    payment_intent_id: str,
    amount: int | None = None,
    details: Mapping[str, Any] | None = None,
    metadata: Labels | None = None,
    account: str = TILL,
) -> PaymentIntent:
    """Collect `amount` of what is held, or all of it; the rest is let go.

    :raises NoSuchObject: if there is no such intent.
    :raises UnexpectedState: if nothing is held for it.
    :raises InvalidRequest: if less than `amount` is held.
    """
    intent = retrieve_payment_intent(payment_intent_id=payment_intent_id, account=account, lock=True)
    held = intent.latest_charge
    if not intent.is_capturable or held is None:
        raise UnexpectedState(
            UNEXPECTED,
            f"This PaymentIntent could not be captured because it has a status of {intent.status}. Only a "
            "PaymentIntent with one of the following statuses may be captured: requires_capture.",
            intent=intent,
        )
    taken = held.amount if amount is None else amount
    if not 0 < taken <= held.amount:
        raise InvalidRequest(
            "amount_too_large",
            f"The amount_to_capture must be positive and not greater than the {held.amount} that can be captured.",
            "amount_to_capture",
        )
    held.capture(taken)
    intent.details = intent.details | dict(details or {})
    intent.metadata = merged(intent.metadata, metadata)
    intent.succeed(held)
    finish(intent, held, "charge.captured")
    return intent


def cancel_payment_intent(*, payment_intent_id: str, reason: str = "", account: str = TILL) -> PaymentIntent:
    """Collect nothing, and let go of what is held.

    :raises NoSuchObject: if there is no such intent.
    :raises UnexpectedState: if it has been paid, or canceled before.
    """
    intent = retrieve_payment_intent(payment_intent_id=payment_intent_id, account=account, lock=True)
    if not intent.is_cancelable:
        raise UnexpectedState(
            UNEXPECTED,
            f"You cannot cancel this PaymentIntent because it has a status of {intent.status}. Only a PaymentIntent "
            "with one of the following statuses may be canceled: requires_payment_method, requires_capture, "
            "requires_confirmation, requires_action, processing.",
            intent=intent,
        )
    end_challenge(intent)
    if intent.is_capturable and intent.payment_method is not None:
        sources.release(intent.payment_method, intent=intent)
    intent.cancel(timezone.now(), reason)
    events.emit("payment_intent.canceled", intent)
    return intent


def retrieve_payment_intent(*, payment_intent_id: str, account: str | None = TILL, lock: bool = False) -> PaymentIntent:
    """Return the intent; without an account, anybody's.

    :raises NoSuchObject: if there is no such intent.
    """
    intents = PaymentIntent.objects.select_for_update() if lock else PaymentIntent.objects.all()
    if account is not None:
        intents = intents.filter(account=account)
    intent = intents.filter(pk=payment_intent_id).first()
    if intent is None:
        raise NoSuchObject("payment_intent", payment_intent_id, "intent")
    return intent
