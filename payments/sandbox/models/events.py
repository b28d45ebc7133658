"""What happened, and who was told: events, the addresses that want them, and each delivery."""

from datetime import datetime

from django.db import models

from agents import secrets
from agents.ids import new_id
from payments.sandbox.accounts import TILL


def event_id() -> str:
    return new_id("evt")


def webhook_endpoint_id() -> str:
    return new_id("we")


class Event(models.Model):
    """Something that happened to an object, with the object as it was then. Never changed."""

    id = models.CharField(primary_key=True, max_length=40, default=event_id, editable=False)
    account = models.CharField(max_length=40, default=TILL)
    type = models.CharField(max_length=100)
    data = models.JSONField()  # {"object": …, "previous_attributes": …}
    request_id = models.CharField(max_length=255, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-created_at"], name="events_by_age")]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class WebhookEndpoint(models.Model):
    """An address that wants to be told of events, and the secret that signs what it is told."""

    class Status(models.TextChoices):
        ENABLED = "enabled"
        DISABLED = "disabled"

    id = models.CharField(primary_key=True, max_length=40, default=webhook_endpoint_id, editable=False)
    account = models.CharField(max_length=40, default=TILL)
    url = models.CharField(max_length=2000)
    enabled_events = models.JSONField(default=list)  # names of events, or ["*"]
    sealed_secret = models.TextField()
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ENABLED)
    description = models.CharField(max_length=500, blank=True)
    api_version = models.CharField(max_length=64, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-created_at"], name="webhook_endpoints_by_age")]

    def __str__(self) -> str:
        return self.url

    @property
    def secret(self) -> str:
        return secrets.unseal(self.sealed_secret)

    def wants(self, event_type: str) -> bool:
        return "*" in self.enabled_events or event_type in self.enabled_events

    def switch(self, *, disabled: bool) -> None:
        self.status = self.Status.DISABLED if disabled else self.Status.ENABLED


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> "DeliveryQuerySet":
        return self.filter(next_attempt_at__lte=now, endpoint__status=WebhookEndpoint.Status.ENABLED)


class Delivery(models.Model):
    """One event on its way to one address. It is on its way as long as there is a next attempt."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    response = models.CharField(max_length=200, blank=True)  # the latest answer, or why there was none

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="an_event_goes_to_an_endpoint_once"),
            models.CheckConstraint(
                condition=models.Q(delivered_at__isnull=True) | models.Q(next_attempt_at__isnull=True),
                name="a_delivered_event_is_not_sent_again",
            ),
        ]
        indexes = [models.Index(fields=["next_attempt_at"], name="deliveries_by_next_attempt")]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.endpoint_id}"
