"""What happens to a refund: prepared, sent, settled. The three steps of a payment, the other way round.

1. `prepare_refund`, in the caller's transaction: the amount is set aside on the payment, which has no more than that.
2. `send_refund`, in no transaction: the processor is asked, with a key that follows from the refund's id.
3. `settle_refund`, in the caller's transaction: its answer is written down. What failed is not set aside any longer.

A processor forgets its keys after a day. So whoever sends a refund again looks first whether the processor has it.
"""

from django.db import transaction
from django.utils import timezone

from agents.errors import ApiError
from payments.models import Payment, Refund
from payments.money import Money
from payments.operations import OutcomeUnknown, PaymentInProgress, door_of
from payments.processors.base import RefundFacts, RefundOutcome, Unknown

ELSEWHERE = "processor"  # who requested a refund that was made in the processor's own dashboard


class NotRefundable(ApiError):
    """There is nothing to give back, or not this."""

    status = 409
    code = "not_refundable"


class RefundTooLarge(ApiError):
    """Less than this is left of the payment."""

    code = "refund_too_large"


class RefundAboveLimit(ApiError):
    """Whoever asks for it may not give back so much."""

    status = 403
    code = "refund_above_limit"


def prepare_refund(
    *,
    payment: Payment,
    amount: Money,
    requested_by: str,
    reason: str = "",
    attempt: str = "",
    limit: Money | None = None,
) -> Refund:
    """Set `amount` of a payment aside, to be given back; in the caller's transaction.

    `attempt` is the request's identity: asking twice (a double click) finds the same refund. `limit` is how much of the
    payment may have been given back in all, this included, by the power of whoever requests it.

    :raises NotRefundable: if the payment was not paid, or not in this currency, or the attempt was for another amount.
    :raises RefundTooLarge: if together with the other refunds this would pass what was paid.
    :raises RefundAboveLimit: if it would pass `limit`.
    """
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    earlier = payment.refunds.filter(attempt=attempt).first() if attempt else None
    if earlier:
        if earlier.money != amount:
            raise NotRefundable("This request was sent before, with another amount")
        return earlier
    if not payment.is_paid or amount.currency != payment.currency or amount.amount <= 0:
        raise NotRefundable(f"A refund gives back some of what was paid: {payment.refundable} is left")
    if limit and not payment.refunded + amount <= limit:
        raise RefundAboveLimit(f"Of one payment you may give back {limit} in all. Somebody else may give back more")
    return _set_aside(payment, amount, requested_by=requested_by, reason=reason[:255], attempt=attempt)


def send_refund(refund: Refund) -> RefundOutcome:
    """Ask the processor to give the money back, or what has become of that; `settle_refund` writes the answer down.

    Any number of calls, at once or after a crash, give it back once. A refund that is settled answers what we know.

    :raises PaymentInProgress: if somebody else is asking right now.
    :raises OutcomeUnknown: if the processor did not answer.
    :raises RuntimeError: if a transaction is open: it could roll back what the processor has done.
    """
    refund, is_new = _lease(refund.pk)
    if not refund.needs_asking and (known := refund.outcome):
        return known
    try:
        return _ask(refund, is_new)
    except Unknown as silence:
        _leave_unknown(refund)
        raise OutcomeUnknown("It is not known yet whether the refund went through; it will be found out") from silence


def settle_refund(refund_id: str, outcome: RefundOutcome) -> tuple[Refund, bool]:
    """Write down how a refund came out, in the caller's transaction, and return it, its payment locked.

    The second value tells whether that changed anything: only then is there something to act on. Beware: a refund that
    succeeded may fail later.
    """
    payment = Payment.objects.select_for_update().get(refunds=refund_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    is_news = refund.record(outcome, timezone.now())
    refund.save()
    if is_news and refund.has_failed:
        payment.take_back(refund.amount)
    payment.refresh_from_db()
    refund.payment = payment
    return refund, is_news


def adopt_refund(payment: Payment, facts: RefundFacts) -> Refund:
    """Return our refund for one that the processor has, written down now if it was made there; in a transaction.

    :raises RefundTooLarge: if one of ours, which the processor will have to refuse, is in its way.
    """
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    found = payment.refunds.filter(processor_id=facts.id).first() or payment.refunds.filter(pk=facts.reference).first()
    return found or _set_aside(payment, facts.amount, requested_by=ELSEWHERE, processor_id=facts.id)


def _set_aside(payment: Payment, amount: Money, **facts: str) -> Refund:
    if not payment.set_aside(amount.amount):
        raise RefundTooLarge(f"Only {payment.refundable} is left of this payment")
    payment.refresh_from_db()
    return Refund.objects.create(payment=payment, amount=amount.amount, **facts)


def _lease(refund_id: str) -> tuple[Refund, bool]:
    with transaction.atomic(durable=True):
        refund = Refund.objects.select_for_update(of=("self",)).select_related("payment").get(pk=refund_id)
        is_new, now = refund.is_untouched, timezone.now()
        if refund.needs_asking:
            if refund.is_leased(now):
                raise PaymentInProgress("Somebody else is asking about this refund")
            refund.lease(now)
            refund.save(update_fields=["state", "lease_until", "updated_at"])
    return refund, is_new


def _ask(refund: Refund, is_new: bool) -> RefundOutcome:
    payment, door = refund.payment, door_of(refund.payment)
    if refund.processor_id:
        return door.retrieve_refund(refund.processor_id)
    if not is_new:
        for facts in door.refunds_of(payment.processor_id):
            if facts.reference == refund.id:
                return facts.outcome
    return door.refund(payment.processor_id, amount=refund.money, key=refund.key, metadata=refund.metadata)


def _leave_unknown(leased: Refund) -> None:
    with transaction.atomic(durable=True):
        refund = Refund.objects.select_for_update().get(pk=leased.pk)
        if refund.lease_until == leased.lease_until:  # else somebody has taken over, or settled it
            refund.doubt(timezone.now())
            refund.save()
