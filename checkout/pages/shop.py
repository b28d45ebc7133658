"""The shop's front: what can be bought, its terms and its privacy; and what every page says about the shop."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog import deliveries
from catalog.models import Product
from checkout.pages import basket

PRODUCTS_ON_A_PAGE = 24
MOST_IN_THE_LIST = 10  # quantities to pick from; the wire takes more


def shop(request: HttpRequest) -> dict[str, Any]:
    """What every page says about the shop (a template context processor)."""
    return {
        "shop_name": settings.SHOP_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "terms_url": settings.TERMS_URL,
        "privacy_url": settings.PRIVACY_URL,
        "is_sandbox": settings.SANDBOX,
        "cart_size": lambda: basket.size(request),  # asked by pages that show it
    }


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    products = Paginator(on_display().order_by("title", "pk"), PRODUCTS_ON_A_PAGE)
    return render(request, "checkout/home.html", {"page": products.get_page(request.GET.get("page"))})


@require_safe
def product(request: HttpRequest, product_id: str) -> HttpResponse:
    if not product_id.isprintable():  # PostgreSQL will not even look for a NUL
        raise Http404
    found = get_object_or_404(on_display(), id=product_id)
    return render(request, "checkout/product.html", {"product": found, "quantities": quantities(found)})


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/terms.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/privacy.html")


def on_display() -> QuerySet[Product]:
    """The products that are sold here. Some have a shop of their own, which knows more of its customers."""
    shown = Product.objects.active().filter(currency=settings.CURRENCY)
    for ids in deliveries.sold_elsewhere():
        shown = shown.exclude(pk__in=ids)
    return shown


def quantities(product: Product, at_least: int = 0) -> range:
    """How many a buyer may pick; none if it is sold out. What the cart holds already (`at_least`) is among them."""
    limits = [product.stock, product.max_quantity_per_order, MOST_IN_THE_LIST]
    most = min(limit for limit in limits if limit is not None)
    return range(1, max(most, at_least) + 1)
