"""What is given back appears on the order, for agents and for buyers."""

import pytest
from django.test import Client

from checkout.models import Order
from payments.models import Payment, Refund
from payments.money import Money
from payments.settling import refund_payment

PENDS = "4000000000007726"


@pytest.fixture
def bought(caller):
    """A completed session, and what it cost."""

    def buy(number="4242424242424242"):
        session = caller.ready()
        return caller.complete(session, caller.delegate(session, number=number)).json()

    return buy


def give_back(amount, attempt=""):
    payment = Payment.objects.get()
    return refund_payment(payment=payment, amount=Money(amount, "usd"), requested_by="staff", attempt=attempt)


def totals_of(order):
    told = {total["type"]: total["amount"] for total in order["totals"]}
    return {type: told[type] for type in ("total", "amount_refunded") if type in told}


def test_a_refund_is_an_adjustment_of_the_order(caller, bought):
    session = bought()
    give_back(1000)

    order = caller.read(session)["order"]

    assert [(entry["type"], entry["status"], entry["amount"]) for entry in order["adjustments"]] == [
        ("refund", "completed", 1000)
    ]
    assert totals_of(order) == {"total": 8499, "amount_refunded": 1000}


def test_refunds_add_up_and_the_total_stays_what_was_charged(caller, bought):
    session = bought()
    give_back(1000)
    give_back(7499)

    assert totals_of(caller.read(session)["order"]) == {"total": 8499, "amount_refunded": 8499}


def test_a_refund_on_its_way_is_not_counted_yet(caller, bought):
    session = bought(PENDS)
    give_back(1000)

    order = caller.read(session)["order"]

    assert order["adjustments"][0]["status"] == "pending"
    assert totals_of(order) == {"total": 8499}


def test_a_double_click_gives_back_once(bought):
    bought()

    give_back(1000, attempt="form-1")
    give_back(1000, attempt="form-1")

    assert Refund.objects.count() == 1


@pytest.mark.parametrize(("number", "words"), [("4242424242424242", "refunded"), (PENDS, "on its way back")])
def test_the_buyer_reads_of_it(bought, number, words):
    bought(number)
    give_back(1000)

    page = Client().get(f"/orders/{Order.objects.get().id}").content.decode()

    assert "$10.00" in page
    assert words in page


def test_older_versions_keep_to_what_they_know(caller, bought):
    session = bought()
    give_back(1000)

    answer = caller.get(f"/checkout_sessions/{session['id']}", headers={"API-Version": "2026-01-30"}).json()

    assert "adjustments" not in answer["order"]
