"""What may follow a charge: money given back, and money asked back."""

from typing import Any

from django.db import models
from django.db.models import Q

from agents.ids import new_id
from payments.sandbox.accounts import TILL
from payments.sandbox.models.intents import Charge, IllegalMove


def refund_id() -> str:
    return new_id("re")


def dispute_id() -> str:
    return new_id("du")


class Refund(models.Model):
    """Money on its way back to the buyer. With some banks it takes a while, and with some it comes back."""

    class Status(models.TextChoices):
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    MOVES = {
        Status.PENDING: frozenset({Status.SUCCEEDED, Status.FAILED}),
        Status.SUCCEEDED: frozenset({Status.FAILED}),
        Status.FAILED: frozenset[Status](),
    }

    id = models.CharField(primary_key=True, max_length=40, default=refund_id, editable=False)
    account = models.CharField(max_length=40, default=TILL)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=16, choices=Status.choices)
    reason = models.CharField(max_length=32, blank=True)
    failure_reason = models.CharField(max_length=64, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    changes_at = models.DateTimeField(null=True, blank=True)  # when its bank will have made up its mind
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="a_refund_gives_something_back")]
        indexes = [
            models.Index(fields=["account", "-created_at"], name="refunds_by_age"),
            models.Index(fields=["changes_at"], name="refunds_by_change"),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def has_failed(self) -> bool:
        return self.status == self.Status.FAILED

    def succeed(self) -> None:
        self._become(self.Status.SUCCEEDED)

    def fail(self, reason: str) -> None:
        self.failure_reason = reason
        self._become(self.Status.FAILED)

    def _become(self, status: Status) -> None:
        """The one place that writes a status.

        :raises IllegalMove: if no move leads there.
        """
        if status not in self.MOVES[self.Status(self.status)]:
            raise IllegalMove(f"a refund that is {self.status} cannot become {status}")
        self.status, self.changes_at = status, None
        self.save()


class Dispute(models.Model):
    """A buyer asked their bank for the money back (or asked the bank about it: an inquiry, whose statuses warn)."""

    class Status(models.TextChoices):
        WARNING_NEEDS_RESPONSE = "warning_needs_response"
        WARNING_UNDER_REVIEW = "warning_under_review"
        WARNING_CLOSED = "warning_closed"
        NEEDS_RESPONSE = "needs_response"
        UNDER_REVIEW = "under_review"
        WON = "won"
        LOST = "lost"

    MOVES = {
        Status.WARNING_NEEDS_RESPONSE: frozenset(
            {Status.WARNING_UNDER_REVIEW, Status.WARNING_CLOSED, Status.NEEDS_RESPONSE}
        ),
        Status.WARNING_UNDER_REVIEW: frozenset({Status.WARNING_CLOSED, Status.NEEDS_RESPONSE}),
        Status.WARNING_CLOSED: frozenset[Status](),
        Status.NEEDS_RESPONSE: frozenset({Status.UNDER_REVIEW, Status.WON, Status.LOST}),
        Status.UNDER_REVIEW: frozenset({Status.WON, Status.LOST}),
        Status.WON: frozenset[Status](),
        Status.LOST: frozenset[Status](),
    }
    INQUIRIES = frozenset({Status.WARNING_NEEDS_RESPONSE, Status.WARNING_UNDER_REVIEW, Status.WARNING_CLOSED})
    ANSWERABLE = frozenset({Status.WARNING_NEEDS_RESPONSE, Status.NEEDS_RESPONSE})
    CLOSED = frozenset({Status.WARNING_CLOSED, Status.WON, Status.LOST})

    id = models.CharField(primary_key=True, max_length=40, default=dispute_id, editable=False)
    account = models.CharField(max_length=40, default=TILL)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="disputes")
    amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=64)
    status = models.CharField(max_length=32, choices=Status.choices)
    evidence = models.JSONField(default=dict, blank=True)
    submissions = models.PositiveSmallIntegerField(default=0)
    due_by = models.DateTimeField()
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="a_dispute_is_about_something")]
        indexes = [models.Index(fields=["account", "-created_at"], name="disputes_by_age")]

    def __str__(self) -> str:
        return self.id

    @property
    def is_inquiry(self) -> bool:
        """Whether the bank has only been asked: no money has moved."""
        return self.status in self.INQUIRIES

    @property
    def is_answerable(self) -> bool:
        return self.status in self.ANSWERABLE

    @property
    def is_closed(self) -> bool:
        return self.status in self.CLOSED

    @property
    def is_won(self) -> bool:
        return self.status == self.Status.WON

    def add_evidence(self, evidence: dict[str, Any], *, submit: bool) -> None:
        """Keep `evidence`; a fact that is empty is withdrawn."""
        merged = self.evidence | evidence
        self.evidence = {name: fact for name, fact in merged.items() if fact not in ("", None)}
        self.submissions += submit
        self.save()

    def win(self) -> None:
        self._become(self.Status.WON)

    def lose(self) -> None:
        self._become(self.Status.WARNING_CLOSED if self.is_inquiry else self.Status.LOST)

    def escalate(self) -> None:
        """The inquiry becomes a dispute."""
        self._become(self.Status.NEEDS_RESPONSE)

    def review(self) -> None:
        self._become(self.Status.WARNING_UNDER_REVIEW if self.is_inquiry else self.Status.UNDER_REVIEW)

    def _become(self, status: Status) -> None:
        """The one place that writes a status.

        :raises IllegalMove: if no move leads there.
        """
        if status not in self.MOVES[self.Status(self.status)]:
            raise IllegalMove(f"a dispute that is {self.status} cannot become {status}")
        self.status = status
        self.save()
