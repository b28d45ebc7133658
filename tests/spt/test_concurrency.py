"""Many want to spend one token at the same moment: real threads, each with a connection of its own."""

import pytest
from django.db import transaction

from checkout.models import Order
from payments.money import Money
from payments.sandbox import operations as sandbox
from payments.sandbox.models import Charge
from spt.models import SharedPaymentToken, Use
from spt.operations import revoke_token
from spt.paying import PARAMETER
from tests.caller import Caller, total_of
from tests.checkout.conftest import shop  # noqa: F401
from tests.payments.threads import at_once
from tests.spt.conftest import issued

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]

THREADS = 20


def spend(token: SharedPaymentToken, number: int) -> str:
    """Pay 100 of it: at once, or held first and then captured, or canceled."""
    manner = ("automatic", "manual", "manual")[number % 3]
    with transaction.atomic():
        intent = sandbox.create_payment_intent(
            amount=Money(100, "usd"), capture_method=manner, payment_method=sandbox.StandIn(PARAMETER, token.pk)
        )
    with transaction.atomic():
        intent = sandbox.confirm_payment_intent(payment_intent_id=intent.pk)
    if manner == "manual":
        end = sandbox.capture_payment_intent if number % 3 == 1 else sandbox.cancel_payment_intent
        with transaction.atomic():
            intent = end(payment_intent_id=intent.pk)
    return intent.status


@pytest.mark.parametrize("cap", [700, 2_000])
def test_twenty_threads_never_pass_the_cap_and_leave_nothing_reserved(cap):
    token = issued(cap)

    answers = at_once(THREADS, lambda number: spend(token, number))

    token.refresh_from_db()
    paid = sum(charge.captured_amount for charge in Charge.objects.all())
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert {type(answer) for answer in refused} <= {sandbox.InvalidRequest}
    assert token.captured_amount == paid == 100 * answers.count("succeeded") <= cap
    assert token.reserved_amount == 0
    assert not Use.objects.exclude(reserved_amount=0).exists()
    assert len(refused) == 0 if cap == 2_000 else paid


def test_of_ten_carts_that_want_what_is_enough_for_three_three_are_sold(shop):  # noqa: F811
    caller = Caller()
    carts = [caller.ready() for _ in range(10)]
    token = issued(3 * total_of(carts[0]) + 50)

    answers = at_once(len(carts), lambda number: caller.complete(carts[number], token.pk).json())

    token.refresh_from_db()
    assert Order.objects.count() == [answer.get("status") for answer in answers].count("completed") == 3
    assert (token.captured_amount, token.reserved_amount) == (3 * total_of(carts[0]), 0)
    assert {caller.read(cart)["status"] for cart in carts} == {"completed", "ready_for_payment"}


def test_a_token_that_is_revoked_meanwhile_ends_once():
    token = issued(2_000)

    def run(number: int) -> object:
        if number % 5:
            return spend(token, number)
        with transaction.atomic():
            return revoke_token(token=token).deactivated_reason

    answers = at_once(THREADS, run)

    token.refresh_from_db()
    assert answers.count("revoked") == THREADS // 5
    assert token.captured_amount == 100 * answers.count("succeeded")
    assert token.reserved_amount == 0
