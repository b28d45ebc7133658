"""What a shop and an agent agree on: a session and its lines.

A session keeps the newest version's own shapes for what only the wire reads (options, totals, messages), and columns
for what the shop decides by (status, total, expiry).
"""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.fields.json import KeyTransform

from agents.errors import ApiError
from agents.ids import new_id
from checkout.status import FINAL, MOVES, OPEN, PAYING, Status


class SessionNotOpen(ApiError):
    """The session's state does not allow this."""

    status = 409


class SessionBusy(SessionNotOpen):
    """A payment for the session is on its way; ask again."""

    retry_after = 1


def session_id() -> str:
    return new_id("cs")


def line_item_id() -> str:
    return new_id("li")


class CheckoutSessionQuerySet(models.QuerySet["CheckoutSession"]):
    def of(self, agent: Any) -> "CheckoutSessionQuerySet":
        return self.filter(agent=agent)

    def lapsed(self, now: datetime) -> "CheckoutSessionQuerySet":
        """Sessions that are open although their time is over."""
        return self.filter(status__in=OPEN, expires_at__lte=now)

    def waiting_too_long(self, now: datetime) -> "CheckoutSessionQuerySet":
        """Sessions that still wait for the buyer although their time is over."""
        return self.filter(status=Status.AUTHENTICATION_REQUIRED, expires_at__lte=now)

    def over(self, now: datetime) -> "CheckoutSessionQuerySet":
        """Both of these."""
        return self.lapsed(now) | self.waiting_too_long(now)


class CheckoutSession(models.Model):
    """One purchase being put together by an agent."""

    id = models.CharField(primary_key=True, max_length=40, default=session_id, editable=False)
    agent = models.ForeignKey("agents.Agent", on_delete=models.PROTECT, related_name="checkout_sessions")
    status = models.CharField(max_length=32, choices=Status.choices, default=Status.NOT_READY_FOR_PAYMENT)
    currency = models.CharField(max_length=3)
    total_amount = models.BigIntegerField(default=0)  # minor units: what `complete` charges

    # What the agent said.
    buyer = models.JSONField(null=True, blank=True)
    fulfillment_details = models.JSONField(null=True, blank=True)
    requested_options = models.JSONField(default=list, blank=True)
    interventions = models.JSONField(default=list, blank=True)
    discount_codes = models.JSONField(default=list, blank=True)
    fulfillment_groups = models.JSONField(default=list, blank=True)
    locale = models.CharField(max_length=35, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    metadata = models.JSONField(null=True, blank=True)
    order_notes = models.TextField(blank=True)
    first_attribution = models.JSONField(null=True, blank=True)
    last_attribution = models.JSONField(null=True, blank=True)
    intent_trace = models.JSONField(null=True, blank=True)
    risk_signals = models.JSONField(null=True, blank=True)
    marketing_consents = models.JSONField(default=list, blank=True)

    # What we answered, in the newest version's shapes.
    fulfillment_options = models.JSONField(default=list, blank=True)
    selected_fulfillment_options = models.JSONField(default=list, blank=True)
    totals = models.JSONField(default=list, blank=True)
    messages = models.JSONField(default=list, blank=True)
    authentication_metadata = models.JSONField(null=True, blank=True)
    continue_url = models.CharField(max_length=2000, blank=True)  # where the buyer approves the payment

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    expires_at = models.DateTimeField()
    api_version = models.CharField(max_length=10, blank=True)  # the version `complete` was called in; events use it

    objects = CheckoutSessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(total_amount__gte=0), name="a_session_never_costs_less_than_nothing"
            )
        ]
        indexes = [
            models.Index(fields=["agent", "-created_at"], name="sessions_by_agent"),
            models.Index(fields=["-created_at", "status"], name="sessions_by_age"),
            models.Index(KeyTransform("email", "buyer"), name="sessions_by_buyer"),
            models.Index(
                fields=["expires_at"], condition=models.Q(status__in=sorted(OPEN)), name="open_sessions_by_expiry"
            ),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(status=Status.AUTHENTICATION_REQUIRED),
                name="waiting_sessions_by_expiry",
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def has_been_begun(self) -> bool:
        """Whether a payment for it was ever begun, whatever became of that."""
        return bool(self.api_version)

    def is_lapsed(self, now: datetime) -> bool:
        """Open, although its time is over (nobody has written it down yet)."""
        return self.status in OPEN and self.expires_at <= now

    def is_overdue(self, now: datetime) -> bool:
        """Lapsed, or still waiting for the buyer although its time is over."""
        return self.status in OPEN | {Status.AUTHENTICATION_REQUIRED} and self.expires_at <= now

    def require_open(self, now: datetime) -> None:
        """:raises SessionNotOpen: if the session is finished, or is being paid."""
        if self.is_lapsed(now):
            raise SessionNotOpen("This checkout session is expired", code="session_expired")
        if self.status in PAYING:
            raise SessionBusy("A payment for this checkout session is in progress", code="session_in_progress")
        if self.status not in OPEN:
            raise SessionNotOpen(f"This checkout session is {self.status}", code=f"session_{self.status}")

    def follow_messages(self) -> None:
        """Be ready for payment exactly if nothing in `messages` stands in the way."""
        is_blocked = any(message["type"] == "error" for message in self.messages)
        self._move_to(Status.NOT_READY_FOR_PAYMENT if is_blocked else Status.READY_FOR_PAYMENT)

    def begin_payment(self, *, api_version: str) -> None:
        self.api_version = api_version
        self._move_to(Status.COMPLETE_IN_PROGRESS)

    def require_authentication(self, *, url: str, message: dict[str, Any]) -> None:
        """The card's bank wants the buyer to approve the payment, at `url`; nothing is charged meanwhile."""
        self.continue_url = url
        self.messages = [message]
        self._move_to(Status.AUTHENTICATION_REQUIRED)

    def reopen(self, message: dict[str, Any]) -> None:
        """Be payable again after a payment came to nothing; `message` tells the buyer why."""
        self.messages = [message]
        self._move_to(Status.READY_FOR_PAYMENT)

    def complete(self) -> None:
        self.messages = []
        self._move_to(Status.COMPLETED)

    def cancel(self, message: dict[str, Any]) -> None:
        self.messages = [message]
        self._move_to(Status.CANCELED)

    def expire(self, message: dict[str, Any]) -> None:
        self.messages = [message]
        self._move_to(Status.EXPIRED)

    def _move_to(self, status: Status) -> None:
        """The one place that writes a session's status."""
        if status != Status.AUTHENTICATION_REQUIRED:
            self.continue_url, self.authentication_metadata = "", None
        if status != self.status and status not in MOVES[Status(self.status)]:
            raise SessionNotOpen(f"This checkout session is {self.status}", code=f"session_{self.status}")
        self.status = status


class LineItem(models.Model):
    """So many of one product, at the price the buyer was shown. Amounts are minor units for the whole line."""

    id = models.CharField(primary_key=True, max_length=40, default=line_item_id, editable=False)
    session = models.ForeignKey(CheckoutSession, on_delete=models.CASCADE, related_name="line_items")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="line_items")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=255)
    quantity = models.PositiveIntegerField()
    unit_amount = models.BigIntegerField()
    base_amount = models.BigIntegerField()
    discount_amount = models.BigIntegerField()
    tax_amount = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "product"], name="one_line_per_product_and_session"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="a_line_has_at_least_one"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def subtotal_amount(self) -> int:
        return self.base_amount - self.discount_amount

    @property
    def total_amount(self) -> int:
        return self.subtotal_amount + self.tax_amount
