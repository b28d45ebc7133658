"""How the rows look to those who ask Stripe: its objects, field by field, as plain data.

An object that it refers to is shown by its id; `wire.expanding` replaces ids by objects.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.db import models

from payments.sandbox.models import (
    Charge,
    Customer,
    Dispute,
    Event,
    PaymentIntent,
    PaymentMethod,
    Refund,
    Token,
    WebhookEndpoint,
)
from payments.sandbox.objects import aftermath, cards, intents, notices
from payments.sandbox.objects.shapes import API_VERSION, Document

__all__ = ["API_VERSION", "Document", "register", "rows", "shown"]

Row = TypeVar("Row", bound=models.Model)

_SHOWERS: dict[type[models.Model], Callable[[Any], Document]] = {
    Customer: cards.customer,
    PaymentMethod: cards.payment_method,
    Token: cards.token,
    PaymentIntent: intents.payment_intent,
    Charge: intents.charge,
    Refund: aftermath.refund,
    Dispute: aftermath.dispute,
    Event: notices.event,
    WebhookEndpoint: notices.webhook_endpoint,
}


# What an object shows of others, fetched with it
_WITH: dict[type[models.Model], tuple[str, ...]] = {
    Token: ("payment_method",),
    PaymentIntent: ("latest_charge__payment_method",),
    Charge: ("payment_intent", "payment_method"),
    Refund: ("charge",),
    Dispute: ("charge__payment_method",),
}


def register(model: type[Row], shower: Callable[[Row], Document]) -> None:
    """Have the rows of another room's `model` shown by `shower`."""
    _SHOWERS[model] = cast(Callable[[Any], Document], shower)


def rows(model: type[Row]) -> "models.QuerySet[Row]":
    """Return the rows of `model` with what showing them takes."""
    found = model._default_manager.select_related(*_WITH[model]) if model in _WITH else model._default_manager.all()
    return found.prefetch_related("deliveries") if model is Event else found


def shown(row: models.Model) -> Document:
    """Return the Stripe object that a row is."""
    return _SHOWERS[type(row)](row)
