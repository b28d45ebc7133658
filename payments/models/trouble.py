"""What only a person can put right. On a good day there is none."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from payments.models.asking import Asked
from payments.models.hearing import Dispute, Event
from payments.models.payments import Payment
from payments.models.refunds import Refund
from payments.status import REFUND_UNSETTLED, UNSETTLED, RefundState, State

LONG = timedelta(minutes=15)  # what is not finished after so long will not come right by itself
STUCK = UNSETTLED - {State.REQUIRES_ACTION}  # a buyer, or a bank, may take longer
STUCK_REFUNDS = REFUND_UNSETTLED - {RefundState.PENDING}


class Trouble(Payment):
    """A payment that a person must look at; `attend` says that somebody has."""

    class Meta:
        proxy = True
        verbose_name = "payment that needs a human"
        verbose_name_plural = "needs a human"

    @classmethod
    def all_at(cls, now: datetime) -> models.QuerySet["Trouble"]:
        """Those whom something in the books calls for. Each question has an index, and finds little."""
        long_ago, theirs = now - LONG, cls._default_manager
        asked = Refund.objects.values_list("payment")
        unattended = Refund.objects.filter(state=RefundState.FAILED, payment__attended_at__isnull=True)
        called = theirs.filter(~Q(contradiction=""), attended_at__isnull=True).values_list("pk")
        called = called.union(
            theirs.filter(state__in=STUCK, created_at__lt=long_ago).values_list("pk"),
            unattended.values_list("payment"),
            asked.filter(state__in=STUCK_REFUNDS, created_at__lt=long_ago),
            Dispute.objects.open().values_list("payment"),
            Event.objects.left(long_ago).values_list("payment"),
        )
        return theirs.filter(pk__in=called)

    def reasons(self, now: datetime) -> list[str]:
        """What is wrong, a line each."""
        found = []
        if self.contradiction and not self.attended_at:
            found.append(f"Contradicted: {self.contradiction}")
        if self.state in STUCK and self.created_at < now - LONG:
            found.append(_stuck(self))
        for refund in self.refunds.all():
            if refund.has_failed and not self.attended_at:
                found.append(f"Refund of {refund.money} failed: {refund.failure_message}")
            if refund.state in STUCK_REFUNDS and refund.created_at < now - LONG:
                found.append(f"Refund of {refund.money}: {_stuck(refund)}")
        found += [_open(dispute) for dispute in self.disputes.all() if dispute.is_open]
        found += [f"{event.type} not acted on: {event.trouble}" for event in self.events.all() if event.is_left]
        return found


def _stuck(asked: Asked) -> str:
    return f"{asked.state} since {_time(asked.unknown_since or asked.created_at)}"


def _open(dispute: Dispute) -> str:
    until = f", answer by {_time(dispute.answer_by)}" if dispute.answer_by else ""
    return f"Dispute of {dispute.money} ({dispute.reason}): {dispute.status}{until}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
