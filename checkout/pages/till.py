"""The way to the till: where the goods go, how they go, and the card. The money path is the operations' alone.

A payment's attempt is named after the session and the payment method that the browser made of the card: the same form
sent twice is one attempt, and another card is another one.
"""

import hashlib
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from agents.errors import ApiError, Unavailable
from agents.parsing import validated
from agents.versioning import LATEST
from checkout import handlers, operations, receipts, schemas
from checkout.models import Checkout, CheckoutSession, Order
from checkout.pages import basket
from checkout.pages.forms import DeliveryForm
from checkout.status import Status
from payments.models import Payment
from payments.money import Money
from payments.operations import PaymentInProgress
from payments.settling import finish
from payments.stripe_js import asks_for_card, stripe_js

NOTHING_TO_PAY = "pm_nothing_to_pay"  # the operation wants a name, and asks nobody about it

Step = Callable[[HttpRequest, Checkout], HttpResponse]


def of_an_open_checkout(step: Step) -> Callable[[HttpRequest], HttpResponse]:
    """Decorate a step on the way to the till: what is being paid, was paid, or is empty is somewhere else."""

    @wraps(step)
    @never_cache
    def view(request: HttpRequest) -> HttpResponse:
        checkout = basket.current(request)
        if checkout is None:
            return redirect("cart")
        return redirect("pay") if basket.is_being_paid(checkout) else step(request, checkout)

    return view


@require_http_methods(["GET", "HEAD", "POST"])
@of_an_open_checkout
def address(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    """Who buys, and where it goes."""
    session, ships = checkout.session, _ships(checkout)
    form = DeliveryForm(
        request.POST or None,
        ships=ships,
        initial=DeliveryForm.told_before(session.buyer, session.fulfillment_details),
    )
    if form.is_valid():
        try:
            checkout = basket.update(request, checkout, form.as_update())
        except ApiError as error:
            form.add_error(None, f"{error.message.rstrip('.')}.")
        else:
            if refused := _told(checkout, "$.fulfillment_details"):
                form.add_error("country", f"{refused}.")
            else:
                return redirect("delivery" if ships else "pay")
    return _step(request, checkout, "address", form=form, ships=ships)


@require_http_methods(["GET", "HEAD", "POST"])
@of_an_open_checkout
def delivery(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    """How it goes there, if there is anything to ship."""
    if not _knows_the_buyer(checkout):
        return redirect("address")
    offers = receipts.offers(checkout.session)
    wanted = request.POST.get("option")
    if wanted in {offer.id for offer in offers}:
        chosen = {"type": "shipping", "option_id": wanted, "item_ids": []}
        try:
            basket.update(request, checkout, {"selected_fulfillment_options": [chosen]})
        except ApiError as error:
            basket.apologize(request, error)
            return redirect("delivery")
    if wanted or not offers:
        return redirect("pay")
    return _step(request, checkout, "delivery", offers=offers)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@asks_for_card
def pay(request: HttpRequest) -> HttpResponse:
    """The card. Shows how the payment stands, if there has been one."""
    checkout = basket.latest(request)
    if checkout and basket.is_being_paid(checkout):
        checkout = _caught_up(checkout)
    if checkout and checkout.order:
        return _show_order(request, checkout.order)
    checkout, earlier = basket.current(request), checkout
    if checkout is None:
        return redirect("cart")
    if earlier is None or checkout.session.id != earlier.session.id:
        return redirect("pay")  # the other one's time is over: the buyer has to see what this one costs
    if basket.is_being_paid(checkout):
        return _wait(request, checkout)
    if not _knows_the_buyer(checkout):
        return redirect("address")
    if checkout.session.status != Status.READY_FOR_PAYMENT:
        return redirect("cart")
    return _pay(request, checkout) if request.method == "POST" else _ask_for_card(request, checkout)


@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Give up a payment that waits for the buyer's bank: the goods come back into the cart."""
    checkout = basket.latest(request)
    if checkout and checkout.session.status == Status.AUTHENTICATION_REQUIRED:
        try:
            basket.give_up(checkout)
        except ApiError:  # it was paid after all, or nobody knows yet
            return redirect("pay")
        basket.again(request, checkout)
    return redirect("pay")


def come_back(request: HttpRequest, payment: Payment) -> str | None:
    """Where a buyer goes on who comes from their bank, if the payment is this browser's (`payments.returning`)."""
    return "pay" if payment.reference == request.session.get(basket.CHECKOUT) else None


def _wait(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    if request.method == "POST":
        return redirect("pay")  # so that looking again sends nothing again
    return render(request, "checkout/waiting.html", {"session": checkout.session, "total": _total(checkout)})


def _pay(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    token = request.POST.get("payment_method_id", "") if checkout.session.total_amount else NOTHING_TO_PAY
    if not token or not token.isprintable():  # PostgreSQL will not even look for a NUL
        messages.error(request, "Please enter a card.")
        return redirect("pay")
    if request.POST.get("total") != str(checkout.session.total_amount):
        messages.warning(request, f"The total has changed: it is {_total(checkout)} now. Nothing was charged.")
        return redirect("pay")
    try:
        paid = _complete(checkout.session, token)
    except (Unavailable, PaymentInProgress):
        return redirect("pay")  # which says so, and looks again
    except ApiError as error:
        basket.apologize(request, error)
        return redirect("pay")
    if paid.order:
        return _show_order(request, paid.order)
    if paid.session.continue_url:
        return redirect(paid.session.continue_url)
    return redirect("pay" if paid.session.status == Status.READY_FOR_PAYMENT else "cart")


def _show_order(request: HttpRequest, order: Order) -> HttpResponse:
    basket.empty(request)
    return redirect("order", order.id)


def _complete(session: CheckoutSession, token: str) -> Checkout:
    instrument = {"type": "card", "credential": {"type": "payment_method", "token": token}}
    body = {"payment_data": {"handler_id": handlers.CARD_DIRECT, "instrument": instrument}}
    return operations.complete_checkout_session(
        agent=session.agent,
        session_id=session.id,
        request=validated(schemas.CheckoutSessionCompleteRequest, body),
        attempt=hashlib.sha256(f"{session.id}:{token}".encode(errors="replace")).hexdigest(),
        api_version=LATEST,
        answer=lambda checkout: checkout,
    )


def _caught_up(checkout: Checkout) -> Checkout:
    """The checkout after the processor was asked what has become of its payment; as it was, if that is not known."""
    payment = Payment.objects.live().filter(reference=checkout.session.id).first()
    if payment and payment.needs_asking:
        try:
            finish(payment)
        except ApiError:
            return checkout
    return operations.get_checkout_session(agent=checkout.session.agent, session_id=checkout.session.id)


def _ask_for_card(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    session = checkout.session
    buyer, details = session.buyer or {}, session.fulfillment_details or {}
    return _step(
        request,
        checkout,
        "pay",
        stripe_js=stripe_js(),
        declined=_told(checkout, "$.payment_data"),
        buyer=buyer,
        total=_total(checkout),
        pay_label=f"Pay {_total(checkout)}",
        address=", ".join(receipts.address_lines(details.get("address"))[1:]) if _ships(checkout) else "",
        deliveries=receipts.deliveries(session),
    )


def _step(request: HttpRequest, checkout: Checkout, name: str, **context: object) -> HttpResponse:
    shown = {
        "step": name,
        "lines": checkout.lines,
        "currency": checkout.session.currency,
        "rows": receipts.rows(checkout.session),
        "ships": _ships(checkout),
        **context,
    }
    return render(request, f"checkout/{name}.html", shown)


def _told(checkout: Checkout, place: str) -> str:
    """What the session's errors say of a part of it."""
    found = (each for each in checkout.session.messages if each["type"] == "error" and each["param"].startswith(place))
    return next((each["content"] for each in found), "")


def _total(checkout: Checkout) -> Money:
    return Money(checkout.session.total_amount, checkout.session.currency)


def _ships(checkout: Checkout) -> bool:
    return any(not line.product.is_digital for line in checkout.lines)


def _knows_the_buyer(checkout: Checkout) -> bool:
    session = checkout.session
    return bool(session.buyer) and (not _ships(checkout) or bool((session.fulfillment_details or {}).get("address")))
