"""Many at once, on PostgreSQL: one charge, one order, and nobody gets a server error."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connection

from catalog.models import Product
from checkout.models import CheckoutSession, Order
from payments.models import Payment
from payments.sandbox.models import Charge
from tests.caller import Caller
from vault.models import VaultToken

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]

THREADS = 16


@pytest.fixture
def caller():
    call_command("seed_catalog", verbosity=0)
    return Caller()


def at_once(tasks):
    """Run every task in a thread of its own and return the answers."""

    def run(task):
        try:
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def test_sixteen_requests_with_sixteen_keys_complete_a_session_once(caller):
    session = caller.ready()
    token = caller.delegate(session)

    answers = at_once([lambda: caller.complete(session, token) for _ in range(THREADS)])

    assert set(statuses(answers)) <= {200, 409}  # who waited for the winner may be told its result
    assert {answer.json()["order"]["id"] for answer in answers if answer.status_code == 200} == {Order.objects.get().id}
    assert (Charge.objects.count(), Order.objects.count(), Payment.objects.count()) == (1, 1, 1)
    assert VaultToken.objects.get().state == "consumed"


def test_sixteen_requests_with_one_key_complete_a_session_once(caller):
    """Statement 21: a replay never runs the work again."""
    session = caller.ready()
    token = caller.delegate(session)

    answers = at_once([lambda: caller.complete(session, token, key="one") for _ in range(THREADS)])

    assert set(statuses(answers)) <= {200, 409}
    assert {answer.json()["order"]["id"] for answer in answers if answer.status_code == 200} == {Order.objects.get().id}
    assert (Charge.objects.count(), Payment.objects.count()) == (1, 1)
    assert caller.complete(session, token, key="one").headers["Idempotent-Replayed"] == "true"


def test_one_token_on_many_sessions_pays_for_its_own_alone(caller):
    """Statement 106: a token is bound to one session, and is used once."""
    sessions = [caller.ready() for _ in range(THREADS)]
    token = caller.delegate(sessions[0])

    answers = at_once([lambda session=session: caller.complete(session, token) for session in sessions])

    assert statuses(answers) == [200] + [400] * (THREADS - 1)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 400} == {"token_wrong_session"}
    assert (Charge.objects.count(), Order.objects.count()) == (1, 1)


def test_the_last_item_is_sold_once(caller):
    Product.objects.filter(id="item_456").update(stock=1)
    sessions = [caller.ready("item_456") for _ in range(THREADS)]

    answers = at_once([lambda session=session: caller.complete(session, "tok_visa") for session in sessions])

    assert statuses(answers) == [200] * THREADS
    assert sorted(answer.json()["status"] for answer in answers) == ["completed"] + ["not_ready_for_payment"] * (
        THREADS - 1
    )
    losers = [answer.json() for answer in answers if answer.json()["status"] != "completed"]
    assert {message["code"] for loser in losers for message in loser["messages"]} == {"out_of_stock"}
    assert (Charge.objects.count(), Order.objects.count(), Product.objects.get(id="item_456").stock) == (1, 1, 0)


def test_updates_and_cancels_during_a_payment_wait_or_are_refused(caller):
    session = caller.ready()
    path = f"/checkout_sessions/{session['id']}"

    answers = at_once(
        [lambda: caller.complete(session, "tok_visa")]
        + [lambda: caller.post(path, {"order_notes": "Ring twice"}) for _ in range(7)]
        + [lambda: caller.post(f"{path}/cancel") for _ in range(7)]
    )

    assert all(answer.status_code < 500 for answer in answers)
    ended = CheckoutSession.objects.get().status
    assert ended in ("completed", "canceled")
    assert Charge.objects.count() == Order.objects.count() == (1 if ended == "completed" else 0)
