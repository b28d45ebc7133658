"""Leave that an agent gives to a seller: charge this card, up to a cap, before a moment. One id names both views of it.

What is used is counted twice, in columns that a constraint holds to the cap, and in one row for each payment that
says by whom and for what. Both change in the same transaction, under the token's lock.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agents.ids import new_id
from payments.money import Money
from payments.sandbox.models import Customer, PaymentIntent, PaymentMethod
from spt.limits import Limits


class Status(models.TextChoices):
    """Read off what happened and the clock; never stored."""

    ACTIVE = "active"
    REQUIRES_ACTION = "requires_action"
    DEACTIVATED = "deactivated"


class Reason(models.TextChoices):
    """Why a token does not pay any more."""

    CONSUMED = "consumed"
    EXPIRED = "expired"
    RESOLVED = "resolved"  # the seller says that it needs it no longer
    REVOKED = "revoked"


def token_id() -> str:
    return new_id("spt")


class SharedPaymentTokenQuerySet(models.QuerySet["SharedPaymentToken"]):
    def issued_by(self, account: str) -> Self:
        return self.filter(account=account)

    def granted_to(self, accounts: Collection[str]) -> Self:
        """Tokens of these sellers, and of a seller we cannot tell from others ("")."""
        return self.filter(seller_account__in=[*accounts, ""])

    def lapsed(self, now: datetime) -> Self:
        """Tokens whose time is over although nobody has written it down yet."""
        return self.filter(deactivated_at=None, expires_at__lte=now)


class SharedPaymentToken(models.Model):
    """An issued token to the agent, a granted token to the seller."""

    id = models.CharField(primary_key=True, max_length=40, default=token_id, editable=False)
    account = models.CharField(max_length=40)  # the agent's
    payment_method = models.ForeignKey(PaymentMethod, on_delete=models.PROTECT, related_name="shared_payment_tokens")
    payment_method_name = models.CharField(max_length=255)  # what the agent calls it: "pm_card_visa"
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    # Whom it is for
    seller_account = models.CharField(max_length=40, blank=True)
    network_business_profile = models.CharField(max_length=255, blank=True)
    external_id = models.CharField(max_length=255, blank=True)
    shared_metadata = models.JSONField(default=dict, blank=True)

    # Its limits, and what is used of them
    currency = models.CharField(max_length=3)
    max_amount = models.BigIntegerField()  # minor units, as all amounts here
    expires_at = models.DateTimeField(null=True, blank=True)
    captured_amount = models.BigIntegerField(default=0)
    reserved_amount = models.BigIntegerField(default=0)

    # How its buyer is asked, if their bank wants that
    return_url = models.CharField(max_length=2000, blank=True)
    setup_future_usage = models.CharField(max_length=16, blank=True)
    use_stripe_sdk = models.BooleanField(null=True, blank=True)
    challenged_intent = models.ForeignKey(
        PaymentIntent, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    deactivated_at = models.DateTimeField(null=True, blank=True)
    deactivated_reason = models.CharField(max_length=16, choices=Reason.choices, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SharedPaymentTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(captured_amount__gte=0, reserved_amount__gte=0)
                & Q(max_amount__gte=F("captured_amount") + F("reserved_amount")),
                name="a_shared_token_stays_within_its_cap",
            ),
            models.CheckConstraint(
                condition=Q(deactivated_at__isnull=True, deactivated_reason="")
                | (Q(deactivated_at__isnull=False) & ~Q(deactivated_reason="")),
                name="a_deactivated_shared_token_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "deactivated_reason", "expires_at"], name="shared_tokens_by_age"),
            models.Index(
                fields=["expires_at"], condition=Q(deactivated_at__isnull=True), name="active_shared_tokens_by_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id[:8]}… ({self.payment_method})"

    @property
    def limits(self) -> Limits:
        return Limits(
            cap=Money(self.max_amount, self.currency),
            captured=self.captured_amount,
            reserved=self.reserved_amount,
            expires_at=self.expires_at,
            is_deactivated=self.deactivated_at is not None,
            is_single_use=settings.SPT_SINGLE_USE,
        )

    def status_at(self, now: datetime) -> Status:
        if self.deactivated_at or self.limits.has_ended(now):
            return Status.DEACTIVATED
        return Status.REQUIRES_ACTION if self.challenged_intent_id else Status.ACTIVE

    def deactivate(self, reason: Reason, now: datetime) -> None:
        """It pays for nothing new. What is reserved may still be captured."""
        self.deactivated_at, self.deactivated_reason, self.challenged_intent = now, reason, None
        self.save(update_fields=["deactivated_at", "deactivated_reason", "challenged_intent"])

    def ask_buyer(self, intent: PaymentIntent | None) -> None:
        """The bank of its buyer wants to be asked before `intent` is paid; or, with None, does not any more."""
        self.challenged_intent = intent
        self.save(update_fields=["challenged_intent"])

    def reserve(self, intent: PaymentIntent) -> None:
        """Set the intent's amount aside. From now on it is known who the seller is."""
        self.seller_account = self.seller_account or intent.account
        self.uses.create(payment_intent=intent, reserved_amount=intent.amount)
        self._count(reserved=intent.amount)

    def book(self, intent: PaymentIntent, amount: int) -> bool:
        """Turn what is set aside for the intent into `amount` captured; return whether that used the token up."""
        use = self.uses.get(payment_intent=intent)
        self._count(reserved=-use.reserved_amount, captured=amount)
        use.settle(captured=amount)
        return self.captured_amount == self.max_amount or settings.SPT_SINGLE_USE

    def release(self, intent: PaymentIntent) -> None:
        """Give back what is set aside for the intent."""
        use = self.uses.get(payment_intent=intent)
        self._count(reserved=-use.reserved_amount)
        use.settle(captured=0)

    def _count(self, *, reserved: int, captured: int = 0) -> None:
        self.reserved_amount += reserved
        self.captured_amount += captured
        self.save(update_fields=["reserved_amount", "captured_amount", "seller_account"])


class Use(models.Model):
    """What one payment has of a token: set aside, captured, or (both being nothing) given back."""

    token = models.ForeignKey(SharedPaymentToken, on_delete=models.PROTECT, related_name="uses")
    payment_intent = models.OneToOneField(PaymentIntent, on_delete=models.PROTECT, related_name="shared_token_use")
    reserved_amount = models.BigIntegerField()
    captured_amount = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved_amount__gte=0, captured_amount=0) | Q(reserved_amount=0, captured_amount__gte=0),
                name="a_use_is_reserved_or_settled",
            )
        ]

    def __str__(self) -> str:
        return str(Money(self.captured_amount or self.reserved_amount, self.token.currency))

    def settle(self, *, captured: int) -> None:
        self.reserved_amount, self.captured_amount = 0, captured
        self.save(update_fields=["reserved_amount", "captured_amount"])
