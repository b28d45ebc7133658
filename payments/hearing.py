"""The processor tells us that something happened. We do not believe it: we ask what, and do as with any other answer.

So events may come twice, late and out of order. An event about a payment that is busy is left for the sweep.
"""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from agents.errors import ApiError
from payments.models import Event, Payment
from payments.operations import door_of
from payments.processors import base, processor
from payments.refunds import adopt_refund
from payments.settling import check, record_dispute, record_refund


def hear(told: base.Event) -> Event | None:
    """Act on what the processor says, once per event; return None for what is about nothing of ours."""
    payment = Payment.objects.filter(processor=processor().name, processor_id=told.processor_id).first()
    if payment is None or not told.processor_id or _reaction_to(told.type) is None:
        return None
    event, _ = Event.objects.get_or_create(pk=told.id, defaults={"payment": payment, "type": told.type})
    return act_on(event) if event.is_left else event


def act_on(event: Event) -> Event:
    """Ask the processor what has become of the thing the event is about, and settle it; or leave that for later."""
    react = _reaction_to(event.type)
    try:
        if react:
            react(event.payment)
    except (ApiError, base.Unknown) as reason:
        event.leave(str(reason))
    else:
        event.handle(timezone.now())
    return event


def reconcile(payment: Payment) -> Payment:
    """Compare all we know about a payment with the processor's books, and settle what is not settled.

    :raises PaymentInProgress: if somebody else is asking the processor right now.
    :raises OutcomeUnknown, Unknown: if the processor did not answer.
    :raises RefundTooLarge: if a refund of ours is in the way of one that was made at the processor.
    """
    payment = check(payment)
    if payment.is_paid:
        _compare_refunds(payment)
        _compare_disputes(payment)
    payment.refresh_from_db()
    return payment


def _compare_refunds(payment: Payment) -> None:
    if not payment.is_paid:
        payment = check(payment)
    for facts in door_of(payment).refunds_of(payment.processor_id):
        with transaction.atomic(durable=True):
            refund = adopt_refund(payment, facts)
        if refund.outcome != facts.outcome:
            record_refund(refund, facts.outcome)


def _compare_disputes(payment: Payment) -> None:
    for facts in door_of(payment).disputes_of(payment.processor_id):
        record_dispute(payment, facts)


_REACTIONS: dict[str, Callable[[Payment], object]] = {
    "payment_intent.": check,
    "charge.refund": _compare_refunds,  # charge.refunded, charge.refund.updated
    "refund.": _compare_refunds,
    "charge.dispute.": _compare_disputes,
}


def _reaction_to(event_type: str) -> Callable[[Payment], object] | None:
    return next((react for prefix, react in _REACTIONS.items() if event_type.startswith(prefix)), None)
