"""The sandbox's own books: what Stripe would keep, under Stripe's names, and never a card number.

Each row belongs to an account (`accounts`), and does not exist for any other. Only `payments.processors.sandbox` reads
them in process; the rest of Till knows a processor and nothing behind it.
"""

from payments.sandbox.models.aftermath import Dispute, Refund
from payments.sandbox.models.cards import Customer, PaymentMethod, Token
from payments.sandbox.models.events import Delivery, Event, WebhookEndpoint
from payments.sandbox.models.intents import Charge, PaymentIntent
from payments.sandbox.models.requests import HttpRequest, KeyedRequest

__all__ = [
    "Charge",
    "Customer",
    "Delivery",
    "Dispute",
    "Event",
    "HttpRequest",
    "KeyedRequest",
    "PaymentIntent",
    "PaymentMethod",
    "Refund",
    "Token",
    "WebhookEndpoint",
]
