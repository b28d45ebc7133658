"""Bought with a vault token, shipped in two parcels, one returned and refunded: the agent's log of events tells it."""

import json

import pytest
from django.core.management import call_command
from django.utils import timezone

from agents.operations import set_endpoint
from agents.relay import deliver_all
from agents.webhooks import verify
from checkout import operations
from checkout.models import Order
from checkout.operations import Ask, Tracking
from tests.agents.receivers import SECRET, receiving
from tests.caller import Caller


@pytest.fixture
def log():
    with receiving() as inbox:
        yield inbox


@pytest.mark.django_db
def test_an_order_lives_on(log):
    call_command("seed_catalog", verbosity=0)
    agent = Caller()
    set_endpoint(agent=agent.agent, url=log.url, secret=SECRET)

    session = agent.ready("item_456", "item_123")
    agent.complete(session, agent.delegate(session))
    order = Order.objects.get()
    stand, headphones = order.session.line_items.order_by("position")

    for line, number in ((stand, "1Z1"), (headphones, "1Z2")):
        tracking = Tracking(carrier="UPS", tracking_number=number)
        operations.ship_order(order_id=order.id, quantities={line.id: 1}, tracking=tracking)
    operations.mark_delivered(order_id=order.id)
    ask = Ask("staff", reason="defective", description="No sound on the left")
    operations.return_items(order_id=order.id, quantities={headphones.id: 1}, ask=ask)
    deliver_all()

    told = [json.loads(body) for _, body in log.requests]
    assert [event["type"] for event in told] == ["order_create"] + ["order_update"] * 5
    assert [event["data"]["status"] for event in told] == [
        *("confirmed", "processing", "shipped", "completed"),
        *("completed", "completed"),  # the return, and the money
    ]
    last = told[-1]["data"]
    assert [parcel["tracking_number"] for parcel in last["fulfillments"]] == ["1Z1", "1Z2"]
    assert [(entry["type"], entry["status"], entry["line_items"]) for entry in last["adjustments"]] == [
        (type, "completed", [{"id": headphones.id, "quantity": 1}]) for type in ("return", "refund")
    ]
    assert {"type": "amount_refunded", "display_text": "Refunded", "amount": 7999} in last["totals"]
    assert last["line_items"][1]["status"] == "removed"
    for headers, body in log.requests:
        signature = headers["merchant-signature"]
        verify(body, signature, secret=SECRET, now=timezone.now())
