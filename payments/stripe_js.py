"""How a page turns a card into a payment method in the browser: with Stripe.js, or in the sandbox our stand-in.

The stand-in sends the card to this server, as the sandbox's card network. A shop that takes real money never does: it
has a publishable key, or its pages take no cards.
"""

from typing import Any

from django.conf import settings

OFFLINE_KEY = "pk_test_till"  # the sandbox's

# The Content-Security-Policy of a page that asks for a card: only our own script and Stripe's can see what is typed.
SCRIPTS = "https://js.stripe.com https://*.js.stripe.com"
POLICY = (
    f"default-src 'self'; script-src 'self' {SCRIPTS}; frame-src {SCRIPTS} https://hooks.stripe.com; "
    "connect-src 'self' https://api.stripe.com; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'"
)


def stripe_js() -> dict[str, Any]:
    """What `templates/payments/card_form.html` needs to know."""
    key = settings.STRIPE_PUBLISHABLE_KEY
    is_offline = settings.SANDBOX and not key
    return {
        "publishable_key": OFFLINE_KEY if is_offline else key,
        "is_offline": is_offline,
        "takes_cards": bool(key) or is_offline,
    }
