"""What an agent did in one conversation, as we saw it, never what it claims. Kept for a while, and only so much."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone


class ContextQuerySet(models.QuerySet["Context"]):
    def of(self, owner: str) -> Self:
        return self.filter(owner=owner)

    def alive(self, now: datetime) -> Self:
        return self.filter(last_seen_at__gt=now - timedelta(seconds=settings.OCP_CONTEXT_LIFETIME))

    def forgettable(self, now: datetime) -> Self:
        return self.filter(last_seen_at__lte=now - timedelta(seconds=settings.OCP_CONTEXT_LIFETIME))


class Context(models.Model):
    """A conversation. Its id is chosen by the caller, so it means nothing without its owner."""

    owner = models.CharField(max_length=40, help_text="An agent, or an account of the sandbox.")
    context_id = models.CharField(max_length=64)
    agent_type = models.CharField(max_length=128, blank=True)
    goal = models.CharField(max_length=256, blank=True)
    user = models.CharField(max_length=64, blank=True)
    workspace = models.CharField(max_length=128, blank=True)
    dialect = models.CharField(max_length=16)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = ContextQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "context_id"], name="one_context_per_owner_and_id")]

    def __str__(self) -> str:
        return self.context_id


class ContextEvent(models.Model):
    """Something the agent did in it."""

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    amount = models.BigIntegerField(null=True)  # minor units
    currency = models.CharField(max_length=3, blank=True)
    customer = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["context", "-id"], name="context_events_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
