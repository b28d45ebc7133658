"""Many payments want one token at the same moment; one gets it. Real threads, each with a connection of its own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections, transaction

from agents.operations import create_agent
from payments.models import Payment
from payments.money import Money
from payments.operations import prepare_payment
from tests.vault.factories import NOW, delegate
from vault import operations
from vault.models import VaultToken

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]

THREADS = 16


@pytest.fixture
def token(db):
    agent, _ = create_agent(name="Shopper")
    return delegate(agent, payment_method__exp_year="2034")


def race(run):
    """Run `run(0)` … `run(15)` at once, and return what they answered: None, or the code they were refused with."""
    start = Barrier(THREADS)

    def runner(number):
        try:
            start.wait(timeout=30)
            run(number)
        except operations.TokenRefused as refused:
            return refused.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(runner, range(THREADS)))


def prepare(token, number):
    money = Money(7_999, "usd")
    return prepare_payment(agent=token.agent, reference=f"cs_{number}", amount=money, credential=token.credential)


def test_of_sixteen_payments_that_ask_for_a_token_one_gets_it(token):
    """Statement 106: no second use, however many try at once."""

    def begin_payment(number):
        with transaction.atomic():
            allowed = operations.allowed_token(
                agent=token.agent,
                token_id=token.id,
                merchant_ids=["merchant_123"],
                checkout_session_id="cs_1",
                amount=Money(7_999, "usd"),
                now=NOW,
            )
            operations.reserve_token(token=allowed, payment=prepare(token, number))

    answers = race(begin_payment)

    assert answers.count(None) == 1
    assert answers.count("token_reserved") == THREADS - 1
    assert Payment.objects.get() == VaultToken.objects.get().payment


def test_of_sixteen_that_saw_the_token_active_without_a_lock_one_gets_it(token):
    """Statement 106: the hold itself is one conditional statement; it needs nobody's lock."""

    def reserve(number):
        with transaction.atomic():
            operations.reserve_token(token=seen[number], payment=prepare(token, number))

    seen = [VaultToken.objects.get() for _ in range(THREADS)]
    answers = race(reserve)

    assert answers.count(None) == 1
    assert Payment.objects.get() == VaultToken.objects.get().payment


def test_staff_who_revoke_a_token_while_it_is_reserved_either_win_or_are_told(token):
    def reserve_or_revoke(number):
        if number % 2:
            VaultToken.objects.get().revoke()
        else:
            with transaction.atomic():
                operations.reserve_token(token=VaultToken.objects.get(), payment=prepare(token, number))

    race(reserve_or_revoke)

    assert VaultToken.objects.get().state in ("reserved", "revoked")
    assert Payment.objects.count() == (VaultToken.objects.get().state == "reserved")
