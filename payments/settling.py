"""How this room tells a higher one that its payment has ended, without knowing it.

A room that takes payments registers for the references it gives them: `register("cs_", settle_checkout_payment)`.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from payments.models import Payment
from payments.operations import charge
from payments.processors.base import Outcome

Settler = Callable[[Payment, Outcome], Any]

_SETTLERS: dict[str, Settler] = {}


def register(prefix: str, settler: Settler) -> None:
    """Have `settler(payment, outcome)` called, in a transaction, for payments whose reference begins with `prefix`.

    It settles the payment itself (`payments.operations.settle`), after the locks of its own it takes before, and does
    what follows. It may be called any number of times.
    """
    _SETTLERS[prefix] = settler


def finish(payment: Payment) -> Payment:
    """Find out how `payment` ends, charging it if nobody has, and have it settled by whoever it belongs to.

    :raises PaymentInProgress: if somebody else is asking the processor right now.
    :raises OutcomeUnknown: if the processor did not answer.
    :raises LookupError: if nobody registered for such a reference. Nothing was charged.
    """
    settler = _settler_of(payment)
    outcome = charge(payment)
    with transaction.atomic(durable=True):
        settler(payment, outcome)
    payment.refresh_from_db()
    return payment


def _settler_of(payment: Payment) -> Settler:
    for prefix, settler in _SETTLERS.items():
        if payment.reference.startswith(prefix):
            return settler
    raise LookupError(f"nobody settles payments for {payment.reference}")
