"""The checkout session that a browser fills: the storefront is an agent like any other, and calls the same operations.

The browser's own session remembers which one it is, so that nobody sees another's, and no id or key is in a page.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest

from agents.errors import ApiError, NotFound
from agents.models import Agent
from agents.parsing import validated
from catalog.models import Product
from checkout import operations, schemas
from checkout.models import Checkout
from checkout.status import FINAL, PAYING, Status

AGENT = "storefront"
CHECKOUT, SIZE = "checkout", "cart_size"  # in the browser's session
CAPABILITIES = {"interventions": {"supported": ["3ds"]}}  # a browser can take its buyer to the bank


def agent() -> Agent:
    return Agent.objects.get_or_create(name=AGENT)[0]


def size(request: HttpRequest) -> int:
    """How many things are in the cart, as of the last page that changed it."""
    count: int = getattr(request, "session", {}).get(SIZE, 0)
    return count


def latest(request: HttpRequest) -> Checkout | None:
    """The checkout of this browser, whatever has become of it."""
    session_id = request.session.get(CHECKOUT)
    if not session_id:
        return None
    try:
        return operations.get_checkout_session(agent=agent(), session_id=session_id)
    except NotFound:
        return None


def current(request: HttpRequest) -> Checkout | None:
    """The checkout that can still be paid, if there is one. If its time is over, another one with the same goods."""
    checkout = latest(request)
    if checkout and checkout.session.status == Status.EXPIRED:
        messages.info(request, "You were away for a while: prices and delivery are as of now.")
        return again(request, checkout)
    if checkout and checkout.session.status not in FINAL:
        return checkout
    empty(request)
    return None


def fill(request: HttpRequest, quantities: Mapping[str, int]) -> Checkout | None:
    """Have exactly these products (units by id) in the cart; none of them empties it.

    :raises ApiError: if that cannot be, in words that can be shown.
    """
    checkout = current(request)
    if checkout is None:
        return open_new(request, quantities) if quantities else None
    if not quantities:
        give_up(checkout)
        empty(request)
        return None
    return update(request, checkout, {"line_items": _items(quantities)})


def update(request: HttpRequest, checkout: Checkout, body: dict[str, Any]) -> Checkout:
    """Change the checkout as the body of an update says.

    :raises ApiError: if that cannot be, in words that can be shown.
    """
    wanted = validated(schemas.CheckoutSessionUpdateRequest, body)
    return _remember(
        request,
        operations.update_checkout_session(agent=agent(), session_id=checkout.session.id, request=wanted),
    )


def open_new(request: HttpRequest, quantities: Mapping[str, int], **members: Any) -> Checkout:
    body = {
        "line_items": _items(quantities),
        "currency": settings.CURRENCY,
        "capabilities": CAPABILITIES,
        **{name: member for name, member in members.items() if member},
    }
    wanted = validated(schemas.CheckoutSessionCreateRequest, body)
    request.session.cycle_key()  # somebody else's cookie must not see what is bought from here on
    return _remember(request, operations.create_checkout_session(agent=agent(), request=wanted))


def again(request: HttpRequest, checkout: Checkout) -> Checkout | None:
    """Another checkout with what is still sold of this one's goods, for the same buyer."""
    session, quantities = checkout.session, quantities_of(checkout)
    sold = set(
        Product.objects.active().filter(pk__in=quantities, currency=session.currency).values_list("pk", flat=True)
    )
    left = {product_id: quantity for product_id, quantity in quantities.items() if product_id in sold}
    if not left:
        empty(request)
        return None
    return open_new(request, left, buyer=session.buyer, fulfillment_details=session.fulfillment_details)


def give_up(checkout: Checkout) -> Checkout:
    """Cancel the checkout, and the payment that waits for the buyer, if one does.

    :raises ApiError: if it is being paid, or was.
    """
    return operations.cancel_checkout_session(
        agent=agent(),
        session_id=checkout.session.id,
        request=schemas.CancelSessionRequest(),
        answer=lambda canceled: canceled,
    )


def quantities_of(checkout: Checkout) -> dict[str, int]:
    """Units by product id."""
    return {line.product_id: line.quantity for line in checkout.lines}


def is_being_paid(checkout: Checkout) -> bool:
    return checkout.session.status in PAYING


def apologize(request: HttpRequest, error: ApiError) -> None:
    """Show why something could not be done."""
    messages.error(request, f"{error.message.rstrip('.')}.")


def _items(quantities: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"id": product_id, "quantity": quantity} for product_id, quantity in quantities.items()]


def _remember(request: HttpRequest, checkout: Checkout) -> Checkout:
    request.session[CHECKOUT] = checkout.session.id
    request.session[SIZE] = sum(line.quantity for line in checkout.lines)
    return checkout


def empty(request: HttpRequest) -> None:
    """The cart is empty; what was paid from it may still be looked up."""
    request.session.pop(SIZE, None)
