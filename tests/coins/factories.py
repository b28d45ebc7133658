"""Customers and purchases, made as their operations make them."""

import uuid

from django.utils import timezone

from coins import operations
from coins.models import Customer, Purchase
from payments.hearing import reconcile
from payments.models import Payment
from payments.processors import processor
from payments.processors.base import DisputeFacts
from payments.settling import record_dispute

VISA, DECLINED, NO_FUNDS = "pm_card_visa", "pm_card_chargeDeclined", "pm_card_insufficient_funds"


def itself(thing):
    return thing


def attempt():
    return uuid.uuid4().hex


def an_account(agent, *, name="Ada", email="ada@example.com", card=VISA) -> Customer:
    customer = operations.create_customer(agent=agent, email=email, name=name, attempt=attempt(), answer=itself)
    if card:
        operations.attach_payment_method(
            agent=agent, user_id=customer.id, payment_method_id=card, attempt=attempt(), answer=itself
        )
        customer.refresh_from_db()
    return customer


def buy(customer, package_id="package_1", key=None) -> Purchase:
    return operations.purchase_currency(
        agent=customer.agent,
        user_id=customer.id,
        package_id=package_id,
        attempt=key or attempt(),
        now=timezone.now(),
        answer=itself,
    )


def balance(customer) -> int:
    return operations.balance_of(customer.id)


def refund_there(purchase_id):
    """Somebody refunds a purchase in the processor's own dashboard, and we hear of it."""
    payment = Payment.objects.get(reference=purchase_id)
    processor().refund(payment.processor_id, amount=payment.money, key=attempt(), metadata={})
    reconcile(payment)


def lose_dispute(purchase_id):
    """The buyer's bank gives the buyer the money of a purchase, and we hear of it."""
    payment = Payment.objects.get(reference=purchase_id)
    record_dispute(payment, DisputeFacts(f"du_{purchase_id}", payment.money, "fraudulent", "lost", None))
