"""What we have undertaken to charge, and how far it has come.

A payment's amount, currency, credential and keys are frozen when it is made, in the transaction that promises the
goods. So whoever finds it after a crash knows what to ask the processor, and asks exactly what was asked before.
"""

import logging
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from agents.ids import new_id
from payments.declines import declined
from payments.models.asking import Asked, unattended
from payments.money import Money
from payments.processors.base import Authentication, Authorized, Declined, Outcome, RequiresAction, Succeeded
from payments.status import FINAL, LIVE, MOVES, UNSETTLED, State

logger = logging.getLogger(__name__)

MEANING: dict[type[Outcome], State] = {
    Succeeded: State.SUCCEEDED,
    Authorized: State.AUTHORIZED,
    RequiresAction: State.REQUIRES_ACTION,
    Declined: State.DECLINED,
}


def payment_id() -> str:
    return new_id("pay")


class PaymentQuerySet(models.QuerySet["Payment"]):
    def live(self) -> "PaymentQuerySet":
        """Those that have been, or may still be, paid: at most one per reference."""
        return self.filter(state__in=LIVE)

    def stranded(self, now: datetime) -> "PaymentQuerySet":
        """Those the processor has still to be asked about, and that nobody is asking it about."""
        return self.filter(unattended(now), state__in=UNSETTLED)


class Payment(Asked):
    """One promise to charge one credential, once."""

    class Capture(models.TextChoices):
        AUTOMATIC = "automatic"
        MANUAL = "manual"  # the money is held first, and then taken

    MOVES = MOVES
    may_ask = False  # of this very object: its lease has not been used yet

    id = models.CharField(primary_key=True, max_length=40, default=payment_id, editable=False)
    agent = models.ForeignKey("agents.Agent", on_delete=models.PROTECT, related_name="payments")
    reference = models.CharField(max_length=255)  # the id of what is paid for: "cs_…"
    attempt = models.CharField(max_length=255, blank=True)  # the request that asked for it

    amount = models.BigIntegerField()  # minor units
    currency = models.CharField(max_length=3)
    credential = models.CharField(max_length=255)  # the processor's name for a card, "pm_…" or "tok_…"; never a card
    customer = models.CharField(max_length=255, blank=True)  # the processor's name for whom it keeps the card, "cus_…"
    capture = models.CharField(max_length=16, choices=Capture.choices, default=Capture.AUTOMATIC)

    state = models.CharField(max_length=16, choices=State.choices, default=State.PROCESSING)
    refunded_amount = models.BigIntegerField(default=0)  # of refunds that have not failed
    processor = models.CharField(max_length=32)
    processor_id = models.CharField(max_length=255, blank=True)  # "pi_…"
    charge_id = models.CharField(max_length=255, blank=True)  # "ch_…"
    action_url = models.CharField(max_length=2000, blank=True)  # where the buyer approves it
    decline_code = models.CharField(max_length=64, blank=True)
    decline_message = models.CharField(max_length=500, blank=True)
    contradiction = models.CharField(max_length=500, blank=True)  # what we heard after the end; a person must look
    attended_at = models.DateTimeField(null=True, blank=True)  # staff have dealt with what went wrong
    attended_by = models.CharField(max_length=150, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_moves_money"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("amount"))
                & (Q(state=State.SUCCEEDED) | Q(refunded_amount=0)),
                name="refunds_never_pass_what_was_paid",
            ),
            models.UniqueConstraint(
                fields=["reference"], condition=Q(state__in=sorted(LIVE)), name="one_live_payment_per_reference"
            ),
            models.UniqueConstraint(
                fields=["reference", "attempt"], condition=~Q(attempt=""), name="one_payment_per_attempt"
            ),
            models.UniqueConstraint(
                fields=["processor_id", "processor"], condition=~Q(processor_id=""), name="one_payment_per_processor_id"
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
        indexes = [
            models.Index(fields=["state", "created_at"], name="payments_by_state"),
            models.Index(fields=["-created_at"], name="payments_by_age"),
            models.Index(fields=["reference"], name="payments_by_reference"),
            models.Index(
                fields=["created_at"],
                condition=Q(attended_at__isnull=True) & ~Q(contradiction=""),
                name="contradicted_payments",
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_amount, self.currency)

    @property
    def refundable(self) -> Money:
        """What may still be given back."""
        return Money(self.amount - self.refunded_amount if self.is_paid else 0, self.currency)

    @property
    def create_key(self) -> str:
        return f"{self.id}:create"

    @property
    def confirm_key(self) -> str:
        return f"{self.id}:confirm"

    @property
    def capture_key(self) -> str:
        return f"{self.id}:capture"

    @property
    def cancel_key(self) -> str:
        return f"{self.id}:cancel"

    def authenticate_key(self, proof: Authentication) -> str:
        """One for each proof: another one is another request."""
        facts = "\n".join((proof.cryptogram, proof.electronic_commerce_indicator, proof.transaction_id, proof.version))
        digest = salted_hmac("payments.authenticate_key", facts, algorithm="sha256").hexdigest()
        return f"{self.id}:authenticate:{digest[:32]}"

    @property
    def is_paid(self) -> bool:
        return self.state == State.SUCCEEDED

    @property
    def is_charged_back(self) -> bool:
        """Whether the buyer's bank took the money back, in a dispute that was lost."""
        return self.disputes.filter(status="lost").exists()

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
            case State.DECLINED | State.CANCELED:
                return Declined(self.decline_code, self.decline_message)
        return None

    def lease(self, now: datetime) -> None:
        """Begin to ask the processor; others keep away for a while. Whoever has this very object may ask, once."""
        super().lease(now)
        self.may_ask = True

    def use_lease(self, now: datetime) -> bool:
        """Whether this very object was leased, and has not been asked with yet."""
        may_ask, self.may_ask = self.may_ask, False
        return may_ask and self.is_leased(now)

    def hold(self) -> None:
        """The money is held, and whoever holds the lease is about to take it."""
        if self.can_become(State.AUTHORIZED):
            self.move_to(State.AUTHORIZED)

    def record(self, outcome: Outcome, now: datetime) -> bool:
        """Write down what the processor answered; return whether that ended the payment just now.

        News may come late, twice and out of order: only what leads on changes anything.
        """
        self.lease_until = None
        state = _state_after(outcome)
        if not self.can_become(state):
            self._compare(outcome)
            return False
        self.move_to(state)
        self.settled_at = now if self.is_settled else None
        match outcome:
            case Succeeded(charge_id):
                self.charge_id = charge_id
            case RequiresAction(url):
                self.action_url = url
            case Declined(code, message):
                self.decline_code, self.decline_message = code, message
        return self.is_settled

    def set_aside(self, amount: int) -> bool:
        """Promise `amount` to a refund, unless less than that is left: decided in the database, in one statement."""
        rows = Payment.objects.filter(pk=self.pk, state=State.SUCCEEDED, amount__gte=F("refunded_amount") + amount)
        return bool(rows.update(refunded_amount=F("refunded_amount") + amount))

    def take_back(self, amount: int) -> None:
        """A refund of `amount` has failed: somebody must look, and it may be tried again."""
        Payment.objects.filter(pk=self.pk).update(
            refunded_amount=F("refunded_amount") - amount, attended_at=None, attended_by=""
        )

    def attend(self, staff: str, now: datetime) -> None:
        """`staff` have dealt with what went wrong so far."""
        self.attended_at, self.attended_by = now, staff
        self.save(update_fields=["attended_at", "attended_by"])

    def _compare(self, outcome: Outcome) -> None:
        """An answer that leads nowhere is old news, or it contradicts how the payment ended: money is at stake."""
        is_about_money = self.is_paid or isinstance(outcome, Succeeded)
        if _state_after(outcome) not in FINAL or outcome == self.outcome or not is_about_money:
            return
        self.contradiction = f"{self.state}, then heard {outcome}"[:500]
        self.attended_at, self.attended_by = None, ""
        logger.error("payment %s contradicted: %s", self.id, self.contradiction)


def _state_after(outcome: Outcome) -> State:
    return State.CANCELED if outcome == declined("canceled") else MEANING[type(outcome)]
