"""Who calls us: agents, the keys that name them, and the requests we promised to run only once."""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from agents import signatures
from agents.ids import new_id
from agents.prepared import Prepared
from agents.versioning import SUPPORTED

LONGEST_SUBJECT = 255  # characters of the id of what a call is about


def new_agent_id() -> str:
    return new_id("agt")


def versions_to_pin() -> list[tuple[str, str]]:
    return [(version, version) for version in SUPPORTED]


class Agent(models.Model):
    """A program that buys for people. Never deleted (orders hang on it), only made inactive."""

    id = models.CharField(primary_key=True, max_length=40, default=new_agent_id, editable=False)
    name = models.CharField(max_length=100, unique=True)
    pinned_version = models.CharField(
        max_length=10, blank=True, choices=versions_to_pin, help_text="Spoken with this agent if it names no version."
    )
    is_active = models.BooleanField("active", default=True, help_text="The keys of an inactive agent open nothing.")
    signing_secret = models.TextField(blank=True, editable=False)  # an HMAC key, sealed (agents.secrets)
    signing_public_key = models.CharField(
        "Ed25519 public key",
        max_length=44,
        blank=True,
        validators=[signatures.validate_public_key],
        help_text="32 bytes as base64url. With it, this agent must sign its requests.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    is_authenticated = True  # what Django and DRF ask of a request's user

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(signing_secret="") | Q(signing_public_key=""),  # noqa: S106
                name="an_agent_signs_in_one_way",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def must_sign(self) -> bool:
        return bool(self.signing_secret or self.signing_public_key)


class ApiKey(models.Model):
    """A key that names an agent. We keep its hash; whoever has the key itself is the agent."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="keys")
    prefix = models.CharField(max_length=8, help_text="How the key begins.")
    hash = models.CharField(max_length=64, unique=True, editable=False)  # random keys need no slow hash
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @staticmethod
    def hash_of(plain: str) -> str:
        return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()


class IdempotentRequestQuerySet(models.QuerySet["IdempotentRequest"]):
    """Whose time is over. These conditions stand in the UPDATE or DELETE itself, so that nobody acts on old news."""

    def abandoned(self, now: datetime) -> Self:
        """Not answered, and nobody is at work on it: given back, or not heard of for a whole lease."""
        return self.filter(~_is_at_work(now), response_status=None)

    def outdated(self, now: datetime) -> Self:
        """Older than we promise to remember (ACP §6.6: at least 24 hours), and nobody is at work on it."""
        return self.filter(~_is_at_work(now), created_at__lte=now - timedelta(seconds=settings.IDEMPOTENCY_RETENTION))


def _is_at_work(now: datetime) -> Q:
    lease = timedelta(seconds=settings.IDEMPOTENCY_LEASE)  # a claim of tomorrow was made before the clock was put back
    return Q(response_status=None, claimed_at__gt=now - lease, claimed_at__lte=now + lease)


class IdempotentRequest(models.Model):
    """A POST we promised to run at most once.

    Whoever runs it in steps holds its `claim`. Every change below names the claim it thinks it holds in the UPDATE
    itself, so that one who was taken over changes nothing, and learns it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="idempotent_requests")
    path = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # of the body; keyed, for the body may hold a card
    claim = models.UUIDField(default=uuid.uuid4)
    claimed_at = models.DateTimeField(null=True, default=timezone.now)  # empty: given back
    response_status = models.PositiveSmallIntegerField(null=True)  # empty: not answered yet
    response_body = models.TextField(blank=True)  # text, not JSON: a replay is the same bytes
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = IdempotentRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "path", "key"], name="one_request_per_key"),
            # ACP §6.5: a 5xx must not be kept
            models.CheckConstraint(condition=Q(response_status__lt=500), name="a_failure_is_not_an_answer"),
        ]

    def __str__(self) -> str:
        return f"POST {self.path}"

    @property
    def attempt(self) -> str:
        """The identity an operation knows this request by. A retry that takes the claim over has the same one."""
        return self.id.hex

    @property
    def is_answered(self) -> bool:
        return self.response_status is not None

    def lock_key(self) -> bool:
        """Return whether nobody else is using our key, and have it so until the transaction ends.

        On SQLite, whose transactions follow one another, nobody can be.
        """
        if connection.vendor != "postgresql":
            return True
        words = f"{self.agent_id} {self.path} {self.key}".encode()
        number = int.from_bytes(hashlib.sha256(words).digest()[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
            return bool(cursor.fetchone()[0])

    def before_us(self) -> "IdempotentRequest | None":
        """The request that used our key before us, if there is one."""
        found = _requests_with_key(self.agent_id, self.path, self.key)
        return found[0] if found else None

    def insert(self) -> bool:
        """Claim our key: commit that we are the first to use it. False if we are not."""
        try:
            with transaction.atomic(durable=True):
                self.save(force_insert=True)
        except IntegrityError:
            return False
        return True

    def take_over(self, now: datetime) -> bool:
        """Claim a request that somebody else abandoned. Of many who try at once, one succeeds."""
        claim = uuid.uuid4()
        taken = type(self).objects.filter(pk=self.pk).abandoned(now).update(claim=claim, claimed_at=now)
        self.claim = claim
        return taken == 1

    def answer(self, status: int, body: str) -> bool:
        """Write the answer down, once. False if the claim is no longer ours; then the transaction is to be undone."""
        if not self._state.adding:
            return self._ours().update(response_status=status, response_body=body) == 1
        self.response_status, self.response_body = status, body
        try:
            self.save(force_insert=True)
        except IntegrityError:
            return False
        return True

    def give_back(self) -> None:
        """Let the next request with this key continue at once."""
        self._ours().update(claimed_at=None)

    def forget_if_outdated(self) -> bool:
        """Let the next request with this key be the first, if our time is over."""
        return type(self).objects.filter(pk=self.pk).outdated(timezone.now()).delete()[0] == 1

    def _ours(self) -> IdempotentRequestQuerySet:
        return type(self).objects.filter(pk=self.pk, claim=self.claim, response_status=None)


_requests_with_key = Prepared(
    lambda agent_id, path, key: IdempotentRequest.objects.filter(agent=agent_id, path=path, key=key)
)


class ExchangeQuerySet(models.QuerySet["Exchange"]):
    def about(self, subject: str, agent_id: str) -> Self:
        """One agent's calls about one thing, in the order in which they were made."""
        return self.filter(subject=subject, agent=agent_id).order_by("began_at", "id")

    def outdated(self, now: datetime) -> Self:
        """Kept for as long as we keep them."""
        return self.filter(began_at__lte=now - timedelta(seconds=settings.INSPECTOR_RETENTION))


class Exchange(models.Model):
    """A call an agent made about something, and the answer it got; without cards, keys and secrets."""

    agent = models.ForeignKey(  # a note needs no proof that there is such an agent
        Agent, on_delete=models.CASCADE, related_name="exchanges", db_index=False, db_constraint=False
    )
    subject = models.CharField(max_length=LONGEST_SUBJECT)  # "cs_…"
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=255)
    version = models.CharField(max_length=10)
    request_id = models.CharField(max_length=255)
    idempotency_key = models.CharField(max_length=255, blank=True)
    sent = models.TextField(blank=True)  # JSON, shortened
    response_status = models.PositiveSmallIntegerField()
    answered = models.TextField(blank=True)  # JSON, shortened
    state_after = models.CharField(max_length=32, blank=True)  # empty: the answer did not tell
    began_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["subject", "began_at"], name="exchanges_by_subject"),
            models.Index(fields=["began_at"], name="exchanges_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} → {self.response_status}"

    @property
    def was_refused(self) -> bool:
        return 400 <= self.response_status < 500

    @property
    def has_failed(self) -> bool:
        return self.response_status >= 500
