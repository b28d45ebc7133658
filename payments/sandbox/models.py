"""The sandbox's own books: what Stripe would keep, under Stripe's names, and never a card number.

Only `payments.processors.sandbox` reads them in process; the rest of Till knows a processor and nothing behind it.
"""

from typing import Any

from django.db import models
from django.db.models import Q

from agents.ids import new_id


def payment_method_id() -> str:
    return new_id("pm")


def token_id() -> str:
    return new_id("tok")


def payment_intent_id() -> str:
    return new_id("pi")


def charge_id() -> str:
    return new_id("ch")


class PaymentMethod(models.Model):
    """A stored card: what may be known of it, and how it behaves."""

    id = models.CharField(primary_key=True, max_length=40, default=payment_method_id, editable=False)
    brand = models.CharField(max_length=16)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    funding = models.CharField(max_length=16)
    country = models.CharField(max_length=2)
    fingerprint = models.CharField(max_length=64)
    behavior = models.CharField(max_length=64)  # a name in behaviors.BEHAVIORS
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.brand} ···· {self.last4}"


class Token(models.Model):
    """A name for a card that can be used once."""

    id = models.CharField(primary_key=True, max_length=40, default=token_id, editable=False)
    payment_method = models.OneToOneField(PaymentMethod, on_delete=models.CASCADE, related_name="token")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)


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

    id = models.CharField(primary_key=True, max_length=40, default=payment_intent_id, editable=False)
    amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=32, choices=Status.choices, default=Status.REQUIRES_PAYMENT_METHOD)
    payment_method = models.ForeignKey(
        PaymentMethod, on_delete=models.PROTECT, related_name="payment_intents", null=True, blank=True
    )
    latest_charge = models.ForeignKey("Charge", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    last_payment_error = models.JSONField(null=True, blank=True)
    next_action = models.JSONField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_intent_collects_something")]
        indexes = [models.Index(fields=["-created_at"], name="payment_intents_by_age")]

    def __str__(self) -> str:
        return self.id

    @property
    def is_confirmable(self) -> bool:
        return self.status in self.CONFIRMABLE

    def succeed(self, charge: "Charge") -> None:
        """`charge` collected the money."""
        self._become(self.Status.SUCCEEDED, payment_method=charge.payment_method, latest_charge=charge)

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

    def challenge(self, payment_method: PaymentMethod, url: str) -> None:
        """The buyer must approve it at `url` first."""
        action = {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": None}}
        self._become(self.Status.REQUIRES_ACTION, payment_method=payment_method, next_action=action)

    def _become(self, status: Status, **changes: Any) -> None:
        """The one place that writes a status. What the last try left behind goes, unless this one says it anew."""
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
    payment_intent = models.ForeignKey(PaymentIntent, on_delete=models.PROTECT, related_name="charges")
    payment_method = models.ForeignKey(PaymentMethod, on_delete=models.PROTECT, related_name="charges")
    amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=16, choices=Status.choices)
    failure_code = models.CharField(max_length=64, blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    failure_message = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment_intent"], condition=Q(status="succeeded"), name="one_successful_charge_per_intent"
            )
        ]

    def __str__(self) -> str:
        return self.id


class KeyedRequest(models.Model):
    """A request that was carried out under an idempotency key, and what was answered."""

    key = models.CharField(max_length=255, unique=True)
    fingerprint = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key
