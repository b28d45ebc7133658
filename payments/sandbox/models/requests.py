"""What is remembered of requests that carried a key: in process, and over HTTP."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction

from agents import secrets
from agents.ids import new_id


def claim_id() -> str:
    return new_id("claim")


class KeyedRequest(models.Model):
    """A request that was carried out under an idempotency key, and what was answered."""

    key = models.CharField(max_length=255, unique=True)
    fingerprint = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key


class HttpRequest(models.Model):
    """A POST to `/v1` under an idempotency key: who is at work on it since when, and what was answered."""

    account = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    request_id = models.CharField(max_length=255)  # the one that was carried out; a replay names it
    claim = models.CharField(max_length=40, default=claim_id)  # another for whoever takes it over
    claimed_at = models.DateTimeField()
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    sealed_body = models.TextField(blank=True)  # it may hold a secret that is shown once
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="a_v1_key_names_one_request"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_answered(self) -> bool:
        return self.response_status is not None

    @property
    def response_body(self) -> str:
        return secrets.unseal(self.sealed_body)

    def insert(self) -> bool:
        """Claim the key for this request, unless it is taken."""
        try:
            with transaction.atomic():
                self.save(force_insert=True)
        except IntegrityError:
            return False
        return True

    def take_over(self, *, request_id: str, now: datetime) -> bool:
        """Claim a request whose own claim has run out. One of many who try succeeds."""
        lease = timedelta(seconds=settings.IDEMPOTENCY_LEASE)
        if now - lease < self.claimed_at <= now + lease:  # one of tomorrow was made before the clock was put back
            return False
        claim, lost = claim_id(), self.claim
        rows = HttpRequest.objects.filter(pk=self.pk, claim=lost, response_status=None)
        if not rows.update(claim=claim, claimed_at=now, request_id=request_id):
            return False
        self.claim, self.claimed_at, self.request_id = claim, now, request_id
        return True

    def answer(self, status: int, body: str) -> bool:
        """Store the answer, if the claim is still ours."""
        rows = HttpRequest.objects.filter(pk=self.pk, claim=self.claim, response_status=None)
        return bool(rows.update(response_status=status, sealed_body=secrets.seal(body)))

    def forget(self) -> None:
        """Give the key up: nothing has happened under it."""
        HttpRequest.objects.filter(pk=self.pk, claim=self.claim, response_status=None).delete()
