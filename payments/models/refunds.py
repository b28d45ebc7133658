"""What we have undertaken to give back, and how far it has come."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from agents.ids import new_id
from payments.models.asking import Asked, lease_time, unattended
from payments.models.payments import Payment
from payments.money import Money
from payments.processors.base import RefundFailed, RefundOutcome, RefundPending, RefundSucceeded
from payments.status import REFUND_MOVES, REFUND_SETTLED, REFUND_UNSETTLED, RefundState

MEANING: dict[type[RefundOutcome], RefundState] = {
    RefundSucceeded: RefundState.SUCCEEDED,
    RefundPending: RefundState.PENDING,
    RefundFailed: RefundState.FAILED,
}


def refund_id() -> str:
    return new_id("re")


class RefundQuerySet(models.QuerySet["Refund"]):
    def stranded(self, now: datetime) -> "RefundQuerySet":
        """Those the processor has still to be asked about. It is asked about a pending one once in a while."""
        recent = Q(state=RefundState.PENDING, updated_at__gt=now - lease_time())
        is_about_to_be_sent = Q(state=RefundState.PREPARED) & Q(
            created_at__gt=now - lease_time(), created_at__lte=now + lease_time()
        )
        return self.filter(unattended(now), ~recent, ~is_about_to_be_sent, state__in=REFUND_UNSETTLED)


class Refund(Asked):
    """One promise to give back some of a payment, once. Its amount is set aside on the payment until it fails."""

    MOVES = REFUND_MOVES

    id = models.CharField(primary_key=True, max_length=40, default=refund_id, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    attempt = models.CharField(max_length=255, blank=True)  # the request that asked for it
    amount = models.BigIntegerField()  # minor units
    reason = models.CharField(max_length=255, blank=True)
    requested_by = models.CharField(max_length=255)  # of the staff, or an agent's id

    state = models.CharField(max_length=16, choices=RefundState.choices, default=RefundState.PREPARED)
    processor_id = models.CharField(max_length=255, blank=True)  # "re_…", theirs
    failure_code = models.CharField(max_length=64, blank=True)
    failure_message = models.CharField(max_length=500, blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_refund_gives_money_back"),
            models.UniqueConstraint(
                fields=["payment", "attempt"], condition=~Q(attempt=""), name="one_refund_per_attempt"
            ),
            models.UniqueConstraint(
                fields=["processor_id", "payment"], condition=~Q(processor_id=""), name="one_refund_per_processor_id"
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(REFUND_SETTLED), settled_at__isnull=False, lease_until__isnull=True)
                | (~Q(state__in=sorted(REFUND_SETTLED)) & Q(settled_at__isnull=True)),
                name="a_settled_refund_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state=RefundState.UNKNOWN, unknown_since__isnull=False)
                | (~Q(state=RefundState.UNKNOWN) & Q(unknown_since__isnull=True)),
                name="an_unknown_refund_says_since_when",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "created_at"], name="refunds_by_state"),
            models.Index(fields=["-created_at"], name="refunds_by_time"),
        ]
        permissions = [("refund_without_limit", "Can give back more than settings.REFUND_LIMITS")]

    def __str__(self) -> str:
        return self.id

    @property
    def money(self) -> Money:
        return Money(self.amount, self.payment.currency)

    @property
    def key(self) -> str:
        return f"{self.id}:refund"

    @property
    def metadata(self) -> dict[str, str]:
        """What the processor keeps with it, for us to know it by."""
        return {"refund": self.id, "payment": self.payment_id}

    @property
    def has_failed(self) -> bool:
        return self.state == RefundState.FAILED

    @property
    def is_untouched(self) -> bool:
        """Whether the processor has certainly not heard of it."""
        return self.state == RefundState.PREPARED

    @property
    def needs_asking(self) -> bool:
        """Whether only the processor knows how the refund ends."""
        return self.state in REFUND_UNSETTLED

    @property
    def outcome(self) -> RefundOutcome | None:
        """What we have written down of the processor's answer."""
        match RefundState(self.state):
            case RefundState.SUCCEEDED:
                return RefundSucceeded(self.processor_id)
            case RefundState.PENDING:
                return RefundPending(self.processor_id)
            case RefundState.FAILED:
                return RefundFailed(self.processor_id, self.failure_code, self.failure_message)
        return None

    def lease(self, now: datetime) -> None:
        """Begin to ask the processor; others keep away for a while."""
        super().lease(now)
        if self.is_untouched:
            self.move_to(RefundState.PROCESSING)

    def record(self, outcome: RefundOutcome, now: datetime) -> bool:
        """Write down what the processor answered; return whether that changed anything.

        News may come late, twice and out of order: only what leads on changes anything.
        """
        self.lease_until = None
        self.processor_id = self.processor_id or outcome.id
        state = MEANING[type(outcome)]
        if not self.can_become(state):
            return False
        self.move_to(state)
        self.settled_at = now if state in REFUND_SETTLED else None
        if isinstance(outcome, RefundFailed):
            self.failure_code, self.failure_message = outcome.code, outcome.message
        return True
