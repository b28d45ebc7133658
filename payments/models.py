"""What we have undertaken to charge, and how far it has come.

A payment's amount, currency, credential and keys are frozen when it is made, in the transaction that promises the
goods. So whoever finds it after a crash knows what to ask the processor, and asks exactly what was asked before.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from agents.ids import new_id
from payments.declines import declined
from payments.money import Money
from payments.processors.base import Authorized, Declined, Outcome, RequiresAction, Succeeded
from payments.status import FINAL, LIVE, MOVES, UNSETTLED, State

logger = logging.getLogger(__name__)

MEANING: dict[type[Outcome], State] = {
    Succeeded: State.SUCCEEDED,
    Authorized: State.AUTHORIZED,
    RequiresAction: State.REQUIRES_ACTION,
    Declined: State.DECLINED,
}


class IllegalMove(Exception):
    """The state machine does not know this move."""


def payment_id() -> str:
    return new_id("pay")


class PaymentQuerySet(models.QuerySet["Payment"]):
    def live(self) -> "PaymentQuerySet":
        """Those that have been, or may still be, paid: at most one per reference."""
        return self.filter(state__in=LIVE)

    def stranded(self, now: datetime) -> "PaymentQuerySet":
        """Those the processor has still to be asked about, and that nobody is asking it about.

        A payment that was only just prepared is about to be charged by the request that prepared it.
        """
        unleased = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        fresh = Q(state=State.PREPARED, created_at__gt=now - _lease_time())
        return self.filter(unleased, state__in=UNSETTLED).exclude(fresh)


class Payment(models.Model):
    """One promise to charge one credential, once."""

    id = models.CharField(primary_key=True, max_length=40, default=payment_id, editable=False)
    agent = models.ForeignKey("agents.Agent", on_delete=models.PROTECT, related_name="payments")
    reference = models.CharField(max_length=255)  # the id of what is paid for: "cs_…"
    attempt = models.CharField(max_length=255, blank=True)  # the request that asked for it

    amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)
    credential = models.CharField(max_length=255)  # the processor's name for a card, "pm_…" or "tok_…"; never a card

    state = models.CharField(max_length=16, choices=State.choices, default=State.PREPARED)
    lease_until = models.DateTimeField(null=True, blank=True)  # somebody is asking the processor until then
    unknown_since = models.DateTimeField(null=True, blank=True)

    processor = models.CharField(max_length=32)
    processor_id = models.CharField(max_length=255, blank=True)  # "pi_…"
    charge_id = models.CharField(max_length=255, blank=True)  # "ch_…"
    action_url = models.CharField(max_length=2000, blank=True)  # where the buyer approves it
    decline_code = models.CharField(max_length=64, blank=True)
    decline_message = models.CharField(max_length=500, blank=True)
    contradiction = models.CharField(max_length=500, blank=True)  # what we heard after the end; a person must look

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_moves_money"),
            models.UniqueConstraint(
                fields=["reference"], condition=Q(state__in=sorted(LIVE)), name="one_live_payment_per_reference"
            ),
            models.UniqueConstraint(
                fields=["reference", "attempt"], condition=~Q(attempt=""), name="one_payment_per_attempt"
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(FINAL), settled_at__isnull=False, lease_until__isnull=True)
                | (~Q(state__in=sorted(FINAL)) & Q(settled_at__isnull=True)),
                name="a_settled_payment_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state=State.UNKNOWN, unknown_since__isnull=False)
                | (~Q(state=State.UNKNOWN) & Q(unknown_since__isnull=True)),
                name="an_unknown_payment_says_since_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.SUCCEEDED) | ~Q(charge_id=""), name="a_succeeded_payment_names_its_charge"
            ),
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="payments_by_state")]

    def __str__(self) -> str:
        return self.id

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def create_key(self) -> str:
        return f"{self.id}:create"

    @property
    def confirm_key(self) -> str:
        return f"{self.id}:confirm"

    @property
    def is_paid(self) -> bool:
        return self.state == State.SUCCEEDED

    @property
    def is_settled(self) -> bool:
        """Whether this is how the payment ends."""
        return self.state in FINAL

    @property
    def needs_asking(self) -> bool:
        """Whether only the processor knows how the payment ends."""
        return self.state in UNSETTLED

    @property
    def outcome(self) -> Outcome | None:
        """What we have written down of the processor's answer."""
        match State(self.state):
            case State.SUCCEEDED:
                return Succeeded(self.charge_id)
            case State.AUTHORIZED:
                return Authorized()
            case State.REQUIRES_ACTION:
                return RequiresAction(self.action_url)
            case State.DECLINED:
                return Declined(self.decline_code, self.decline_message)
            case State.CANCELED:
                return declined("canceled")
        return None

    def is_leased(self, now: datetime) -> bool:
        return self.lease_until is not None and self.lease_until > now

    def lease(self, now: datetime) -> None:
        """Begin to ask the processor; others keep away for a while."""
        self.lease_until = now + _lease_time()
        if self.state == State.PREPARED:
            self.move_to(State.PROCESSING)

    def doubt(self, now: datetime) -> None:
        """The processor did not answer."""
        if self.state == State.PROCESSING:
            self.move_to(State.UNKNOWN)
            self.unknown_since = now

    def record(self, outcome: Outcome, now: datetime) -> bool:
        """Write down what the processor answered; return whether that ended the payment just now.

        News may come late, twice and out of order: only what leads on changes anything.
        """
        self.lease_until = None
        state = MEANING[type(outcome)]
        if state not in MOVES[State(self.state)]:
            self._compare(outcome)
            return False
        self.move_to(state)
        self.unknown_since = None
        self.settled_at = now if self.is_settled else None
        match outcome:
            case Succeeded(charge_id):
                self.charge_id = charge_id
            case RequiresAction(url):
                self.action_url = url
            case Declined(code, message):
                self.decline_code, self.decline_message = code, message
        return self.is_settled

    def move_to(self, state: State) -> None:
        """The one place that writes `state`.

        :raises IllegalMove: if no move leads there.
        """
        if state not in MOVES[State(self.state)]:
            raise IllegalMove(f"a payment that is {self.state} cannot become {state}")
        self.state = state

    def _compare(self, outcome: Outcome) -> None:
        """An answer that leads nowhere is old news, or it contradicts how the payment ended: money is at stake."""
        if MEANING[type(outcome)] not in FINAL or outcome == self.outcome:
            return
        self.contradiction = f"{self.state}, then heard {outcome}"[:500]
        logger.error("payment %s contradicted: %s", self.id, self.contradiction)


def _lease_time() -> timedelta:
    return timedelta(seconds=settings.PAYMENT_LEASE)
