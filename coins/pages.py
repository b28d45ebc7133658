"""The coin shop, as a buyer sees it: packages, a card, a balance and what became of it.

The browser's session says who is buying, so that no key is in the page and nobody sees another's coins. The card goes
from the browser to the processor; what comes here is the processor's name for it.
"""

import hashlib
import uuid
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from agents.errors import ApiError
from agents.models import Agent
from coins import operations
from coins.models import Customer, Package, Purchase
from coins.status import Status
from payments.operations import OutcomeUnknown, PaymentInProgress
from payments.stripe_js import asks_for_card, stripe_js

CUSTOMER = "coins_customer"  # in the session
SHOP = "shop"  # the agent who brings those who come by themselves, where calls need a key
CHOSEN = "package"  # in the address: what somebody wanted whose payment did not go through
SHOWN = 20  # lines of a statement


@require_safe
@never_cache
@asks_for_card
def shop(request: HttpRequest) -> HttpResponse:
    customer = _customer(request)
    if customer:
        operations.catch_up(customer=customer)
    packages = list(Package.objects.on_sale())
    asked_for = [package for package in packages if package.id == request.GET.get(CHOSEN)]
    context = {
        "customer": customer,
        "packages": packages,
        "chosen": next(iter(asked_for or packages), None),
        "stripe_js": stripe_js(),
        "attempt": uuid.uuid4().hex,
    }
    return render(request, "coins/shop.html", context | (_account(customer) if customer else {}))


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Make somebody a customer, and remember them in this browser."""
    name, email = request.POST.get("name", "").strip()[:200], request.POST.get("email", "").strip()
    try:
        validate_email(email)
    except ValidationError:
        messages.error(request, "Please enter an e-mail address, such as ada@example.com.")
        return redirect("coin_shop")
    request.session.cycle_key()  # somebody else's cookie must not see what is bought from here on
    try:
        request.session[CUSTOMER] = operations.create_customer(
            agent=_agent(), email=email, name=name, attempt=_attempt(request, ""), answer=lambda customer: customer.id
        )
    except ApiError as error:
        messages.error(request, f"{error.message.rstrip('.')}.")
    return redirect("coin_shop")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget who is buying: the next person at this browser is somebody else."""
    request.session.pop(CUSTOMER, None)
    return redirect("coin_shop")


@require_POST
def buy(request: HttpRequest) -> HttpResponse:
    customer = _customer(request)
    if customer is None:
        return redirect("coin_shop")
    try:
        bought = _buy(request, customer)
    except OutcomeUnknown:
        wait = "We do not know yet whether your payment went through. Do not pay again: your coins will appear here."
        messages.warning(request, wait)
    except PaymentInProgress:
        messages.info(request, "Your payment is under way. Your coins will appear here in a moment.")
    except ApiError as error:
        messages.error(request, f"{error.message.rstrip('.')}. Nothing was charged.")
    else:
        _tell(request, bought)
        if bought.is_paid:
            return redirect("coin_shop")
    return redirect(f"{reverse('coin_shop')}?{urlencode({CHOSEN: request.POST.get('package_id', '')})}")


def _buy(request: HttpRequest, customer: Customer) -> Purchase:
    agent, card = customer.agent, request.POST.get("payment_method_id", "")
    attempt = _attempt(request, customer.id)
    if card:
        operations.attach_payment_method(
            agent=agent, user_id=customer.id, payment_method_id=card, attempt=attempt, answer=lambda attached: attached
        )
    return operations.purchase_currency(
        agent=agent,
        user_id=customer.id,
        package_id=request.POST.get("package_id", ""),
        attempt=attempt,
        now=timezone.now(),
        answer=lambda purchase: purchase,
    )


def _tell(request: HttpRequest, purchase: Purchase) -> None:
    if purchase.is_paid:
        messages.success(request, f"{purchase.coins:,} coins are yours. Thank you!")
    elif purchase.payment and purchase.payment.is_settled:
        messages.error(request, f"{purchase.payment.decline_message} Nothing was charged.")


def _account(customer: Customer) -> dict[str, Any]:
    latest = customer.purchases.order_by("-created_at", "-id").first()
    return {
        "was_declined": latest is not None and latest.status == Status.FAILED,
        "balance": customer.account.balance,
        "statement": operations.statement(account_id=customer.id, limit=SHOWN),
        "waiting": operations.waiting_for_the_buyer(customer=customer),
    }


def _customer(request: HttpRequest) -> Customer | None:
    known = Customer.objects.select_related("account", "agent")
    return known.filter(pk=request.session.get(CUSTOMER, "")).first()


def _agent() -> Agent:
    """Whose customers they are. In the sandbox, those of calls without a key, so that the API shows them too."""
    return Agent.objects.get_or_create(name=settings.ANONYMOUS_AGENT or SHOP)[0]


def _attempt(request: HttpRequest, whose: str) -> str:
    """One form, sent twice, is one attempt. It is the customer's own: nobody can send another's."""
    text = f"{whose or request.META.get('CSRF_COOKIE', '')}:{request.POST.get('attempt', '')}"
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
