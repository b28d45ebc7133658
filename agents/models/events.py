"""What an agent is told of its orders: where, signed how, every event, and every try to deliver it.

An event is a row written in the transaction that changes what it tells of. It is due until somebody delivered it.
"""

import random
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from agents import secrets
from agents.ids import new_id
from agents.models.callers import Agent
from agents.posting import UnsafeUrl, check_url

PATIENCE = timedelta(days=3)  # how long an event is tried
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=4)
ROTATION = timedelta(days=1)  # how long a secret stays good after a new one was issued
REFUSALS_TOO_MANY = 5  # one after the other

is_header_name = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9-]*\Z", "A header's name, such as Merchant-Signature.")


def event_id() -> str:
    return new_id("evt")


def validate_url(url: str) -> None:
    """A Django validator."""
    try:
        check_url(url)
    except UnsafeUrl as reason:
        raise ValidationError(str(reason)) from None


def _lease_time() -> timedelta:
    """A lease that ends more than twice as far away is nobody's: it was written before the clock was put back."""
    return timedelta(seconds=settings.EVENT_LEASE)


class Endpoint(models.Model):
    """Where an agent hears of its orders. A pause is ours (it kept refusing), `is_enabled` is its owner's."""

    class Scheme(models.TextChoices):
        TIMED = "timed", "t=…,v1=… (HMAC-SHA256 over the time and the body)"
        HEX = "hex", "HMAC-SHA256 over the body, in hex"
        BASE64 = "base64", "HMAC-SHA256 over the body, in base64"

    class Names(models.TextChoices):
        SPECIFIED = "specified", "order_create, order_update"
        PAST = "past", "order_created, order_updated"

    agent = models.OneToOneField(Agent, on_delete=models.PROTECT, related_name="endpoint")
    url = models.CharField("URL", max_length=2000, validators=[validate_url])
    is_enabled = models.BooleanField("enabled", default=True, help_text="Events wait while this is off.")
    signature_scheme = models.CharField(max_length=8, choices=Scheme.choices, default=Scheme.TIMED)
    signature_header = models.CharField(max_length=100, default="Merchant-Signature", validators=[is_header_name])
    event_names = models.CharField(max_length=16, choices=Names.choices, default=Names.SPECIFIED)
    sealed_secret = models.TextField(editable=False)
    sealed_old_secret = models.TextField(blank=True, editable=False)
    rotated_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)  # one after the other
    refusals = models.PositiveIntegerField(default=0, editable=False)  # one after the other
    paused_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.url

    def secrets(self, now: datetime) -> list[str]:
        """The secret that signs, and, for a day after it was rotated, the one before it."""
        found = [secrets.unseal(self.sealed_secret)]
        if self.sealed_old_secret and self.rotated_at and now < self.rotated_at + ROTATION:
            found.append(secrets.unseal(self.sealed_old_secret))
        return found

    def set_secret(self, plain: str, now: datetime) -> None:
        """Sign with this one from now on."""
        self.sealed_old_secret, self.rotated_at = self.sealed_secret, now if self.sealed_secret else None
        self.sealed_secret = secrets.seal(plain)

    def note_success(self) -> None:
        if self.failures or self.refusals:
            self._row().update(failures=0, refusals=0)

    def note_failure(self, now: datetime, *, is_refusal: bool) -> bool:
        """Count it; return whether this was one refusal too many, and the endpoint has been paused."""
        self._row().update(failures=F("failures") + 1, refusals=F("refusals") + 1 if is_refusal else 0)
        too_many = self._row().filter(refusals__gte=REFUSALS_TOO_MANY, paused_at=None)
        return is_refusal and too_many.update(paused_at=now) == 1

    def resume(self, now: datetime) -> None:
        """Try again, with everything that waits."""
        self._row().update(failures=0, refusals=0, paused_at=None)
        waiting = OutgoingEvent.objects.filter(agent=self.agent_id, state=EventState.PENDING)
        waiting.update(next_try_at=now, give_up_at=now + PATIENCE, tried=0)

    def _row(self) -> models.QuerySet["Endpoint"]:
        return Endpoint.objects.filter(pk=self.pk)


class EventState(models.TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up", "given up"
    UNADDRESSED = "unaddressed", "nobody to tell"


class OutgoingEventQuerySet(models.QuerySet["OutgoingEvent"]):
    def due(self, now: datetime) -> Self:
        """Those to be delivered now: nobody is at it, and nothing older about the same thing is still under way."""
        earlier = OutgoingEvent.objects.filter(
            subject=OuterRef("subject"), sequence__lt=OuterRef("sequence"), state=EventState.PENDING
        )
        return self.filter(
            Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * _lease_time()),
            ~Exists(earlier),
            state=EventState.PENDING,
            next_try_at__lte=now,
            agent__endpoint__is_enabled=True,
            agent__endpoint__paused_at=None,
        )

    def late(self, since: datetime) -> Self:
        """Those that a worker should have taken by `since`, and for an endpoint that takes its events."""
        return self.due(since).filter(agent__endpoint__failures=0)

    def outdated(self, now: datetime) -> Self:
        """Those that arrived so long ago that nobody asks for them any more."""
        before = now - timedelta(seconds=settings.EVENT_RETENTION)
        return self.filter(state=EventState.DELIVERED, delivered_at__lte=before)


class OutgoingEvent(models.Model):
    """News for an agent, as it was when it happened. Of what it tells nothing is ever changed."""

    sequence = models.BigAutoField(primary_key=True)  # within a subject, the order of its changes: they lock it
    id = models.CharField(max_length=40, unique=True, default=event_id, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="events")
    subject = models.CharField(max_length=40)  # the id of what it tells of: "ord_…"
    type = models.CharField(max_length=32)
    api_version = models.CharField(max_length=10)
    data = models.TextField()  # JSON text: every try sends the same bytes
    created_at = models.DateTimeField(default=timezone.now)

    state = models.CharField(max_length=16, choices=EventState.choices, default=EventState.PENDING)
    tried = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    give_up_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    objects = OutgoingEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=EventState.PENDING, next_try_at__isnull=False)
                | (~Q(state=EventState.PENDING) & Q(next_try_at=None, lease_until=None)),
                name="an_event_is_tried_again_as_long_as_it_is_pending",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state=EventState.PENDING), name="events_by_next_try"),
            models.Index(fields=["delivered_at"], condition=Q(state=EventState.DELIVERED), name="events_by_arrival"),
            models.Index(fields=["subject", "sequence"], name="events_by_subject"),
            models.Index(fields=["agent", "-created_at"], name="events_by_agent"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    def payload(self) -> bytes:
        """The body that is sent: the same bytes each time."""
        return f'{{"type":"{self.type}","data":{self.data}}}'.encode()

    def lease(self, now: datetime) -> None:
        """Take it, as long as the row is locked."""
        self.lease_until = now + _lease_time()
        self.save(update_fields=["lease_until"])

    def deliver(self, now: datetime) -> None:
        """It arrived: whoever else is still at it has nothing to add."""
        self._row().update(
            state=EventState.DELIVERED, tried=F("tried") + 1, next_try_at=None, lease_until=None, delivered_at=now
        )

    def fail(self, now: datetime) -> None:
        """It did not: try again later, or give up. Not if somebody else has taken it meanwhile."""
        ours = self._row().filter(lease_until=self.lease_until)
        if self.give_up_at and now >= self.give_up_at:
            ours.update(state=EventState.GIVEN_UP, tried=F("tried") + 1, next_try_at=None, lease_until=None)
        else:
            ours.update(tried=F("tried") + 1, next_try_at=self._next_try(now), lease_until=None)

    def replay(self, now: datetime) -> None:
        """Send it once more, whatever became of it."""
        OutgoingEvent.objects.filter(pk=self.pk).update(
            state=EventState.PENDING,
            tried=0,
            next_try_at=now,
            give_up_at=now + PATIENCE,
            lease_until=None,
            delivered_at=None,
        )

    def _next_try(self, now: datetime) -> datetime:
        """Twice the pause each time, up to four hours, less up to half of it so that not all come at once."""
        pause = min(FIRST_PAUSE * 2 ** min(self.tried, 20), LONGEST_PAUSE)
        later = now + pause * random.uniform(0.5, 1)  # noqa: S311
        return min(later, self.give_up_at) if self.give_up_at else later

    def _row(self) -> models.QuerySet["OutgoingEvent"]:
        return OutgoingEvent.objects.filter(pk=self.pk, state=EventState.PENDING)


class Try(models.Model):
    """One time that an event was sent, and what came back. Never changed."""

    event = models.ForeignKey(OutgoingEvent, on_delete=models.CASCADE, related_name="tries")
    began_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)  # none: there was no answer
    answer = models.CharField(max_length=500, blank=True)  # how it begins, or why there was none

    class Meta:
        verbose_name_plural = "tries"

    def __str__(self) -> str:
        return str(self.status or self.answer)
