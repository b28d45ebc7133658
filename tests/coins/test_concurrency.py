"""Fifty threads and one customer, on PostgreSQL: the ledger ends where its transfers say."""

import contextlib
import random
from collections import Counter

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum

from agents.errors import ApiError
from coins import operations
from coins.models import Purchase, Transfer
from coins.status import Status
from tests.coins.factories import balance, buy, lose_dispute, refund_there
from tests.payments.threads import at_once

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]


def spend(customer, coins):
    with transaction.atomic():
        operations.spend_currency(customer=customer, coins=coins, reason="a sword")


ACTS = ["buy", "buy", "spend", "grant", "refund", "refund despite", "refund there", "dispute", "collect"]


def a_purchase(customer, dice, **which):
    found = list(Purchase.objects.filter(customer=customer, **which).values_list("pk", flat=True))
    return dice.choice(found) if found else None


def something(customer, dice):
    """One thing that can happen to somebody's coins, chosen at random; return what it was, if it could happen."""
    act = dice.choice(ACTS)
    completed = a_purchase(customer, dice, status=Status.COMPLETED)
    missed = a_purchase(customer, dice, coins_kept=True)
    match act:
        case "buy":
            buy(customer, dice.choice(["package_1", "package_2", "package_3"]))
        case "spend":
            spend(customer, dice.randint(1, 250))
        case "grant":
            with transaction.atomic():
                operations.grant_coins(customer=customer, coins=dice.randint(1, 50), reason="a gift")
        case "refund" | "refund despite" if completed:
            despite = act == "refund despite"
            operations.refund_purchase(purchase_id=completed, requested_by="staff", despite_spent=despite)
        case "refund there" if completed:
            refund_there(completed)
        case "dispute" if completed:
            lose_dispute(completed)
        case "collect" if missed:
            operations.collect_coins(purchase_id=missed)
        case _:
            return None
    return act


def test_fifty_threads_end_with_a_ledger_that_agrees(customer):
    for package_id in ["package_1", "package_2", "package_3"] * 2:
        buy(customer, package_id)  # so that there is something to give back from the start
    happened: Counter[str | None] = Counter()

    def work(number):
        dice = random.Random(number)
        for _ in range(3):
            with contextlib.suppress(ApiError):  # not enough coins, or somebody else is at it
                happened[something(customer, dice)] += 1

    assert [raised for raised in at_once(50, work) if raised] == []
    assert {"buy", "spend", "grant", "refund", "refund there", "dispute"} <= set(happened)
    reversals = Transfer.objects.filter(kind="reversal")
    assert reversals.exists() and reversals.count() == reversals.values("reverses").distinct().count()
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
