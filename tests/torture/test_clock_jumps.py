"""A clock is put forward by a day, or back by an hour: what is under way ends once, what has expired stays expired."""

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from agents.models import EventState, IdempotentRequest, OutgoingEvent
from agents.operations import set_endpoint
from agents.relay import deliver_all
from checkout.models import CheckoutSession, Order
from payments.models import Payment
from payments.sandbox.models import Charge
from tests.agents.receivers import SECRET, receiving
from tests.caller import Caller
from tests.payments.unreliable import SANDBOX, Crash, DiesAfterConfirm, DiesBeforeCreate, LosesTheAnswer, path
from tests.torture import books

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = 60  # seconds, as a shop has it
FORWARD, BACK = timedelta(days=1), timedelta(hours=-1)
JUMPS = pytest.mark.parametrize("jump", [FORWARD, BACK], ids=["a day forward", "an hour back"])


@pytest.fixture
def shop(shop, settings):
    settings.PAYMENT_LEASE = settings.IDEMPOTENCY_LEASE = LEASE
    return shop


def after(jump):
    return time_machine.travel(timezone.now() + jump)


@JUMPS
@pytest.mark.parametrize("trouble", [DiesBeforeCreate, DiesAfterConfirm, LosesTheAnswer])
@pytest.mark.parametrize("who", ["the worker", "the agent"])
def test_a_payment_under_way_is_finished_at_once(who, trouble, jump, caller, shop, settings, survived):
    """A lease that was taken before the clock was put back would else keep everybody away for an hour."""
    session = caller.ready("item_456")
    settings.PAYMENT_PROCESSOR = path(trouble)
    with suppress(Crash):
        assert caller.complete(session, "tok_visa", key="one").status_code == 503
    settings.PAYMENT_PROCESSOR = SANDBOX

    with after(jump):
        if who == "the worker":
            call_command("settle_payments", verbosity=0)
            assert Payment.objects.get().is_paid
        answer = caller.complete(session, "tok_visa", key="one")
        assert answer.json()["status"] == "completed"
    assert caller.complete(session, "tok_visa", key="one").content == answer.content

    assert Charge.objects.count() == Order.objects.count() == 1
    assert not books.wrongs(shop) + books.leftovers() + books.stuck_keys()
    words = "put forward by a day" if jump == FORWARD else "put back by an hour"
    survived(f"the clock {words} while a payment is under way", 1, "payments", "finished at once, charged once")


def test_a_day_forward_forgets_no_answer(caller, shop):
    """Coins are bought by one request: under a key that was forgotten they would be paid for again."""
    body = {"email": "ada@example.com", "name": "Ada"}
    call_command("seed_packages", verbosity=0)
    user_id = caller.post("/stripe/create-customer", body).json()["user_id"]
    caller.post("/stripe/attach-payment-method", {"user_id": user_id, "payment_method_id": "pm_card_visa"})
    purchase, key = {"user_id": user_id, "package_id": "package_2"}, {"Idempotency-Key": "one"}
    first = caller.post("/stripe/purchase-currency", purchase, key)
    assert first.status_code == 200, first.content

    with after(FORWARD):
        call_command("forget_old_requests", verbosity=0)
        again = caller.post("/stripe/purchase-currency", purchase, key)

    assert again.content == first.content
    assert Charge.objects.count() == 1


def test_what_expired_while_the_clock_was_wrong_stays_expired(caller, shop):
    session = caller.ready("item_456")
    token = caller.delegate(session)

    with after(FORWARD):
        assert caller.complete(session, token).status_code == 409
        call_command("work", "--once")

    assert CheckoutSession.objects.get().status == "expired"
    assert caller.complete(session, token).status_code == 409
    assert not Charge.objects.exists()


@JUMPS
def test_an_event_that_fails_is_not_tried_all_the_time(jump, caller, shop):
    with receiving() as inbox:
        inbox.answers = [503] * 100
        order_with_endpoint(caller, inbox)
        deliver_all()
        with after(jump):
            for _ in range(3):
                deliver_all()
            inbox.answers = []
        tries = len(inbox.requests)

        assert tries == (2 if jump == FORWARD else 1)
        with time_machine.travel(timezone.now() + timedelta(minutes=1)):
            deliver_all()
        assert len(inbox.requests) <= tries + 1


def test_an_event_whose_worker_died_is_delivered_though_the_clock_was_put_back(caller, shop):
    with receiving() as inbox:
        with after(2 * BACK):
            event = order_with_endpoint(caller, inbox)
        event.lease(timezone.now())

        with after(BACK):
            assert deliver_all() == 1

    assert OutgoingEvent.objects.get().state == EventState.DELIVERED


def test_two_clocks_that_differ_a_little_respect_each_others_leases(caller, shop):
    """A claim and a lease that begin in our future, by less than they are long, are somebody's who is at work."""
    session = caller.ready("item_456")
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        IdempotentRequest(
            agent=caller.agent, path=f"/checkout_sessions/{session['id']}/complete", key="one", fingerprint="0"
        ).insert()
    assert not IdempotentRequest.objects.abandoned(timezone.now()).exists()

    payment = Payment(state="processing", lease_until=timezone.now() + timedelta(seconds=LEASE + 30))
    assert payment.is_leased(timezone.now())


def order_with_endpoint(caller: Caller, inbox):
    set_endpoint(agent=caller.agent, url=inbox.url, secret=SECRET)
    assert caller.complete(caller.ready("item_456"), "tok_visa").json()["status"] == "completed"
    return OutgoingEvent.objects.get()
