"""The cart: put something in, change how many, take it out. Every change is an update of the checkout session."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from agents.errors import ApiError
from checkout import receipts, schemas
from checkout.models import Checkout, SessionBusy
from checkout.pages import basket, shop


@require_safe
@never_cache
def cart(request: HttpRequest) -> HttpResponse:
    checkout = basket.current(request)
    if checkout is None:
        return render(request, "checkout/cart.html")
    if basket.is_being_paid(checkout):
        return redirect("pay")
    context = {
        "lines": [
            {"line": line, "quantities": shop.quantities(line.product, line.quantity), "mistake": mistake}
            for line, mistake in zip(checkout.lines, _mistakes(checkout), strict=True)
        ],
        "currency": checkout.session.currency,
        "rows": receipts.rows(checkout.session),
        "is_buyable": not any(_mistakes(checkout)),
    }
    return render(request, "checkout/cart.html", context)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put so many more of a product into the cart."""
    product_id, more = request.POST.get("product_id", ""), _quantity(request, at_least=1)
    product = shop.on_display().filter(pk=product_id).first() if product_id.isprintable() else None
    if product is None or more is None:
        messages.error(request, "That could not be put into the cart.")
        return redirect("home")
    checkout = basket.current(request)
    quantities = basket.quantities_of(checkout) if checkout else {}
    quantities[product.id] = min(quantities.get(product.id, 0) + more, schemas.MOST_OF_ONE_ITEM)
    return _fill(request, quantities)


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Have so many of a product in the cart; 0 takes it out."""
    checkout, quantity = basket.current(request), _quantity(request, at_least=0)
    product_id = request.POST.get("product_id", "")
    if checkout is None or quantity is None:
        return redirect("cart")
    quantities = basket.quantities_of(checkout)
    if product_id in quantities:
        quantities[product_id] = quantity
    return _fill(request, {product_id: quantity for product_id, quantity in quantities.items() if quantity})


def _fill(request: HttpRequest, quantities: dict[str, int]) -> HttpResponse:
    try:
        basket.fill(request, quantities)
    except SessionBusy:
        messages.error(request, "A payment for what was in your cart is under way, so the cart cannot change just now.")
        return redirect("pay")
    except ApiError as error:
        basket.apologize(request, error)
    return redirect("cart")


def _quantity(request: HttpRequest, *, at_least: int) -> int | None:
    text = request.POST.get("quantity", "1")
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(schemas.MOST_OF_ONE_ITEM))):
        return None
    return int(text) if int(text) >= at_least else None


def _mistakes(checkout: Checkout) -> list[str]:
    """What is wrong with each line, in the session's own words; mostly nothing."""
    told = {
        message.get("param", "").removesuffix(".quantity"): message["content"] for message in checkout.session.messages
    }
    return [told.get(f"$.line_items[{index}]", "") for index in range(len(checkout.lines))]
