"""Coins through the counter: an order pays for them, and its buyer has them once."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from agents.operations import create_agent
from catalog import deliveries
from catalog.deliveries import Item, Sale
from catalog.models import Product
from checkout.models import Order
from checkout.operations import Ask, refund_order
from coins.models import Customer, Purchase
from payments.models import Payment
from payments.processors.base import DisputeFacts, RefundFailed, RefundSucceeded
from payments.settling import record_dispute, record_refund
from tests.caller import Caller
from tests.coins.factories import an_account, balance

PENDS = "4000000000007726"

pytestmark = pytest.mark.django_db


def sell(agent, *, quantity=1, reference="cs_1", amount=0, **who):
    """An order that cost nothing, unless somebody says so."""
    items = [Item("package_1", quantity, amount), Item("item_123", 1, 7999)]
    sale = Sale(agent=agent, reference=reference, payment_id=None, currency="usd", items=items, **who)
    deliveries.deliver(sale)
    return sale


def test_a_package_is_a_digital_product(packages):
    product = Product.objects.get(pk="package_2")

    assert (product.is_digital, product.unit_amount, product.title) == (True, 2500, "Popular Pack: 300 coins")


def test_the_buyers_email_says_who_gets_the_coins(customer):
    sell(customer.agent, email="ADA@example.com", quantity=3)

    assert balance(customer) == 300
    call_command("verify_ledger")


def test_coins_that_cost_something_and_were_never_paid_for_are_found(customer):
    sell(customer.agent, email="ada@example.com", amount=1_000)

    with pytest.raises(CommandError, match="1 disagreement"):
        call_command("verify_ledger")


def test_the_sessions_metadata_says_it_better(customer):
    other = an_account(customer.agent, name="Bo", email="bo@example.com", card=None)
    sell(customer.agent, email="ada@example.com", metadata={"user_id": other.id})

    assert (balance(customer), balance(other)) == (0, 100)


def test_the_same_order_gives_them_once(customer):
    for _ in range(2):
        sell(customer.agent, email="ada@example.com")

    assert balance(customer) == 100


def test_a_stranger_becomes_a_customer(packages, agent):
    sell(agent, email="bo@example.com", name="Bo")

    stranger = Customer.objects.get()
    assert (stranger.name, stranger.email, balance(stranger)) == ("Bo", "bo@example.com", 100)


def test_staff_are_asked_if_the_customer_named_does_not_exist(packages, agent):
    sell(agent, metadata={"user_id": "nobody"})

    assert Purchase.objects.get().attention == "wrong_customer"


def test_another_agents_customer_is_not_found(customer):
    sell(create_agent(name="Mallory")[0], email="ada@example.com")

    assert balance(customer) == 0


def test_a_sale_without_coins_is_none_of_our_business(packages, agent):
    deliveries.deliver(Sale(agent=agent, reference="cs_1", payment_id=None, currency="usd", items=[Item("x", 1, 1)]))

    assert not Purchase.objects.exists()


@pytest.mark.parametrize(("dispute", "held"), [("won", 100), ("lost", 0)])
def test_an_order_whose_refund_failed_gives_them_again_unless_the_bank_took_the_money(
    customer, packages, dispute, held
):
    caller = Caller()
    session = caller.ready("package_1", metadata={"user_id": an_account(caller.agent, card=None).id})
    caller.complete(session, caller.delegate(session, number=PENDS))
    order = Order.objects.get()
    bought = Purchase.objects.get()
    refund = refund_order(order_id=order.id, ask=Ask("staff"))
    payment = Payment.objects.get(reference=order.session_id)
    record_dispute(payment, DisputeFacts("du_1", payment.money, "fraudulent", dispute, None))
    record_refund(refund, RefundSucceeded(refund.processor_id))
    assert balance(bought.customer) == 0

    record_refund(refund, RefundFailed(refund.processor_id, "charge_disputed", "no"))

    assert balance(bought.customer) == held
    call_command("verify_ledger")


def test_a_refunded_order_takes_them_back_once(customer):
    sell(customer.agent, email="ada@example.com")
    for _ in range(2):
        deliveries.recall("cs_1")

    assert (balance(customer), Purchase.objects.get().status) == (0, "refunded")
    call_command("verify_ledger")
