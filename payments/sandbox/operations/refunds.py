"""Money is given back: at once, or after a while, or in vain, as the card's bank has it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from payments.money import Money
from payments.sandbox import events
from payments.sandbox.accounts import TILL
from payments.sandbox.behaviors import BEHAVIORS
from payments.sandbox.labels import Labels, merged
from payments.sandbox.models import Charge, Dispute, PaymentIntent, Refund
from payments.sandbox.refusals import InvalidRequest, NoSuchObject, UnexpectedState

THINKING_TIME = timedelta(seconds=5)  # of a bank that does not say at once how a refund ends


def create_refund(
    *,
    payment_intent_id: str = "",
    charge_id: str = "",
    amount: int | None = None,
    reason: str = "",
    metadata: Labels | None = None,
    account: str = TILL,
) -> Refund:
    """Give back `amount` of what an intent or a charge collected, or all that is left of it.

    :raises InvalidRequest: if there is no such charge, or less is left of it.
    :raises UnexpectedState: if nothing is left of it, or its buyer has taken the money back themselves.
    """
    charge = _charge(payment_intent_id, charge_id, account)
    _check_disputes(charge)
    left = charge.captured_amount - charge.refunded_amount
    if not left:
        raise UnexpectedState("charge_already_refunded", f"Charge {charge.pk} has already been refunded.")
    wanted = left if amount is None else amount
    if not charge.set_aside(wanted):
        raise InvalidRequest(
            "",
            f"Refund amount ({Money(wanted, charge.currency)}) is greater than unrefunded amount on charge "
            f"({Money(left, charge.currency)})",
            "amount",
        )
    return _begin(charge, wanted, reason, merged({}, metadata))


def retrieve_refund(*, refund_id: str, account: str = TILL) -> Refund:
    """Return the refund, as its bank sees it now.

    :raises NoSuchObject: if there is no such refund.
    """
    settle_due_refunds(timezone.now())
    refund = Refund.objects.select_related("charge").filter(pk=refund_id, account=account).first()
    if refund is None:
        raise NoSuchObject("refund", refund_id)
    return refund


def update_refund(*, refund_id: str, metadata: Labels | None, account: str = TILL) -> Refund:
    """:raises NoSuchObject: if there is no such refund."""
    refund = retrieve_refund(refund_id=refund_id, account=account)
    refund.metadata = merged(refund.metadata, metadata)
    refund.save(update_fields=["metadata"])
    events.emit("refund.updated", refund)
    return refund


def settle_due_refunds(now: datetime) -> None:
    """Let the banks that have thought long enough say how their refunds end."""
    due = list(Refund.objects.filter(changes_at__lte=now).values_list("pk", flat=True))
    for pk in sorted(due):
        with transaction.atomic():
            refund = Refund.objects.select_for_update().filter(pk=pk, changes_at__lte=now).first()
            if refund is not None:
                _end(refund)


def _begin(charge: Charge, amount: int, reason: str, metadata: dict[str, str]) -> Refund:
    behavior = BEHAVIORS[charge.payment_method.behavior]
    is_settled = behavior.refund_begins == behavior.refund
    refund = Refund.objects.create(
        account=charge.account,
        charge=charge,
        amount=amount,
        currency=charge.currency,
        status=behavior.refund_begins,
        reason=reason,
        metadata=metadata,
        changes_at=None if is_settled else timezone.now() + THINKING_TIME,
    )
    events.emit("refund.created", refund)
    events.emit("charge.refunded", charge)
    return refund


def _end(refund: Refund) -> None:
    if BEHAVIORS[refund.charge.payment_method.behavior].refund == Refund.Status.FAILED:
        refund.charge.take_back(refund.amount)
        refund.fail("unknown")
        events.emit("refund.failed", refund)
    else:
        refund.succeed()
        events.emit("refund.updated", refund)
    events.emit("charge.refund.updated", refund)


def _charge(payment_intent_id: str, charge_id: str, account: str) -> Charge:
    """Return the charge to be refunded, locked."""
    charges = Charge.objects.select_for_update().filter(account=account)
    if charge_id:
        charge = charges.filter(pk=charge_id).first()
        if charge is None:
            raise InvalidRequest("resource_missing", f"No such charge: '{charge_id}'", "charge")
    else:
        charge = charges.filter(payment_intent=payment_intent_id, status=Charge.Status.SUCCEEDED).first()
        if charge is None and not PaymentIntent.objects.filter(pk=payment_intent_id, account=account).exists():
            raise InvalidRequest("resource_missing", f"No such payment_intent: '{payment_intent_id}'", "payment_intent")
    if charge is None or not charge.is_captured:
        raise UnexpectedState("", "This PaymentIntent does not have a successful charge to refund.")
    return charge


def _check_disputes(charge: Charge) -> None:
    if charge.is_disputed and charge.disputes.exclude(status__in=[*Dispute.INQUIRIES, Dispute.Status.WON]).exists():
        raise UnexpectedState("charge_disputed", f"Charge {charge.pk} has been charged back; cannot issue a refund.")
