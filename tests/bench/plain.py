"""What is compared with: plain Django views on the same server that read and write the same rows, with nothing around.

No key, no version, no idempotency, no validation, no promise about crashes: a body is believed, a payment is written as
if it had gone well. `manage.py serve` serves them with the settings of `tests.bench.plain_settings`.
"""

import json
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from agents.ids import new_id
from agents.models import Agent, OutgoingEvent
from catalog.models import Fee, Product, Promotion, ShippingRate, TaxRate
from checkout.models import CheckoutSession, LineItem, Order
from payments.models import Payment
from payments.sandbox.models import Charge, Event, PaymentIntent, PaymentMethod
from vault.models import VaultToken

AGENT = "bench"


def document(session: CheckoutSession, lines: list[LineItem]) -> dict[str, Any]:
    return {
        "id": session.id,
        "status": session.status,
        "currency": session.currency,
        "buyer": session.buyer,
        "fulfillment_details": session.fulfillment_details,
        "fulfillment_options": session.fulfillment_options,
        "selected_fulfillment_options": session.selected_fulfillment_options,
        "totals": session.totals,
        "messages": session.messages,
        "line_items": [
            {
                "id": line.id,
                "item": {"id": line.product_id, "name": line.title, "images": line.product.images},
                "quantity": line.quantity,
                "unit_amount": line.unit_amount,
                "total": line.base_amount + line.tax_amount,
            }
            for line in lines
        ],
        "created_at": session.created_at,
        "updated_at": session.updated_at,
        "expires_at": session.expires_at,
    }


def look_up_prices(session: CheckoutSession) -> int:
    """Read what a price is made of; return what shipping costs."""
    country = (session.fulfillment_details or {})["address"]["country"]
    rates = list(ShippingRate.objects.filter(country__in=[country, "*"]).select_related("option"))
    list(TaxRate.objects.filter(country__in=[country, "*"]))
    list(Promotion.objects.filter(is_active=True, currency=session.currency))
    list(Fee.objects.filter(is_active=True, currency=session.currency))
    return rates[0].amount if rates else 0


def price(session: CheckoutSession, lines: list[LineItem], shipping: int) -> None:
    items = sum(line.base_amount for line in lines)
    session.total_amount = items + shipping
    session.totals = [{"type": "items_base_amount", "amount": items}, {"type": "total", "amount": items + shipping}]
    session.status = "ready_for_payment"


def lines_of(session: CheckoutSession) -> list[LineItem]:
    return list(session.line_items.select_related("product").order_by("position"))


@csrf_exempt
def create(request: HttpRequest) -> JsonResponse:
    body = json.loads(request.body)
    products = Product.objects.in_bulk([item["id"] for item in body["line_items"]])
    session = CheckoutSession(
        agent=Agent(pk=agent_id()),
        currency=body["currency"],
        buyer=body["buyer"],
        fulfillment_details=body["fulfillment_details"],
        expires_at=timezone.now() + timedelta(hours=1),
    )
    lines = [
        LineItem(
            session=session,
            product=products[item["id"]],
            title=products[item["id"]].title,
            position=position,
            quantity=1,
            unit_amount=products[item["id"]].unit_amount,
            base_amount=products[item["id"]].unit_amount,
            discount_amount=0,
        )
        for position, item in enumerate(body["line_items"])
    ]
    price(session, lines, look_up_prices(session))
    with transaction.atomic():
        session.save(force_insert=True)
        LineItem.objects.bulk_create(lines)
    return JsonResponse(document(session, lines), status=201)


def retrieve(request: HttpRequest, session_id: str) -> JsonResponse:
    session = CheckoutSession.objects.get(pk=session_id)
    return JsonResponse(document(session, lines_of(session)))


@csrf_exempt
def session(request: HttpRequest, session_id: str) -> JsonResponse:
    if request.method == "GET":
        return retrieve(request, session_id)
    body = json.loads(request.body)
    with transaction.atomic():
        session = CheckoutSession.objects.select_for_update().get(pk=session_id)
        lines = lines_of(session)
        products = Product.objects.in_bulk([item["id"] for item in body["line_items"]])
        for line, item in zip(lines, body["line_items"], strict=True):
            line.quantity = item["quantity"]
            line.base_amount = products[item["id"]].unit_amount * item["quantity"]
        price(session, lines, look_up_prices(session))
        session.save()
        LineItem.objects.bulk_update(lines, ["quantity", "base_amount"])
    return JsonResponse(document(session, lines))


@csrf_exempt
def delegate(request: HttpRequest) -> JsonResponse:
    body = json.loads(request.body)
    card, allowance = body["payment_method"], body["allowance"]
    with transaction.atomic():
        method = PaymentMethod.objects.create(
            brand="visa",
            last4=card["display_last4"],
            exp_month=int(card["exp_month"]),
            exp_year=int(card["exp_year"]),
            funding="credit",
            country="US",
            fingerprint=new_id("fp"),
            behavior="pays",
        )
    with transaction.atomic():
        token = VaultToken.objects.create(
            agent=Agent(pk=agent_id()),
            merchant_id=allowance["merchant_id"],
            checkout_session_id=allowance["checkout_session_id"],
            max_amount=allowance["max_amount"],
            currency=allowance["currency"],
            expires_at=allowance["expires_at"],
            credential=method.id,
            brand=method.brand,
            last4=method.last4,
            exp_month=method.exp_month,
            exp_year=method.exp_year,
            funding=method.funding,
            fingerprint=method.fingerprint,
            card_number_type=card["card_number_type"],
            risk_signals=body["risk_signals"],
        )
    return JsonResponse({"id": token.id, "created": token.created_at, "metadata": token.metadata}, status=201)


@csrf_exempt
def complete(request: HttpRequest, session_id: str) -> JsonResponse:
    token_id = json.loads(request.body)["payment_data"]["instrument"]["credential"]["token"]
    payment = begin(session_id, token_id)
    charge = charge_card(payment)
    with transaction.atomic():
        session, lines, order = settle(payment, charge, token_id)
    return JsonResponse(document(session, lines) | {"order": {"id": order.id, "number": order.number}})


@transaction.atomic
def begin(session_id: str, token_id: str) -> Payment:
    session = CheckoutSession.objects.select_for_update().get(pk=session_id)
    lines = lines_of(session)
    token = VaultToken.objects.select_for_update().get(pk=token_id)
    Product.objects.filter(pk__in=[line.product_id for line in lines]).exclude(stock=None).update(stock=1)
    payment = Payment.objects.create(
        agent_id=session.agent_id,
        reference=session.id,
        attempt=new_id("try"),
        amount=session.total_amount,
        currency=session.currency,
        credential=token.credential,
        processor="sandbox",
    )
    token.state, token.payment, token.reserved_at = "reserved", payment, timezone.now()
    token.save()
    session.status = "complete_in_progress"
    session.save()
    return payment


def charge_card(payment: Payment) -> Charge:
    """What the sandbox writes down, in as many transactions as it takes."""
    payment.state = "processing"
    payment.save()
    with transaction.atomic():
        intent = PaymentIntent.objects.create(amount=payment.amount, currency=payment.currency)
        Event.objects.create(type="payment_intent.created", data={"object": {"id": intent.id}})
    payment.processor_id = intent.id
    payment.save()
    with transaction.atomic():
        method = PaymentMethod.objects.get(pk=payment.credential)
        charge = Charge.objects.create(
            payment_intent=intent,
            payment_method=method,
            amount=payment.amount,
            captured_amount=payment.amount,
            currency=payment.currency,
            status="succeeded",
        )
        intent.status, intent.payment_method, intent.latest_charge = "succeeded", method, charge
        intent.save()
        Event.objects.create(type="charge.succeeded", data={"object": {"id": charge.id}})
        Event.objects.create(type="payment_intent.succeeded", data={"object": {"id": intent.id}})
    return charge


def settle(payment: Payment, charge: Charge, token_id: str) -> tuple[CheckoutSession, list[LineItem], Order]:
    now = timezone.now()
    session = CheckoutSession.objects.select_for_update().get(pk=payment.reference)
    lines = lines_of(session)
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    payment.state, payment.charge_id, payment.settled_at = "succeeded", charge.id, now
    payment.save()
    token = VaultToken.objects.get(pk=token_id)
    token.state, token.consumed_at = "consumed", now
    token.save()
    session.status = "completed"
    session.save()
    order = Order.objects.create(
        session=session,
        agent_id=session.agent_id,
        payment=payment,
        currency=session.currency,
        total_amount=session.total_amount,
    )
    OutgoingEvent.objects.create(
        agent_id=session.agent_id,
        subject=order.id,
        type="order_create",
        api_version="2026-04-17",
        data=json.dumps(document(session, lines), default=str),
        next_try_at=now + timedelta(days=1),
    )
    return session, lines, order


def agent_id() -> str:
    global _agent_id
    if not _agent_id:
        _agent_id = Agent.objects.get(name=AGENT).pk
    return _agent_id


_agent_id = ""

urlpatterns = [
    path("checkout_sessions", create),
    path("checkout_sessions/<str:session_id>", session),
    path("checkout_sessions/<str:session_id>/complete", complete),
    path("agentic_commerce/delegate_payment", delegate),
]
