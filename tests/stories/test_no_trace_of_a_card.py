"""A card is used once and is gone: no row, no log line, no answer ever holds its number or its code."""

import logging
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone

from agents import relay
from agents.models import Exchange, OutgoingEvent
from agents.operations import set_endpoint
from checkout import operations
from checkout.models import CheckoutSession, Order
from checkout.operations import Ask
from ocp.models import Context
from tests.caller import delegation, payment
from tests.traces import tells

WHERE = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "line_one": "12 St James's Square",
    "city": "San Francisco",
    "postal_code": "94105",
    "state": "CA",
    "country": "US",
}
CVC = "7391"
GOOD, INVALID = "371449635398431", "371449635398430"


def dump_of_the_database():
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')  # noqa: S608
            yield from (str(row) for row in cursor.fetchall())


def extras(record):
    """What a log record holds, but for where and when it was made: a process may be called like a card's code."""
    chance = {"process", "thread", "lineno", "created", "msecs", "relativeCreated"}
    return {name: value for name, value in vars(record).items() if name not in chance}


@pytest.fixture
def seen(caplog, capfd):
    """All that was written anywhere while the test ran."""
    caplog.set_level(logging.DEBUG)

    def everything(*answers):
        captured = capfd.readouterr()
        records = [record.getMessage() + str(record.exc_text or "") + str(extras(record)) for record in caplog.records]
        bodies = [answer.content.decode() + str(answer.headers) for answer in answers]
        return "\n".join([*dump_of_the_database(), *records, captured.out, captured.err, *bodies])

    return everything


def body_for(session, card, **changes):
    body = delegation(session, card, **changes.pop("allowance", {}))
    body["payment_method"] |= {"cvc": CVC, "name": "Ada Lovelace"} | changes
    return body


def assert_no_trace(text, number):
    assert number not in text
    assert not tells(text, CVC)


def test_after_a_purchase(caller, seen):
    """Statement 13: a full number or code is never logged."""
    session = caller.ready()
    token = caller.post("/agentic_commerce/delegate_payment", body_for(session, GOOD))

    completed = caller.complete(session, token.json()["id"])

    assert completed.json()["status"] == "completed"
    text = seen(token, completed)
    assert session["id"] in text  # the net has no holes
    assert_no_trace(text, GOOD)


def test_after_a_decline(caller, seen):
    session = caller.ready()
    number = "4000000000000002"
    token = caller.post("/agentic_commerce/delegate_payment", body_for(session, number, cvc="739"))

    declined = caller.complete(session, token.json()["id"])

    assert declined.json()["messages"][0]["code"] == "payment_declined"
    assert number not in seen(token, declined)


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (INVALID, {}),
        (GOOD, {"exp_year": "2020"}),
        (GOOD, {"exp_month": "13"}),
        (GOOD, {"unknown": "member"}),
        (GOOD, {"type": "cheque"}),
        (GOOD, {"number": 371449635398431}),
        (GOOD, {"cvc": 7391}),
        (GOOD, {"metadata": {"card": GOOD}, "name": None, "cvc": None, "eci_value": "123"}),
        (GOOD, {"allowance": {"expires_at": "2020-01-01T00:00:00Z"}}),
        (GOOD, {"allowance": {"max_amount": "much"}}),
    ],
)
def test_after_a_refusal(caller, seen, number, changes):
    session = caller.ready()

    answer = caller.post("/agentic_commerce/delegate_payment", body_for(session, number, **changes))

    assert 400 <= answer.status_code < 500
    assert_no_trace(seen(answer), number)


def test_when_a_card_is_sent_where_a_token_belongs(caller, seen):
    session = caller.ready()

    answer = caller.complete(session, GOOD)

    assert answer.status_code == 400
    assert_no_trace(seen(answer), GOOD)


def test_when_a_browser_without_scripts_sends_it_to_the_shop(shop, client, seen):
    client.post("/cart/add", {"product_id": "item_123", "quantity": "1"})
    client.post("/checkout/address", WHERE)
    total = str(CheckoutSession.objects.get().total_amount)
    sent = {"payment_method_id": GOOD, "total": total, "cvc": CVC}
    answers = [client.post("/checkout/payment", sent), client.get("/checkout/payment")]

    assert not Order.objects.exists()
    assert_no_trace(seen(*answers), GOOD)


def test_in_what_an_agent_is_told_of_an_order_that_lives_on(caller, seen):
    """It wrote the card down where notes belong, and in the headers of its conversation."""
    set_endpoint(agent=caller.agent, url="http://127.0.0.1:9/", secret="whsec_12345678")
    said = {"OCP-Context-ID": "c-1", "OCP-Agent-Type": "buyer", "OCP-Current-Goal": f"pay with {GOOD}"}
    notes = f"take {GOOD[:4]} {GOOD[4:10]} {GOOD[10:]} {CVC} or {GOOD}, call +49 170 1234 5678"
    session = caller.ready(order_notes=notes)
    token = caller.post("/agentic_commerce/delegate_payment", body_for(session, GOOD), said).json()["id"]
    caller.post(f"/checkout_sessions/{session['id']}/complete", payment(token), said)
    order = Order.objects.get()
    operations.ship_order(order_id=order.id)
    line = order.session.line_items.get()
    operations.return_items(order_id=order.id, quantities={line.id: 1}, ask=Ask("staff", description="broken"))
    relay.deliver_all()

    page = Client().get(f"/orders/{order.id}")
    text = seen(page, caller.get(f"/checkout_sessions/{session['id']}"))
    assert OutgoingEvent.objects.count() == 4
    assert Context.objects.exists()
    assert Exchange.objects.exists()
    assert_no_trace(text, GOOD)
    assert GOOD[4:10] not in text
    assert "+49 170 1234 5678" in text


def test_in_a_token_that_expired_unused(caller, seen):
    session = caller.ready()
    soon = (timezone.now() + timedelta(seconds=30)).isoformat()

    answer = caller.post("/agentic_commerce/delegate_payment", body_for(session, GOOD, allowance={"expires_at": soon}))

    assert answer.status_code == 201
    assert_no_trace(seen(answer), GOOD)


def test_in_what_was_written_where_no_card_belongs(caller, packages, seen):
    """Every text that somebody may write, on every wire: it is kept, and the number is not."""
    spaced = f"{GOOD[:4]} {GOOD[4:10]} {GOOD[10:]}"
    buyer = {"first_name": f"Ada {GOOD}", "last_name": spaced, "email": "ada@example.com", "phone_number": GOOD}
    labels = {"card": int(GOOD), "deep": [{GOOD: spaced}], "cart": "c_1"}
    session = caller.ready(buyer=buyer, metadata=labels, locale=GOOD, coupons=[GOOD])
    body = body_for(session, GOOD)
    token = caller.post("/agentic_commerce/delegate_payment", body)
    customer = caller.post("/stripe/create-customer", {"email": "ada@example.com", "name": f"Ada {GOOD}"})
    told = {"name": f"Ada {GOOD}", "metadata[note]": spaced, "description": f"pays with {GOOD}"}
    at_stripe = client_of_stripe().post("/v1/customers", urlencode(told), "application/x-www-form-urlencoded")
    answers = [token, customer, at_stripe, caller.complete(session, token.json()["id"])]

    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    text = seen(*answers, caller.get(f"/checkout_sessions/{session['id']}"))
    assert "c_1" in text
    assert_no_trace(text, GOOD)
    assert spaced not in text


def client_of_stripe():
    return Client(headers={"Authorization": "Bearer sk_test_till"})
