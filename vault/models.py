"""What a delegated token is: an allowance, and the processor's name for a card. Never the card itself.

A token is changed by single conditional statements, so that of two who want it one wins on any database; there is no
moment between looking and taking. That it has expired is never stored: it follows from the clock.
"""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.ids import new_id
from payments.models import Payment
from payments.money import Money
from vault.allowances import Allowance


class State(models.TextChoices):
    """What has happened to a token."""

    ACTIVE = "active"
    RESERVED = "reserved"
    CONSUMED = "consumed"
    REVOKED = "revoked"


EXPIRED = "expired"  # what an active token becomes by the passing of time

MOVES: dict[State, frozenset[State]] = {
    State.ACTIVE: frozenset({State.RESERVED, State.REVOKED}),
    State.RESERVED: frozenset({State.ACTIVE, State.CONSUMED}),
    State.CONSUMED: frozenset(),
    State.REVOKED: frozenset(),
}
HOLDING = [State.RESERVED, State.CONSUMED]  # the states in which a payment has the token


def token_id() -> str:
    return new_id("vt")


class VaultTokenQuerySet(models.QuerySet["VaultToken"]):
    def of(self, agent: Any) -> "VaultTokenQuerySet":
        return self.filter(agent=agent)

    def in_state(self, state: str, now: datetime) -> "VaultTokenQuerySet":
        """Tokens whose `state_at(now)` is `state`."""
        if state == EXPIRED:
            return self.filter(state=State.ACTIVE, expires_at__lte=now)
        if state == State.ACTIVE:
            return self.filter(state=state, expires_at__gt=now)
        return self.filter(state=state)


class VaultToken(models.Model):
    """Leave to charge a stored card once, within an allowance."""

    id = models.CharField(primary_key=True, max_length=40, default=token_id, editable=False)
    agent = models.ForeignKey("agents.Agent", on_delete=models.PROTECT, related_name="vault_tokens")

    # The allowance.
    merchant_id = models.CharField(max_length=256)
    checkout_session_id = models.CharField(max_length=255)
    max_amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)
    expires_at = models.DateTimeField()

    # The card, as far as anyone may know it.
    credential = models.CharField(max_length=255)  # what the processor calls it: "pm_…"
    brand = models.CharField(max_length=32)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    funding = models.CharField(max_length=16)
    fingerprint = models.CharField(max_length=64)
    card_number_type = models.CharField(max_length=16)

    # What the agent said about it.
    billing_address = models.JSONField(null=True, blank=True)
    risk_signals = models.JSONField(default=list, blank=True)
    needs_review = models.BooleanField(default=False)
    metadata = models.JSONField(default=dict, blank=True)  # as it was answered

    # What became of it.
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    payment = models.OneToOneField(
        "payments.Payment", on_delete=models.PROTECT, related_name="vault_token", null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    reserved_at = models.DateTimeField(null=True, blank=True)
    consumed_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = VaultTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(max_amount__gt=0), name="an_allowance_allows_something"),
            models.CheckConstraint(
                condition=Q(state__in=HOLDING, payment__isnull=False, reserved_at__isnull=False)
                | Q(state__in=[State.ACTIVE, State.REVOKED], payment__isnull=True, reserved_at__isnull=True),
                name="a_token_is_held_by_a_payment_or_by_none",
            ),
            models.CheckConstraint(
                condition=Q(state=State.CONSUMED, consumed_at__isnull=False)
                | (~Q(state=State.CONSUMED) & Q(consumed_at__isnull=True)),
                name="a_consumed_token_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state=State.REVOKED, revoked_at__isnull=False)
                | (~Q(state=State.REVOKED) & Q(revoked_at__isnull=True)),
                name="a_revoked_token_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "state", "expires_at"], name="vault_tokens_by_age"),
            models.Index(fields=["checkout_session_id"], name="vault_tokens_by_session"),
            models.Index(fields=["credential"], name="vault_tokens_by_credential"),
        ]

    def __str__(self) -> str:
        return f"{self.brand} ···· {self.last4}"

    @property
    def allowance(self) -> Allowance:
        return Allowance(
            state=self.state,
            max_amount=Money(self.max_amount, self.currency),
            merchant_id=self.merchant_id,
            checkout_session_id=self.checkout_session_id,
            expires_at=self.expires_at,
        )

    def state_at(self, now: datetime) -> str:
        """The state as people should see it, with `expired` read off the clock."""
        return EXPIRED if self.state == State.ACTIVE and now >= self.expires_at else self.state

    def reserve(self, payment: Payment) -> bool:
        """Hold the token for `payment`. Like every move here: whether it was made; if not, nothing changed."""
        return self._move_to(State.RESERVED, payment=payment, reserved_at=timezone.now())

    def consume(self) -> bool:
        """Its payment succeeded: the token is used up."""
        return self._move_to(State.CONSUMED, consumed_at=timezone.now())

    def release(self) -> bool:
        """Its payment came to nothing: the token may be used again."""
        return self._move_to(State.ACTIVE, payment=None, reserved_at=None)

    def revoke(self) -> bool:
        """Staff took it back."""
        return self._move_to(State.REVOKED, revoked_at=timezone.now())

    def _move_to(self, state: State, **changes: Any) -> bool:
        """The one place that writes a token's state: only from a state that leads there, and for the payment we saw."""
        sources = [source for source, targets in MOVES.items() if state in targets]
        row = VaultToken.objects.filter(pk=self.pk, state__in=sources, payment=self.payment_id)
        changes["state"] = state
        if not row.update(**changes):
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True
