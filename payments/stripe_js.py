"""How a page turns a card into a payment method in the browser: with Stripe.js, or in the sandbox our stand-in.

The stand-in sends the card to this server, as the sandbox's card network. A shop that takes real money never does: it
has a publishable key, or its pages take no cards.
"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from agents.browsers import STYLED, Policy, with_policy

OFFLINE_KEY = "pk_test_till"  # the sandbox's
SCRIPTS = "https://js.stripe.com https://*.js.stripe.com"


def policy() -> Policy:
    """Of a page that asks for a card: only our own script and Stripe's can see what is typed.

    A browser holds what a form leads on to against `form-action` too. A payment's leads to the buyer's bank: by way of
    Stripe, or to the sandbox's under our public address, which need not be the one that the buyer typed.
    """
    ours = "://".join(urlsplit(settings.PUBLIC_URL)[:2])
    return STYLED | {
        "script-src": f"'self' {SCRIPTS}",
        "frame-src": f"{SCRIPTS} https://hooks.stripe.com",
        "connect-src": "'self' https://api.stripe.com",
        "form-action": f"'self' {ours} https://*.stripe.com",
    }


asks_for_card = with_policy(policy)  # decorates a view


def stripe_js() -> dict[str, Any]:
    """What `templates/payments/card_form.html` needs to know."""
    key = settings.STRIPE_PUBLISHABLE_KEY
    is_offline = settings.SANDBOX and not key
    return {
        "publishable_key": OFFLINE_KEY if is_offline else key,
        "is_offline": is_offline,
        "takes_cards": bool(key) or is_offline,
    }
