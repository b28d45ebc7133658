"""How this room tells a higher one that its payment has ended, or was refunded, without knowing it.

A room that takes payments registers for the references it gives them: `register("cs_", settle_checkout_payment)`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction

from agents.lines import about
from payments.models import Dispute, Payment, Refund
from payments.money import Money
from payments.operations import charge, look_up
from payments.processors.base import DisputeFacts, Outcome, RefundOutcome
from payments.refunds import prepare_refund, send_refund, settle_refund

Settler = Callable[[Payment, Outcome], Any]
RefundSettler = Callable[[Refund, RefundOutcome], Any]
DisputeSettler = Callable[[Dispute], Any]
Registered = TypeVar("Registered")

_SETTLERS: dict[str, Settler] = {}
_REFUND_SETTLERS: dict[str, RefundSettler] = {}
_DISPUTE_SETTLERS: dict[str, DisputeSettler] = {}


def register(prefix: str, settler: Settler) -> None:
    """Have `settler(payment, outcome)` called, in a transaction, for payments whose reference begins with `prefix`.

    It settles the payment itself (`payments.operations.settle`), after the locks of its own it takes before, and does
    what follows. It may be called any number of times.
    """
    _SETTLERS[prefix] = settler


def register_refunds(prefix: str, settler: RefundSettler) -> None:
    """Have `settler(refund, outcome)` called, in a transaction, for refunds of payments for such a reference.

    It settles the refund itself (`payments.refunds.settle_refund`), after the locks of its own it takes before, and
    does what follows. It may be called any number of times. Where nobody registers, refunds are settled all the same.
    """
    _REFUND_SETTLERS[prefix] = settler


def register_disputes(prefix: str, settler: DisputeSettler) -> None:
    """Have `settler(dispute)` called, in a transaction, when we hear of a dispute about a payment for such a reference.

    It may be called any number of times, before and after the dispute is decided.
    """
    _DISPUTE_SETTLERS[prefix] = settler


def finish(payment: Payment) -> Payment:
    """Find out how `payment` ends, charging it if nobody has, and have it settled by whoever it belongs to.

    :raises PaymentInProgress: if somebody else is asking the processor right now.
    :raises OutcomeUnknown: if the processor did not answer.
    :raises LookupError: if nobody registered for such a reference. Nothing was charged.
    """
    about(payment.id, payment.reference)
    settler = _settler_of(payment)
    return _settle(payment, settler, charge(payment))


def check(payment: Payment) -> Payment:
    """Compare `payment` with the processor's books: finish it, or find what contradicts how it ended.

    :raises PaymentInProgress: if somebody else is asking the processor right now.
    :raises OutcomeUnknown, Unknown: if the processor did not answer.
    :raises LookupError: if nobody registered for such a reference.
    """
    about(payment.id, payment.reference)
    if payment.needs_asking:
        return finish(payment)
    outcome = look_up(payment)
    return _settle(payment, _settler_of(payment), outcome) if outcome else payment


def refund_payment(
    *,
    payment: Payment,
    amount: Money,
    requested_by: str,
    reason: str = "",
    attempt: str = "",
    limit: Money | None = None,
) -> Refund:
    """Give back `amount` of a payment (`limit` in all), and return the refund as far as it has come.

    :raises NotRefundable, RefundTooLarge, RefundAboveLimit: if it cannot be given back. Nothing has changed.
    :raises PaymentInProgress: if somebody else is sending this very refund right now.
    :raises OutcomeUnknown: if the processor did not answer. The refund stands, and the sweep finds out.
    """
    with transaction.atomic(durable=True):
        refund = prepare_refund(
            payment=payment, amount=amount, reason=reason, attempt=attempt, requested_by=requested_by, limit=limit
        )
    return finish_refund(refund)


def finish_refund(refund: Refund) -> Refund:
    """Find out how `refund` ends, sending it if nobody has, and have it settled by whoever its payment belongs to.

    :raises PaymentInProgress: if somebody else is asking the processor right now.
    :raises OutcomeUnknown: if the processor did not answer.
    """
    about(refund.id, refund.payment.id, refund.payment.reference)
    return record_refund(refund, send_refund(refund))


def record_refund(refund: Refund, outcome: RefundOutcome) -> Refund:
    """Have `outcome` written down by whoever the payment belongs to."""
    settler = _find(_REFUND_SETTLERS, refund.payment) or _settle_refund
    with transaction.atomic(durable=True):
        settler(refund, outcome)
    return Refund.objects.select_related("payment").get(pk=refund.pk)


def record_dispute(payment: Payment, facts: DisputeFacts) -> Dispute:
    """Write down what the processor has in its books of a dispute, and tell whoever the payment belongs to."""
    settler = _find(_DISPUTE_SETTLERS, payment)
    with transaction.atomic(durable=True):
        dispute = Dispute.hear(payment, facts)
        if settler:
            settler(dispute)
    return dispute


def _settle(payment: Payment, settler: Settler, outcome: Outcome) -> Payment:
    with transaction.atomic(durable=True):
        settler(payment, outcome)
    payment.refresh_from_db()
    return payment


def _settle_refund(refund: Refund, outcome: RefundOutcome) -> None:
    settle_refund(refund.pk, outcome)


def _settler_of(payment: Payment) -> Settler:
    settler = _find(_SETTLERS, payment)
    if settler is None:
        raise LookupError(f"nobody settles payments for {payment.reference}")
    return settler


def _find(registered: dict[str, Registered], payment: Payment) -> Registered | None:
    return next((found for prefix, found in registered.items() if payment.reference.startswith(prefix)), None)
