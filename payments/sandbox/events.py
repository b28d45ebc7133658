"""What happened is written down in the transaction in which it happens, with a delivery to everyone who wants to know.

Another room tells events of its own with `tell`, or with `emit` once it has registered how its objects are
shown (`objects.register`). With `listen` it hears of every event, in the transaction that tells it.
"""

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone

from payments.sandbox import objects
from payments.sandbox.models import Delivery, Event, WebhookEndpoint

Listener = Callable[[Event], None]

_LISTENERS: list[Listener] = []


@dataclass(frozen=True)
class Cause:
    """The request to `/v1` that makes things happen; in process there is none."""

    request_id: str = ""
    idempotency_key: str = ""


cause: ContextVar[Cause] = ContextVar("cause", default=Cause())  # noqa: B039 (it cannot be changed)


def listen(listener: Listener) -> None:
    """Have `listener(event)` called for every event, in its transaction."""
    _LISTENERS.append(listener)


def stop_listening(listener: Listener) -> None:
    """Have `listener` called no more."""
    _LISTENERS.remove(listener)


def emit(type: str, row: models.Model, *, previous: Mapping[str, Any] | None = None) -> Event:
    """Write down that `type` happened to `row`, as it is now, for the account it belongs to."""
    return tell(type, account=row.account, document=objects.shown(row), previous=previous)  # type: ignore[attr-defined]


def emit_all(*happened: tuple[str, models.Model]) -> None:
    """Write down what happened at once, each a type and the row, to rows of one account."""
    _write([_event(type, row.account, objects.shown(row)) for type, row in happened])  # type: ignore[attr-defined]


def tell(type: str, *, account: str, document: Mapping[str, Any], previous: Mapping[str, Any] | None = None) -> Event:
    """Write down that `type` happened to the object `document`, for `account`."""
    event = _event(type, account, document, previous)
    _write([event])
    return event


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What an object had that is now different: an event's `previous_attributes`."""
    return {name: value for name, value in before.items() if after.get(name) != value}


def _event(type: str, account: str, document: Mapping[str, Any], previous: Mapping[str, Any] | None = None) -> Event:
    changes = {"previous_attributes": dict(previous)} if previous else {}
    return Event(
        account=account,
        type=type,
        data={"object": dict(document)} | changes,
        request_id=cause.get().request_id,
        idempotency_key=cause.get().idempotency_key,
    )


def _write(events: Sequence[Event]) -> None:
    """Write down events of one account, and tell everybody."""
    Event.objects.bulk_create(events)
    endpoints = WebhookEndpoint.objects.filter(account=events[0].account, status=WebhookEndpoint.Status.ENABLED)
    now = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(event=event, endpoint=endpoint, next_attempt_at=now)
        for endpoint in endpoints
        for event in events
        if endpoint.wants(event.type)
    )
    for event in events:
        for listener in _LISTENERS:
            listener(event)
