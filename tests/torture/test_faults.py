"""Stripe is far away: whatever goes wrong on the way, a charge happens once, and both sides' books say the same."""

import itertools
from contextlib import suppress

import pytest
import stripe
from django.core.management import call_command

from checkout.models import Order
from payments.models import Payment, Refund
from payments.money import Money
from payments.operations import OutcomeUnknown
from payments.processors import stripe as stripe_processor
from payments.sandbox.models import Charge, Event
from payments.settling import refund_payment
from tests.caller import payment
from tests.torture import books
from tests.torture.news import SECRET, tell
from tests.torture.proxy import FAULTS, Proxy
from tests.torture.supervisor import with_stripe_at

pytestmark = pytest.mark.slow

TIMEOUT = (0.4, 0.4)  # seconds that Till waits; `proxy.LATE` is later
ONCE, ALWAYS = 1, 1_000  # times that something goes wrong: the SDK's own retry does, or does not, get over it
CALLS = {
    "create": "POST /v1/payment_intents",
    "confirm": "POST /v1/payment_intents/[^/]+/confirm",
    "capture": "POST /v1/payment_intents/[^/]+/capture",
    "refund": "POST /v1/refunds",
}
PURCHASES = [
    ("create", "tok_visa"),
    ("confirm", "tok_visa"),
    ("confirm", "tok_chargeDeclined"),
    ("capture", "tok_visa"),
]
TOLD = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


@pytest.fixture
def proxy(stripe_server, shop, settings, monkeypatch):
    monkeypatch.setattr(stripe_processor, "TIMEOUT", TIMEOUT)
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)  # between the SDK's tries
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.02)
    with Proxy(stripe_server.port) as proxy:
        for name, value in (with_stripe_at(proxy.url) | {"STRIPE_WEBHOOK_SECRET": SECRET}).items():
            setattr(settings, name, value)
        yield proxy


@pytest.mark.parametrize(("call", "card"), PURCHASES)
@pytest.mark.parametrize("times", [ONCE, ALWAYS])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_purchase(fault, times, call, card, proxy, caller, shop, settings):
    settings.PAYMENT_CAPTURE = "manual" if call == "capture" else "automatic"
    session = caller.ready("item_456", "item_789")
    path, body = f"/checkout_sessions/{session['id']}/complete", payment(card)

    proxy.fail(FAULTS[fault], CALLS[call], times)
    troubled = caller.post(path, body, {"Idempotency-Key": "one"})
    call_command("settle_payments", verbosity=0)
    proxy.heal()
    call_command("settle_payments", verbosity=0)
    answer = caller.post(path, body, {"Idempotency-Key": "one"})

    is_paid = card == "tok_visa"
    assert proxy.failed and troubled.status_code in (200, 503)
    assert answer.json()["status"] == ("completed" if is_paid else "ready_for_payment")
    assert Charge.objects.filter(status="succeeded").count() == Order.objects.count() == is_paid
    assert not books.wrongs(shop) + books.leftovers() + books.stuck_keys()


@pytest.mark.parametrize("times", [ONCE, ALWAYS])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_refund(fault, times, proxy, caller, shop):
    paid = bought(caller)

    proxy.fail(FAULTS[fault], CALLS["refund"], times)
    with suppress(OutcomeUnknown):
        refund(paid)
    call_command("settle_payments", verbosity=0)
    proxy.heal()
    call_command("settle_payments", verbosity=0)
    refund(paid)

    assert proxy.failed
    assert [(each.amount, each.state) for each in Refund.objects.all()] == [(100, "succeeded")]
    assert Charge.objects.get().refunded_amount == 100
    assert not books.wrongs(shop) + books.leftovers()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_events_settle_what_was_never_heard_in_any_order_and_twice(order, proxy, caller, shop):
    session = caller.ready("item_456")
    proxy.fail(FAULTS["drop_after"], CALLS["confirm"], ALWAYS)
    assert caller.complete(session, "tok_visa", key="one").status_code == 503
    proxy.heal()

    events = list(Event.objects.order_by("created_at"))
    assert [event.type for event in events] == TOLD
    for number in (*order, *order):
        tell(events[number])

    assert caller.complete(session, "tok_visa", key="one").json()["status"] == "completed"
    assert Charge.objects.count() == Order.objects.count() == 1
    assert not books.wrongs(shop) + books.leftovers() + books.stuck_keys()


def test_events_of_refunds_in_any_order_and_twice(proxy, caller, shop):
    paid = bought(caller)
    proxy.fail(FAULTS["drop_after"], CALLS["refund"], ALWAYS)
    with pytest.raises(OutcomeUnknown):
        refund(paid)
    proxy.heal()

    for event in [*Event.objects.order_by("-created_at"), *Event.objects.order_by("created_at")]:
        tell(event)

    assert Refund.objects.get().state == "succeeded"
    assert not books.wrongs(shop) + books.leftovers()


def bought(caller):
    session = caller.ready("item_456")
    assert caller.complete(session, "tok_visa").json()["status"] == "completed"
    return Payment.objects.get()


def refund(paid):
    refund_payment(payment=paid, amount=Money(100, "usd"), requested_by="staff", attempt="click")
