"""What must be set for money to move. Refused at start, for it would be missed at the first sale."""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from payments.models import Payment

STRIPE = "payments.processors.stripe.StripeProcessor"


def check_payments(**kwargs: Any) -> list[CheckMessage]:
    """The settings that this room reads."""
    found: list[CheckMessage] = []
    if settings.PAYMENT_CAPTURE not in Payment.Capture.values:
        found.append(Error("PAYMENT_CAPTURE is neither automatic nor manual", id="till.E005"))
    if settings.STRIPE_PUBLISHABLE_KEY and not settings.STRIPE_PUBLISHABLE_KEY.startswith("pk_"):
        found.append(
            Error("STRIPE_PUBLISHABLE_KEY is not one (pk_…), and anybody can read it in a page", id="till.E011")
        )
    if settings.PAYMENT_PROCESSOR == STRIPE:
        found += _stripe()
    return found


def _stripe() -> Iterator[CheckMessage]:
    if not settings.STRIPE_SECRET_KEY.startswith(("sk_", "rk_")):
        yield Error("STRIPE_SECRET_KEY is not a secret key of a Stripe account (sk_… or rk_…)", id="till.E006")
    elif "_test_" in settings.STRIPE_SECRET_KEY and not settings.SANDBOX:
        yield Warning("STRIPE_SECRET_KEY is a test key, which moves no money, but SANDBOX is off", id="till.W001")
    if not settings.STRIPE_WEBHOOK_SECRET:
        yield Warning(
            "STRIPE_WEBHOOK_SECRET is not set: refunds and disputes at Stripe will not be heard of", id="till.W002"
        )
    if not settings.STRIPE_PUBLISHABLE_KEY and not settings.SANDBOX:
        yield Warning("STRIPE_PUBLISHABLE_KEY is not set: people cannot pay by card on our own pages", id="till.W003")
    base = urlsplit(settings.STRIPE_API_BASE)
    if not base.netloc or base.scheme not in ("http", "https"):
        yield Error("STRIPE_API_BASE is not the address of an API", id="till.E007")
    elif base.scheme == "http" and not settings.SANDBOX:
        yield Error("STRIPE_API_BASE is not encrypted: cards and keys would be sent in the clear", id="till.E008")
    if os.environ.get("STRIPE_LOG") == "debug":
        yield Error("STRIPE_LOG=debug has Stripe's library print card numbers", id="till.E009")
