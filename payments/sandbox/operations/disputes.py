"""Buyers ask their bank for the money back, and staff answer with evidence."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from agents.ids import new_id
from payments.sandbox import events
from payments.sandbox.accounts import TILL
from payments.sandbox.behaviors import BEHAVIORS
from payments.sandbox.labels import Labels, merged
from payments.sandbox.models import Charge, Dispute
from payments.sandbox.refusals import NoSuchObject, UnexpectedState

TIME_TO_ANSWER = timedelta(days=7)
# What a buyer with such a card does: the reason they give, and how it begins.
REASONS = {
    "fraudulent": ("fraudulent", Dispute.Status.NEEDS_RESPONSE),
    "product_not_received": ("product_not_received", Dispute.Status.NEEDS_RESPONSE),
    "inquiry": ("fraudulent", Dispute.Status.WARNING_NEEDS_RESPONSE),
    "many": ("fraudulent", Dispute.Status.NEEDS_RESPONSE),
}
# Stripe's words that decide a test dispute
WINNING, LOSING, ESCALATING = "winning_evidence", "losing_evidence", "escalate_inquiry_evidence"


def open_disputes(charge: Charge) -> None:
    """Do what the buyer of a special test card does once they have been charged."""
    kind = BEHAVIORS[charge.payment_method.behavior].dispute
    if kind == "early_fraud_warning":
        events.tell("radar.early_fraud_warning.created", account=charge.account, document=_warning(charge))
    elif kind:
        half = charge.captured_amount // 2 if kind == "many" else 0
        for amount in filter(None, (charge.captured_amount - half, half)):
            _open(charge, amount, *REASONS[kind])


def retrieve_dispute(*, dispute_id: str, account: str = TILL, lock: bool = False) -> Dispute:
    """:raises NoSuchObject: if there is no such dispute."""
    disputes = Dispute.objects.select_for_update() if lock else Dispute.objects.all()
    dispute = disputes.filter(pk=dispute_id, account=account).first()
    if dispute is None:
        raise NoSuchObject("dispute", dispute_id)
    return dispute


def update_dispute(
    *,
    dispute_id: str,
    evidence: Mapping[str, Any] | None = None,
    metadata: Labels | None = None,
    submit: bool = True,
    account: str = TILL,
) -> Dispute:
    """Add evidence, and have the bank decide on it.

    :raises NoSuchObject: if there is no such dispute.
    :raises UnexpectedState: if the bank does not wait for evidence any more.
    """
    dispute = retrieve_dispute(dispute_id=dispute_id, account=account, lock=True)
    dispute.metadata = merged(dispute.metadata, metadata)
    dispute.save(update_fields=["metadata"])
    if evidence:
        if not dispute.is_answerable:
            raise UnexpectedState("", "This dispute is already under review or closed; evidence cannot be added.")
        dispute.add_evidence(dict(evidence), submit=submit)
    was_inquiry = dispute.is_inquiry
    if evidence and submit:
        _decide(dispute)
    events.emit("charge.dispute.updated", dispute)
    if was_inquiry and not dispute.is_inquiry:
        events.emit("charge.dispute.funds_withdrawn", dispute)
    if dispute.is_closed and evidence:
        events.emit("charge.dispute.closed", dispute)
    if dispute.is_won and evidence:
        events.emit("charge.dispute.funds_reinstated", dispute)
    return dispute


def close_dispute(*, dispute_id: str, account: str = TILL) -> Dispute:
    """Give in: the buyer keeps the money.

    :raises NoSuchObject: if there is no such dispute.
    :raises UnexpectedState: if it is closed.
    """
    dispute = retrieve_dispute(dispute_id=dispute_id, account=account, lock=True)
    if dispute.is_closed:
        raise UnexpectedState("", "This dispute is already closed.")
    dispute.lose()
    events.emit("charge.dispute.closed", dispute)
    return dispute


def _open(charge: Charge, amount: int, reason: str, status: Dispute.Status) -> None:
    dispute = Dispute.objects.create(
        account=charge.account,
        charge=charge,
        amount=amount,
        currency=charge.currency,
        reason=reason,
        status=status,
        due_by=timezone.now() + TIME_TO_ANSWER,
    )
    charge.dispute()
    events.emit("charge.dispute.created", dispute)
    if not dispute.is_inquiry:
        events.emit("charge.dispute.funds_withdrawn", dispute)


def _decide(dispute: Dispute) -> None:
    """Do what the bank of a test card does with the words it is sent."""
    words = dispute.evidence.get("uncategorized_text")
    if words == ESCALATING and dispute.is_inquiry:
        dispute.escalate()
    elif words == LOSING or words == WINNING and dispute.is_inquiry:
        dispute.lose()
    elif words == WINNING:
        dispute.win()
    else:
        dispute.review()


def _warning(charge: Charge) -> dict[str, Any]:
    return {
        "id": new_id("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge.pk,
        "created": int(timezone.now().timestamp()),
        "fraud_type": "misc",
        "livemode": False,
        "payment_intent": charge.payment_intent_id,
    }
