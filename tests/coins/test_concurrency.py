"""Fifty threads and one customer, on PostgreSQL: the ledger ends where its transfers say."""

import contextlib
import random

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum

from agents.errors import ApiError
from coins import operations
from coins.models import Purchase, Transfer
from coins.status import Status
from payments.settling import refund_payment
from tests.coins.factories import balance, buy
from tests.payments.threads import at_once

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def spend(customer, coins):
    with transaction.atomic():
        operations.spend_currency(customer=customer, coins=coins, reason="a sword")


def one_of(customer, dice, **which):
    found = list(Purchase.objects.filter(customer=customer, **which).select_related("payment"))
    return dice.choice(found) if found else None


def something(customer, dice):
    """One thing that can happen to somebody's coins, chosen at random."""
    bought = one_of(customer, dice, status=Status.COMPLETED)
    missing = one_of(customer, dice, coins_kept=True)
    match dice.choice(["buy", "buy", "spend", "refund", "refund despite", "refund elsewhere", "collect", "grant"]):
        case "buy":
            buy(customer, dice.choice(["package_1", "package_2", "package_3"]))
        case "spend":
            spend(customer, dice.randint(1, 250))
        case "refund" if bought:
            operations.refund_purchase(purchase_id=bought.pk, requested_by="staff")
        case "refund despite" if bought:
            operations.refund_purchase(purchase_id=bought.pk, requested_by="staff", despite_spent=True)
        case "refund elsewhere" if bought:
            refund_payment(payment=bought.payment, amount=bought.money, requested_by="somebody")
        case "collect" if missing:
            operations.collect_coins(purchase_id=missing.pk)
        case "grant":
            with transaction.atomic():
                operations.grant_coins(customer=customer, coins=dice.randint(1, 50), reason="a gift")


def test_fifty_threads_end_with_a_ledger_that_agrees(customer):
    def work(number):
        dice = random.Random(number)
        for _ in range(3):
            with contextlib.suppress(ApiError):  # not enough coins, or somebody else is at it
                something(customer, dice)

    assert [raised for raised in at_once(50, work) if raised] == []
    arrived = Transfer.objects.filter(destination=customer.id).aggregate(n=Sum("coins"))["n"] or 0
    left = Transfer.objects.filter(source=customer.id).aggregate(n=Sum("coins"))["n"] or 0
    assert balance(customer) == arrived - left >= 0
    call_command("verify_ledger")


def test_a_purchase_is_reversed_once(customer):
    purchase = buy(customer)

    at_once(12, lambda _: operations.refund_purchase(purchase_id=purchase.id, requested_by="staff"))

    assert (balance(customer), Transfer.objects.filter(kind="reversal").count()) == (0, 1)
    call_command("verify_ledger")


def test_the_last_coins_are_spent_once(customer):
    buy(customer)

    results = at_once(12, lambda _: spend(customer, 60))

    assert (results.count(None), balance(customer)) == (1, 40)
    assert all(isinstance(each, operations.InsufficientCoins) for each in results if each)
