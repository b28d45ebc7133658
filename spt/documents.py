"""A shared payment token as the agent sees it and as the seller does: Stripe's objects (stripe.md §1.3)."""

import base64
import json
from typing import Any

from django.utils import timezone

from payments.sandbox.behaviors import BEHAVIORS
from payments.sandbox.models import PaymentMethod
from payments.sandbox.objects.cards import billing_details, card_facts
from payments.sandbox.objects.shapes import Document, seconds
from spt.models import SharedPaymentToken
from spt.sellers import profile_of

# Stripe's insights have whole numbers for the first two, fractions for the others; and this is what they would be.
_SCORES = {"normal": 5, "elevated": 65, "highest": 90}
_WHOLE, _FRACTIONS = ("fraudulent_dispute", "stolen_card"), ("bot", "card_issuer_decline", "card_testing")
_BLOCKED_FROM = 75


def issued_token(token: SharedPaymentToken) -> Document:
    return {
        "id": token.pk,
        "object": "shared_payment.issued_token",
        "created": seconds(token.created_at),
        "deactivated_at": seconds(token.deactivated_at),
        "deactivated_reason": token.deactivated_reason or None,
        "livemode": False,
        "next_action": _next_action(token),
        "payment_method": token.payment_method_id,
        "return_url": token.return_url or None,
        "risk_details": _risk_details(token.payment_method),
        "seller_details": _seller_details(token),
        "setup_future_usage": token.setup_future_usage or None,
        "shared_metadata": token.shared_metadata,
        "status": token.status_at(timezone.now()),
        "usage_details": _usage_details(token),
        "usage_limits": _usage_limits(token),
        "use_stripe_sdk": token.use_stripe_sdk,
    }


def granted_token(token: SharedPaymentToken) -> Document:
    return {
        "id": token.pk,
        "object": "shared_payment.granted_token",
        "agent_details": {"network_business_profile": profile_of(token.account)},
        "created": seconds(token.created_at),
        "deactivated_at": seconds(token.deactivated_at),
        "deactivated_reason": token.deactivated_reason or None,
        "livemode": False,
        "payment_method_details": _payment_method_details(token.payment_method),
        "risk_details": _risk_details(token.payment_method),
        "shared_metadata": token.shared_metadata,
        "usage_details": _usage_details(token),
        "usage_limits": _usage_limits(token),
    }


def as_the_seed_shows_it(token: SharedPaymentToken) -> Document:
    """What the mock of seed 000 told beside Stripe's fields: for callers without a key, who come from there."""
    return {"payment_method": token.payment_method_name, "status": token.status_at(timezone.now())}


def _usage_limits(token: SharedPaymentToken) -> Document:
    return {"currency": token.currency, "expires_at": seconds(token.expires_at), "max_amount": token.max_amount}


def _usage_details(token: SharedPaymentToken) -> Document:
    return {"amount_captured": {"currency": token.currency, "value": token.captured_amount}}


def _seller_details(token: SharedPaymentToken) -> Document | None:
    details = {
        "external_id": token.external_id or None,
        "network_business_profile": token.network_business_profile or None,
    }
    return details if any(details.values()) else None


def _next_action(token: SharedPaymentToken) -> Document | None:
    intent = token.challenged_intent
    if intent is None or not intent.next_action:
        return None
    url = intent.next_action["redirect_to_url"]["url"]
    if token.use_stripe_sdk or not token.return_url:
        value = json.dumps({"type": "redirect_to_url", "url": url, "payment_intent": intent.pk})
        action = {"value": base64.b64encode(value.encode()).decode()}
        return {"redirect_to_url": None, "type": "use_stripe_sdk", "use_stripe_sdk": action}
    action = {"return_url": token.return_url, "url": url}
    return {"redirect_to_url": action, "type": "redirect_to_url", "use_stripe_sdk": None}


def _risk_details(method: PaymentMethod) -> Document:
    score = _SCORES[BEHAVIORS[method.behavior].risk_level]
    action = "block" if score >= _BLOCKED_FROM else "continue"
    whole: dict[str, Any] = {name: {"recommended_action": action, "score": score} for name in _WHOLE}
    fractions = {name: {"recommended_action": action, "score": score / 100} for name in _FRACTIONS}
    return {"insights": whole | fractions}


def _payment_method_details(method: PaymentMethod) -> Document:
    facts = card_facts(method)
    facts.pop("regulated_status")
    return {
        "affirm": None,
        "billing_details": billing_details(method),
        "card": facts
        | {
            "description": None,
            "display_brand": method.brand,
            "iin": None,
            "issuer": None,
            "networks": {"available": [method.brand], "preferred": None},
            "wallet": None,
        },
        "klarna": None,
        "link": None,
        "type": "card",
    }
