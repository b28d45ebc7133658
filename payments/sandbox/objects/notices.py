"""Events and the addresses they go to, as Stripe shows them."""

from payments.sandbox.models import Event, WebhookEndpoint
from payments.sandbox.objects.shapes import API_VERSION, Document, seconds


def event(row: Event) -> Document:
    return {
        "id": row.pk,
        "object": "event",
        "api_version": API_VERSION,
        "created": seconds(row.created_at),
        "data": row.data,
        "livemode": False,
        "pending_webhooks": sum(1 for delivery in row.deliveries.all() if delivery.next_attempt_at is not None),
        "request": {"id": row.request_id or None, "idempotency_key": row.idempotency_key or None},
        "type": row.type,
    }


def webhook_endpoint(row: WebhookEndpoint) -> Document:
    return {
        "id": row.pk,
        "object": "webhook_endpoint",
        "api_version": row.api_version or None,
        "application": None,
        "created": seconds(row.created_at),
        "description": row.description or None,
        "enabled_events": row.enabled_events,
        "livemode": False,
        "metadata": row.metadata,
        "status": row.status,
        "url": row.url,
    }
