"""How a page turns a card into a payment method in the browser: with Stripe.js, or without a key our stand-in."""

from typing import Any

from django.conf import settings

OFFLINE_KEY = "pk_test_till"  # the sandbox's


def stripe_js() -> dict[str, Any]:
    """What `templates/payments/card_form.html` needs to know."""
    key = settings.STRIPE_PUBLISHABLE_KEY
    return {"publishable_key": key or OFFLINE_KEY, "is_offline": not key}
