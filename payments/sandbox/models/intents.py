"""Collecting money: the intent, and each try at it."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q

from agents.ids import new_id
from payments.sandbox.accounts import TILL
from payments.sandbox.models.cards import Customer, PaymentMethod


class IllegalMove(Exception):
    """No move leads from one status of an intent to the other."""


def payment_intent_id() -> str:
    return new_id("pi")


def charge_id() -> str:
    return new_id("ch")


class PaymentIntent(models.Model):
    """Someone means to collect an amount. It can be tried many times, and paid once."""

    class Status(models.TextChoices):
        REQUIRES_PAYMENT_METHOD = "requires_payment_method"
        REQUIRES_CONFIRMATION = "requires_confirmation"
        REQUIRES_ACTION = "requires_action"
        PROCESSING = "processing"
        REQUIRES_CAPTURE = "requires_capture"
        SUCCEEDED = "succeeded"
        CANCELED = "canceled"

    CONFIRMABLE = frozenset({Status.REQUIRES_PAYMENT_METHOD, Status.REQUIRES_CONFIRMATION, Status.REQUIRES_ACTION})
    CANCELABLE = CONFIRMABLE | {Status.PROCESSING, Status.REQUIRES_CAPTURE}
    _OPEN = CANCELABLE | {Status.SUCCEEDED, Status.CANCELED}
    MOVES = {
        Status.REQUIRES_PAYMENT_METHOD: _OPEN,
        Status.REQUIRES_CONFIRMATION: _OPEN,
        Status.REQUIRES_ACTION: _OPEN,
        Status.PROCESSING: frozenset({Status.REQUIRES_PAYMENT_METHOD, Status.SUCCEEDED, Status.CANCELED}),
        Status.REQUIRES_CAPTURE: frozenset({Status.SUCCEEDED, Status.CANCELED}),
        Status.SUCCEEDED: frozenset(),
        Status.CANCELED: frozenset(),
    }

    id = models.CharField(primary_key=True, max_length=40, default=payment_intent_id, editable=False)
    account = models.CharField(max_length=40, default=TILL)
    amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=32, choices=Status.choices, default=Status.REQUIRES_PAYMENT_METHOD)
    capture_method = models.CharField(max_length=16, default="automatic")
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="payment_intents", null=True, blank=True
    )
    payment_method = models.ForeignKey(
        PaymentMethod, on_delete=models.PROTECT, related_name="payment_intents", null=True, blank=True
    )
    latest_charge = models.ForeignKey("Charge", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    last_payment_error = models.JSONField(null=True, blank=True)
    next_action = models.JSONField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)  # parameters that are kept as they came
    metadata = models.JSONField(default=dict, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    cancellation_reason = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_intent_collects_something")]
        indexes = [models.Index(fields=["account", "-created_at"], name="payment_intents_by_age")]

    def __str__(self) -> str:
        return self.id

    @property
    def is_confirmable(self) -> bool:
        return self.status in self.CONFIRMABLE

    @property
    def is_cancelable(self) -> bool:
        return self.status in self.CANCELABLE

    @property
    def is_capturable(self) -> bool:
        return self.status == self.Status.REQUIRES_CAPTURE

    @property
    def awaits_buyer(self) -> bool:
        return self.status == self.Status.REQUIRES_ACTION

    @property
    def was_declined(self) -> bool:
        """Whether the latest try failed. Another card may be tried."""
        return self.status == self.Status.REQUIRES_PAYMENT_METHOD and self.last_payment_error is not None

    @property
    def is_captured_later(self) -> bool:
        return self.capture_method == "manual"

    def equip(self, payment_method: PaymentMethod) -> None:
        """It is known what will pay; nobody has asked to collect it yet."""
        self._become(self.Status.REQUIRES_CONFIRMATION, payment_method=payment_method)

    def succeed(self, charge: "Charge") -> None:
        """`charge` collected the money."""
        self._become(self.Status.SUCCEEDED, payment_method=charge.payment_method, latest_charge=charge)

    def authorize(self, charge: "Charge") -> None:
        """`charge` holds the money, until it is captured or given up."""
        self._become(self.Status.REQUIRES_CAPTURE, payment_method=charge.payment_method, latest_charge=charge)

    def decline(self, charge: "Charge") -> None:
        """`charge` failed; another card may be tried."""
        error = {
            "type": "card_error",
            "code": charge.failure_code,
            "decline_code": charge.decline_code or None,
            "message": charge.failure_message,
            "charge": charge.id,
        }
        self._become(self.Status.REQUIRES_PAYMENT_METHOD, latest_charge=charge, last_payment_error=error)

    def challenge(self, payment_method: PaymentMethod, url: str, return_url: str | None = None) -> None:
        """The buyer must approve it at `url` first, and is sent on to `return_url`."""
        action = {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": return_url}}
        self._become(self.Status.REQUIRES_ACTION, payment_method=payment_method, next_action=action)

    def refuse_challenge(self) -> None:
        """The buyer did not approve it, or could not."""
        error = {
            "type": "invalid_request_error",
            "code": "payment_intent_authentication_failure",
            "decline_code": None,
            "message": "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a "
            "new PaymentMethod to attempt to fulfill this PaymentIntent again.",
            "payment_method": self.payment_method_id,
        }
        self._become(self.Status.REQUIRES_PAYMENT_METHOD, last_payment_error=error)

    def cancel(self, now: datetime, reason: str = "") -> None:
        """No money will be collected, and none is held any longer."""
        self.canceled_at, self.cancellation_reason = now, reason
        self._become(self.Status.CANCELED, payment_method=self.payment_method)

    def _become(self, status: Status, **changes: Any) -> None:
        """The one place that writes a status. What the last try left behind goes, unless this one says it anew.

        :raises IllegalMove: if no move leads there.
        """
        if status not in self.MOVES[self.Status(self.status)]:
            raise IllegalMove(f"a payment intent that is {self.status} cannot become {status}")
        self.status = status
        for name in ("payment_method", "last_payment_error", "next_action"):
            setattr(self, name, changes.pop(name, None))
        for name, value in changes.items():
            setattr(self, name, value)
        self.save()


class Charge(models.Model):
    """One try at collecting the money of an intent, and how it came out."""

    class Status(models.TextChoices):
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.CharField(primary_key=True, max_length=40, default=charge_id, editable=False)
    account = models.CharField(max_length=40, default=TILL)
    payment_intent = models.ForeignKey(PaymentIntent, on_delete=models.PROTECT, related_name="charges")
    payment_method = models.ForeignKey(PaymentMethod, on_delete=models.PROTECT, related_name="charges")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="charges", null=True, blank=True)
    amount = models.BigIntegerField()  # minor units
    captured_amount = models.BigIntegerField(default=0)
    refunded_amount = models.BigIntegerField(default=0)  # refunds that have not failed
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=16, choices=Status.choices)
    failure_code = models.CharField(max_length=64, blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    failure_message = models.CharField(max_length=255, blank=True)
    is_disputed = models.BooleanField(default=False)
    three_d_secure = models.JSONField(null=True, blank=True)  # how the buyer was authenticated, if they were
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment_intent"], condition=Q(status="succeeded"), name="one_successful_charge_per_intent"
            ),
            models.CheckConstraint(
                condition=Q(captured_amount__gte=0, captured_amount__lte=F("amount"))
                & (Q(status="succeeded") | Q(captured_amount=0)),
                name="a_charge_captures_what_it_holds",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("captured_amount")),
                name="a_charge_refunds_what_it_captured",
            ),
        ]
        indexes = [models.Index(fields=["account", "-created_at"], name="charges_by_age")]

    def __str__(self) -> str:
        return self.id

    @property
    def is_paid(self) -> bool:
        """Whether the bank said yes: the money is held, or collected."""
        return self.status == self.Status.SUCCEEDED

    @property
    def is_captured(self) -> bool:
        return self.captured_amount > 0

    def capture(self, amount: int) -> None:
        """Collect `amount` of what is held; the rest is let go."""
        self.captured_amount = amount
        self.save(update_fields=["captured_amount"])

    def dispute(self) -> None:
        """Its buyer asked the bank for the money back."""
        self.is_disputed = True
        self.save(update_fields=["is_disputed"])

    def set_aside(self, amount: int) -> bool:
        """Promise `amount` to a refund, unless less than that is left: decided in the database, in one statement."""
        rows = Charge.objects.filter(pk=self.pk, captured_amount__gte=F("refunded_amount") + amount)
        return self._moved(rows.update(refunded_amount=F("refunded_amount") + amount))

    def take_back(self, amount: int) -> bool:
        """A refund of `amount` failed: the money is ours again."""
        rows = Charge.objects.filter(pk=self.pk, refunded_amount__gte=amount)
        return self._moved(rows.update(refunded_amount=F("refunded_amount") - amount))

    def _moved(self, rows: int) -> bool:
        self.refresh_from_db(fields=["refunded_amount", "captured_amount"])
        return bool(rows)
