"""The few pages people see: an order, the shop's front, its terms and its privacy."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from catalog.models import Product
from checkout.models import CheckoutSession, Order
from vault.models import VaultToken

MOST_PRODUCTS = 60


def shop(request: HttpRequest) -> dict[str, str]:
    """What every page says about the shop (a template context processor)."""
    return {
        "shop_name": settings.SHOP_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "terms_url": settings.TERMS_URL,
        "privacy_url": settings.PRIVACY_URL,
    }


def home(request: HttpRequest) -> HttpResponse:
    products = Product.objects.active().order_by("title")[:MOST_PRODUCTS]
    return render(request, "pages/home.html", {"products": products})


def terms(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/terms.html")


def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/privacy.html")


def order(request: HttpRequest, order_id: str) -> HttpResponse:
    """The page an order's permalink opens: whoever knows the address may see it."""
    found = get_object_or_404(Order.objects.select_related("session", "payment"), id=order_id)
    session = found.session
    delivery = _delivery(session)
    context: dict[str, Any] = {
        "order": found,
        "session": session,
        "lines": session.line_items.select_related("product").order_by("position"),
        "totals": [total for total in session.totals if total["amount"] or total["type"] in ("subtotal", "total")],
        "delivery": delivery,
        "has_shipping": any(option["type"] == "shipping" for option in delivery),
        "address": (session.fulfillment_details or {}).get("address"),
        "card": VaultToken.objects.filter(payment=found.payment).first() if found.payment else None,
    }
    return render(request, "checkout/order.html", context)


def _delivery(session: CheckoutSession) -> list[dict[str, Any]]:
    """The chosen options, with their times as times."""
    options = {option["id"]: option for option in session.fulfillment_options}
    chosen = [options[selected["option_id"]] for selected in session.selected_fulfillment_options]
    return [
        option
        | {
            "earliest": _moment(option.get("earliest_delivery_time")),
            "latest": _moment(option.get("latest_delivery_time")),
        }
        for option in chosen
    ]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
