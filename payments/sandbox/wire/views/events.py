"""`/v1/events` and `/v1/webhook_endpoints`."""

from django.db.models import Q
from django.http import HttpResponse
from rest_framework.request import Request

from payments.sandbox import objects, operations
from payments.sandbox.models import Event, WebhookEndpoint
from payments.sandbox.wire.base import StripeViewSet
from payments.sandbox.wire.idempotency import once_per_key
from payments.sandbox.wire.parameters import RequestParams
from payments.sandbox.wire.schemas import events as schemas


class EventViewSet(StripeViewSet):
    def list(self, request: Request) -> HttpResponse:
        asked = self.parse(schemas.EventList)
        rows = objects.rows(Event)
        if asked.type or asked.types:
            rows = rows.filter(_named([asked.type] if asked.type else asked.types or []))
        if asked.delivery_success is not None:
            undelivered = rows.filter(deliveries__isnull=False, deliveries__delivered_at=None)
            rows = rows.exclude(pk__in=undelivered.values("pk")) if asked.delivery_success else undelivered
        return self.respond_with_page(rows, asked)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self.respond(self.find(Event, id, "event"))


class WebhookEndpointViewSet(StripeViewSet):
    def list(self, request: Request) -> HttpResponse:
        return self.respond_with_page(objects.rows(WebhookEndpoint), self.parse(schemas.WebhookEndpointList))

    @once_per_key
    def create(self, request: Request) -> HttpResponse:
        body = self.parse(schemas.WebhookEndpointCreate)
        endpoint = operations.create_webhook_endpoint(
            url=body.url,
            enabled_events=body.enabled_events,
            description=body.description or "",
            api_version=body.api_version or "",
            metadata=body.metadata,
            account=self.account,
        )
        return self.respond(endpoint, secret=endpoint.secret)  # here, and nowhere else

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        endpoint = operations.retrieve_webhook_endpoint(webhook_endpoint_id=id, account=self.account)
        return self.respond(endpoint)

    @once_per_key
    def update(self, request: Request, id: str) -> HttpResponse:
        body = self.parse(schemas.WebhookEndpointUpdate)
        endpoint = operations.update_webhook_endpoint(
            webhook_endpoint_id=id,
            changes=body.changes("enabled_events", "url"),
            description=body.said("description"),
            metadata=body.metadata,
            is_disabled=body.changes("disabled").get("disabled"),
            account=self.account,
        )
        return self.respond(endpoint)

    def destroy(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        operations.delete_webhook_endpoint(webhook_endpoint_id=id, account=self.account)
        return self.answer({"id": id, "object": "webhook_endpoint", "deleted": True})


def _named(types: list[str]) -> Q:
    """Events by name; `charge.*` names a group."""
    query = Q()
    for type in types:
        query |= Q(type__startswith=type[:-1]) if type.endswith("*") else Q(type=type)
    return query
