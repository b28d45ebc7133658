"""What Stripe's documents mean to us. The sandbox keeps its books in the same words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from payments.cards import CardFacts
from payments.declines import declined, declined_by_network, refund_failed
from payments.money import Money
from payments.processors.base import (
    Authorized,
    DisputeFacts,
    Event,
    Outcome,
    RefundFacts,
    RefundOutcome,
    RefundPending,
    RefundSucceeded,
    RequiresAction,
    StoredCard,
    Succeeded,
    Unknown,
)

Document = Mapping[str, Any]


@contextmanager
def _readable() -> Iterator[None]:
    """An answer of a shape we do not know is no answer: whatever was asked for may have been done."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Unknown("the processor's answer has a shape that we do not know") from None


@_readable()
def outcome_of(intent: Document) -> Outcome | None:
    """Return what has become of a payment intent, or None if nothing has been decided yet.

    :raises Unknown: if it is still being decided, or in no words of ours.
    """
    match intent["status"]:
        case "succeeded":
            return Succeeded(str(intent["latest_charge"]))
        case "requires_capture":
            return Authorized()
        case "requires_action":
            return RequiresAction(_approval_url(intent["next_action"]))
        case "canceled":
            return declined("canceled")
        case "requires_payment_method" | "requires_confirmation":
            error = intent["last_payment_error"]
            return declined_by_network(error.get("code") or "", error.get("decline_code") or "") if error else None
    raise Unknown(f"the processor says that the payment is {intent['status']}")


@_readable()
def refund_outcome_of(refund: Document) -> RefundOutcome:
    match refund["status"]:
        case "succeeded":
            return RefundSucceeded(refund["id"])
        case "pending" | "requires_action":
            return RefundPending(refund["id"])
        case "failed" | "canceled":
            return refund_failed(refund["id"], refund.get("failure_reason") or refund["status"])
    raise Unknown(f"the processor says that the refund is {refund['status']}")


@_readable()
def refund_facts_of(refund: Document) -> RefundFacts:
    ours = (refund.get("metadata") or {}).get("refund", "")
    return RefundFacts(refund["id"], Money(refund["amount"], refund["currency"]), ours, refund_outcome_of(refund))


@_readable()
def dispute_facts_of(dispute: Document) -> DisputeFacts:
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeFacts(
        id=dispute["id"],
        amount=Money(dispute["amount"], dispute["currency"]),
        reason=dispute["reason"],
        status=dispute["status"],
        answer_by=datetime.fromtimestamp(due, UTC) if due else None,
    )


@_readable()
def stored_card_of(method: Document) -> StoredCard:
    card = method["card"]
    facts = CardFacts(
        brand=card["brand"],
        last4=card["last4"],
        exp_month=card["exp_month"],
        exp_year=card["exp_year"],
        funding=card["funding"],
        fingerprint=card["fingerprint"] or "",
    )
    return StoredCard(method["id"], facts)


def event_of(told: Any) -> Event | None:
    """Return what is said to have happened to a payment; None if it is about something else."""
    try:
        subject = told["data"]["object"]
        intent = subject["id"] if subject["object"] == "payment_intent" else subject["payment_intent"]
        return Event(told["id"], told["type"], intent) if isinstance(intent, str) else None
    except (KeyError, TypeError):
        return None


def _approval_url(action: Document) -> str:
    """Where the buyer approves. Without our return_url it would be for Stripe.js, which has an address too."""
    redirect = action.get("redirect_to_url")
    return str(redirect["url"] if redirect else action["use_stripe_sdk"]["stripe_js"])
