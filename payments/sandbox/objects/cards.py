"""Customers, payment methods and tokens, as Stripe shows them."""

from payments.sandbox.models import Customer, PaymentMethod, Token
from payments.sandbox.objects.shapes import ADDRESS, Document, address, derived_id, nulls, seconds

# A token's card names its brand as people do.
_BRANDS = {
    "visa": "Visa",
    "mastercard": "MasterCard",
    "amex": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}


def customer(row: Customer) -> Document:
    if row.is_deleted:
        return {"id": row.pk, "object": "customer", "deleted": True}
    details, settings = row.details, row.details.get("invoice_settings") or {}
    return {
        "id": row.pk,
        "object": "customer",
        "address": address(details.get("address")),
        "balance": details.get("balance", 0),
        "created": seconds(row.created_at),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": details.get("description"),
        "discount": None,
        "email": row.email or None,
        "invoice_prefix": details.get("invoice_prefix") or row.pk[-8:].upper(),
        "invoice_settings": {
            "custom_fields": settings.get("custom_fields"),
            "default_payment_method": row.default_payment_method_id,
            "footer": settings.get("footer"),
            "rendering_options": settings.get("rendering_options"),
        },
        "livemode": False,
        "metadata": row.metadata,
        "name": details.get("name"),
        "next_invoice_sequence": details.get("next_invoice_sequence", 1),
        "phone": details.get("phone"),
        "preferred_locales": details.get("preferred_locales", []),
        "shipping": details.get("shipping"),
        "tax_exempt": details.get("tax_exempt", "none"),
        "test_clock": None,
    }


def payment_method(row: PaymentMethod) -> Document:
    return {
        "id": row.pk,
        "object": "payment_method",
        "allow_redisplay": row.allow_redisplay,
        "billing_details": billing_details(row),
        "card": card_facts(row)
        | {
            "display_brand": row.brand,
            "generated_from": None,
            "networks": {"available": [row.brand], "preferred": None},
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": seconds(row.created_at),
        "customer": row.customer_id,
        "customer_account": None,
        "livemode": False,
        "metadata": row.metadata,
        "type": "card",
    } | row.source


def card_facts(row: PaymentMethod) -> Document:
    """What a payment method and a charge both tell of a card."""
    return {
        "brand": row.brand or "unknown",
        "checks": nulls("address_line1_check address_postal_code_check cvc_check") | row.checks,
        "country": row.country,
        "exp_month": row.exp_month,
        "exp_year": row.exp_year,
        "fingerprint": row.fingerprint[:16],
        "funding": row.funding,
        "last4": row.last4,
        "regulated_status": "unregulated",
    }


def billing_details(row: PaymentMethod) -> Document:
    given = row.billing_details
    return {
        "address": address(given.get("address")) or dict.fromkeys(ADDRESS),
        **{name: given.get(name) or None for name in ("email", "name", "phone", "tax_id")},
    }


def token(row: Token) -> Document:
    return {
        "id": row.pk,
        "object": "token",
        "card": _card(row.payment_method),
        "client_ip": None,
        "created": seconds(row.created_at),
        "livemode": False,
        "type": "card",
        "used": row.used_at is not None,
    }


def _card(row: PaymentMethod) -> Document:
    place = address(row.billing_details.get("address")) or dict.fromkeys(ADDRESS)
    return {
        "id": derived_id("card", row.pk),
        "object": "card",
        "address_city": place["city"],
        "address_country": place["country"],
        "address_line1": place["line1"],
        "address_line1_check": row.checks.get("address_line1_check"),
        "address_line2": place["line2"],
        "address_state": place["state"],
        "address_zip": place["postal_code"],
        "address_zip_check": row.checks.get("address_postal_code_check"),
        "allow_redisplay": row.allow_redisplay,
        "brand": _BRANDS.get(row.brand, "Unknown"),
        "country": row.country,
        "cvc_check": row.checks.get("cvc_check"),
        "dynamic_last4": None,
        "exp_month": row.exp_month,
        "exp_year": row.exp_year,
        "fingerprint": row.fingerprint[:16],
        "funding": row.funding,
        "last4": row.last4,
        "metadata": {},
        "name": row.billing_details.get("name"),
        "networks": {"preferred": None},
        "regulated_status": "unregulated",
        "tokenization_method": None,
    }
