"""Coins through the counter: an assistant buys a package like any other product, and the player has the coins once."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from catalog.models import Promotion
from coins.models import Purchase
from payments.hearing import reconcile
from payments.models import Payment
from payments.money import Money
from payments.refunds import prepare_refund
from payments.sandbox.models import Dispute as SandboxDispute
from payments.sandbox.operations import close_dispute, settle_due_refunds
from payments.settling import check, finish_refund, refund_payment
from tests.caller import Caller
from tests.coins.factories import an_account, balance

pytestmark = pytest.mark.django_db(transaction=True)

BUYER = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}


@pytest.fixture
def caller(shop):
    call_command("seed_packages", verbosity=0)
    return Caller()


def test_the_buyers_email_names_the_player(caller):
    ada = an_account(caller.agent, email=BUYER["email"], card=None)
    session = caller.ready("package_2", "item_123", buyer=BUYER)

    completed = caller.complete(session, caller.delegate(session), key="k").json()
    again = caller.complete(session, "vt_any", key="k2")

    assert completed["status"] == "completed"
    assert again.status_code in (405, 409)
    assert balance(ada) == 300
    bought = Purchase.objects.get()
    assert (bought.reference, bought.amount, bought.payment.reference) == (session["id"], 2500, session["id"])
    call_command("verify_ledger")


def test_the_metadata_names_the_player(caller):
    ada = an_account(caller.agent, email="player@example.com", card=None)
    session = caller.ready("package_1", buyer=BUYER, metadata={"user_id": ada.id})
    caller.complete(session, caller.delegate(session))

    assert balance(ada) == 100


@pytest.mark.parametrize(("rate_bps", "paid"), [(1000, 900), (10_000, 0)])
def test_a_promotion_makes_coins_cheaper(caller, rate_bps, paid):
    Promotion.objects.create(name="Black Friday", rate_bps=rate_bps)
    ada = an_account(caller.agent, email=BUYER["email"], card=None)
    caller.complete(caller.ready("package_1", buyer=BUYER), "pm_card_visa")

    assert (balance(ada), Purchase.objects.get().amount) == (100, paid)
    call_command("verify_ledger")


def test_a_declined_card_brings_no_coins(caller):
    ada = an_account(caller.agent, email=BUYER["email"], card=None)
    session = caller.ready("package_1", buyer=BUYER)
    caller.complete(session, "pm_card_chargeDeclined")

    assert (balance(ada), Purchase.objects.count()) == (0, 0)


def test_money_that_goes_back_in_full_takes_the_coins_along_once(caller):
    ada = an_account(caller.agent, email=BUYER["email"], card=None)
    session = caller.ready("package_1", buyer=BUYER)
    caller.complete(session, caller.delegate(session))
    payment = Payment.objects.get()

    refund_payment(payment=payment, amount=Money(400, "usd"), requested_by="staff")
    after_a_part = balance(ada)
    refund_payment(payment=payment, amount=Money(600, "usd"), requested_by="staff")
    check(payment)

    assert (after_a_part, balance(ada)) == (100, 0)
    call_command("verify_ledger")


def test_coins_stay_while_a_part_of_the_money_is_still_on_its_way_back(caller):
    ada = an_account(caller.agent, email=BUYER["email"], card=None)
    session = caller.ready("package_1", buyer=BUYER)
    caller.complete(session, caller.delegate(session))
    payment = Payment.objects.get()

    with transaction.atomic():
        waiting = prepare_refund(payment=payment, amount=Money(400, "usd"), requested_by="staff")
    refund_payment(payment=payment, amount=Money(600, "usd"), requested_by="staff")
    meanwhile = balance(ada)
    finish_refund(waiting)

    assert (meanwhile, balance(ada)) == (100, 0)
    call_command("verify_ledger")


def test_coins_come_again_if_the_bank_refuses_the_refund_late(caller):
    ada = an_account(caller.agent, email=BUYER["email"], card=None)
    session = caller.ready("package_1", buyer=BUYER)
    caller.complete(session, "pm_card_refundFail")
    payment = Payment.objects.get()

    refund_payment(payment=payment, amount=payment.money, requested_by="staff")
    meanwhile = balance(ada)
    with transaction.atomic():
        settle_due_refunds(timezone.now() + timedelta(days=1))
    for _ in range(2):
        reconcile(payment)

    assert (meanwhile, balance(ada)) == (0, 100)
    assert Purchase.objects.get().attention == "refund_failed"
    call_command("verify_ledger")


def test_a_dispute_that_is_lost_takes_the_coins_along(caller):
    ada = an_account(caller.agent, email=BUYER["email"], card=None)
    session = caller.ready("package_1", buyer=BUYER)
    caller.complete(session, "pm_card_createDispute")
    payment = Payment.objects.get()
    before = balance(ada)

    with transaction.atomic():
        close_dispute(dispute_id=SandboxDispute.objects.get().id)
    reconcile(payment)

    assert (before, balance(ada)) == (100, 0)
    call_command("verify_ledger")
