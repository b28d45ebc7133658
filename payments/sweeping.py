"""Finish what a crash, a silent processor or a busy moment left unfinished. It may run at any time, and anywhere."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from agents.errors import ApiError
from agents.lines import about, apart
from payments.hearing import act_on
from payments.models import Event, Payment, Refund
from payments.settling import finish, finish_refund

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """Something that was unfinished, and what became of it."""

    kind: str  # "payment", "refund" or "event"
    id: str
    result: str  # its state now, or why it is still unfinished
    is_finished: bool


def sweep() -> Iterator[Found]:
    """Ask the processor about everything that nobody else is asking about, oldest first."""
    now = timezone.now()
    payments = Payment.objects.stranded(now).order_by("created_at")
    refunds = Refund.objects.stranded(now).order_by("created_at")
    events = Event.objects.left(now).order_by("heard_at")
    for pk in list(payments.values_list("pk", flat=True)):
        yield apart(_try, "payment", pk, _finish_payment)
    for pk in list(refunds.values_list("pk", flat=True)):
        yield apart(_try, "refund", pk, _finish_refund)
    for pk in list(events.values_list("pk", flat=True)):
        yield apart(_try, "event", pk, _finish_event)


def _finish_payment(pk: str) -> tuple[str, bool]:
    payment = finish(Payment.objects.get(pk=pk))
    return payment.state, payment.is_settled


def _finish_refund(pk: str) -> tuple[str, bool]:
    refund = finish_refund(Refund.objects.select_related("payment").get(pk=pk))
    return refund.state, not refund.needs_asking


def _finish_event(pk: str) -> tuple[str, bool]:
    event = act_on(Event.objects.select_related("payment").get(pk=pk))
    return event.trouble or "handled", not event.is_left


def _try(kind: str, pk: str, finish_it: Callable[[str], tuple[str, bool]]) -> Found:
    """One thing's trouble is no reason to leave the others."""
    about(pk)
    try:
        found = Found(kind, pk, *finish_it(pk))
        if found.is_finished:
            logger.info("%s finished: %s", kind, found.result)
        return found
    except ApiError as refusal:
        return Found(kind, pk, refusal.message, False)
    except Exception:
        logger.exception("%s %s could not be finished", kind, pk)
        return Found(kind, pk, "failed: see the log", False)
