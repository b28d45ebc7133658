"""The agent console: a page that plays the assistant's part against this very server, request by request.

The browser sends every request itself (`static/console/`). What is here is what there is to pick from.
"""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.models import ApiKey, Endpoint
from agents.versioning import SUPPORTED
from catalog.models import Product, ShippingOption
from payments.money import Money
from payments.sandbox.accounts import TILL
from payments.sandbox.cards import GROUPS, TestCard
from payments.sandbox.guide import what_it_does
from payments.stripe_js import OFFLINE_KEY
from spt.sellers import profile_of

MOST_PRODUCTS = 50
AGENT_KEY = "api_key_123"  # of the demo agent (`seed_demo`)
ASSISTANT_KEY = "sk_test_assistant"  # of an account of the assistant's own at the sandbox: any test key has one
SELLER_KEY = "sk_test_till"
ADDRESSES = [
    ("California: no tax", "Ada Lovelace", "123 Main St", "San Francisco", "CA", "US", "94102"),
    ("New York: 8.88 % tax", "Ada Lovelace", "350 5th Ave", "New York", "NY", "US", "10118"),
    ("Hawaii: dearer to ship to", "Ada Lovelace", "1 Aloha Tower Dr", "Honolulu", "HI", "US", "96813"),
    ("Germany: 19 % tax", "Ada Lovelace", "Unter den Linden 1", "Berlin", "BE", "DE", "10117"),
    ("Japan: not delivered to", "Ada Lovelace", "1-1 Chiyoda", "Tokyo", "13", "JP", "100-8111"),
]


@require_safe
@never_cache
def console(request: HttpRequest) -> HttpResponse:
    """GET /console. There is none where money is real."""
    if not settings.SANDBOX:
        raise Http404
    return render(request, "console/console.html", {"choices": choices()})


def choices() -> dict[str, Any]:
    """All there is to pick from, and the names and keys that the requests need."""
    products = Product.objects.active().filter(currency=settings.CURRENCY).order_by("title")[:MOST_PRODUCTS]
    return {
        "versions": SUPPORTED,
        "products": [_product(product) for product in products],
        "addresses": [_address(*parts) for parts in ADDRESSES],
        "shipping": [
            {"id": option.id, "label": option.title}
            for option in ShippingOption.objects.filter(is_active=True).order_by("max_days", "id").reverse()
        ],
        "cards": [{"label": title, "cards": _cards(cards)} for title, cards in GROUPS.items()],
        "currency": settings.CURRENCY,
        "merchant": settings.MERCHANT_IDS[0] if settings.MERCHANT_IDS else "",
        "agent_key": AGENT_KEY,
        "assistant_key": ASSISTANT_KEY,
        "seller_key": SELLER_KEY,
        "publishable_key": OFFLINE_KEY,
        "profile": profile_of(TILL),
        "endpoint": _endpoint(),
    }


def _endpoint() -> str:
    """Whether the demo agent hears of its orders: "on", "off" (its owner's doing, or ours), or "" for nowhere."""
    hash_of_key = ApiKey.hash_of(AGENT_KEY)
    endpoint = Endpoint.objects.filter(agent__keys__hash=hash_of_key).first()
    return ("on" if endpoint.is_enabled and not endpoint.paused_at else "off") if endpoint else ""


def _product(product: Product) -> dict[str, str]:
    price = Money(product.sale_amount, product.currency)
    note = ", sold out" if product.availability_status == "out_of_stock" else ""
    return {"id": product.id, "title": product.title, "label": f"{product.title} ({price}{note})"}


def _address(label: str, *parts: str) -> dict[str, Any]:
    members = ("name", "line_one", "city", "state", "country", "postal_code")
    return {"label": label, "address": dict(zip(members, parts, strict=True))}


def _cards(cards: tuple[TestCard, ...]) -> list[dict[str, str]]:
    """Each number once: typed in, it is the first card that has it."""
    return [
        {
            "number": card.number,
            "brand": card.brand,
            "funding": card.funding,
            "cvc": "1234" if card.brand == "amex" else "123",
            "label": f"{' '.join(_grouped(card.number))}: {_lower(what_it_does(card))}",
        }
        for card in {card.number: card for card in reversed(cards)}.values()
    ][::-1]


def _grouped(number: str) -> list[str]:
    return [number[start : start + 4] for start in range(0, len(number), 4)]


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
