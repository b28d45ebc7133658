"""What the processor told us of its own accord."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from payments.models.payments import Payment
from payments.money import Money
from payments.processors.base import DisputeFacts


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def open(self) -> "DisputeQuerySet":
        """Those that are not decided yet."""
        return self.exclude(status__in=Dispute.CLOSED)


class Dispute(models.Model):
    """A buyer asked their bank for the money back. Staff answer at the processor; we show what it says."""

    CLOSED: ClassVar = ("lost", "prevented", "warning_closed", "won")

    id = models.CharField(primary_key=True, max_length=255, editable=False)  # the processor's
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)  # the bank's, which may be another than the payment's
    reason = models.CharField(max_length=64)
    status = models.CharField(max_length=32)  # in Stripe's words, of which there may be new ones
    answer_by = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["status"], name="disputes_by_status")]

    def __str__(self) -> str:
        return self.id

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def is_open(self) -> bool:
        return self.status not in self.CLOSED

    @classmethod
    def hear(cls, payment: Payment, facts: DisputeFacts) -> "Dispute":
        """Write down what the processor has in its books now. What is closed stays closed, however late we hear."""
        dispute, is_new = cls.objects.select_for_update().get_or_create(
            pk=facts.id, defaults={"payment": payment, **_columns(facts)}
        )
        if not is_new and dispute.is_open:
            for name, value in _columns(facts).items():
                setattr(dispute, name, value)
            dispute.save()
        return dispute


class EventQuerySet(models.QuerySet["Event"]):
    def left(self, now: datetime) -> "EventQuerySet":
        """Those that were heard before `now`, and are still to be acted on."""
        return self.filter(Q(heard_at__lte=now), handled_at__isnull=True)


class Event(models.Model):
    """The processor told us that something happened to a payment; once we have asked it what, it is handled."""

    id = models.CharField(primary_key=True, max_length=255, editable=False)  # the processor's
    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=100)
    heard_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=255, blank=True)  # why it is not handled yet

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-heard_at"], name="events_heard_by_age"),
            models.Index(fields=["heard_at"], condition=Q(handled_at__isnull=True), name="events_left_by_age"),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def is_left(self) -> bool:
        return self.handled_at is None

    def handle(self, now: datetime) -> None:
        """It has been acted on."""
        self.handled_at, self.trouble = now, ""
        self.save(update_fields=["handled_at", "trouble"])

    def leave(self, why: str) -> None:
        """It could not be acted on just now; the sweep tries again."""
        self.trouble = why[:255]
        self.save(update_fields=["trouble"])


def _columns(facts: DisputeFacts) -> dict[str, str | int | datetime | None]:
    return {
        "amount": facts.amount.amount,
        "currency": facts.amount.currency,
        "reason": facts.reason,
        "status": facts.status,
        "answer_by": facts.answer_by,
    }
