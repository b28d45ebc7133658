"""How often a request asks the database: within what was promised, and no more with much in it than with little."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from tests.caller import Caller

MOST = {"create": 12, "update": 14, "get": 5, "delegate": 12, "complete": 25}
AROUND = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")  # a statement that is no query


@pytest.fixture
def stripe(settings, live_server):
    """A shop that works with Stripe, whose own books are none of ours: our `/v1`, in another thread."""
    settings.PAYMENT_PROCESSOR = "payments.processors.stripe.StripeProcessor"
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_till", live_server.url


def counts(caller: Caller, *item_ids: str) -> dict[str, int]:
    """What each step of a purchase asks, from the agent's key to the inspector's note."""
    found: dict[str, int] = {}

    def count(name, step, *arguments, **members):
        with CaptureQueriesContext(connection) as captured:
            answer = step(*arguments, **members)
        found[name] = sum(not query["sql"].startswith(AROUND) for query in captured)
        return answer

    session = count("create", caller.ready, *item_ids)
    count("get", caller.read, session)
    count("update", caller.update, session, line_items=[{"id": id} for id in item_ids])
    token = count("delegate", caller.delegate, session)
    assert count("complete", caller.complete, session, token).json()["order"]
    return found


@pytest.mark.django_db(transaction=True)
def test_stay_within_what_was_promised(stripe, caller):
    caller.ready()  # from here on it is remembered what prices are made of

    found = counts(caller, "item_456")

    assert {name: number for name, number in found.items() if number > MOST[name]} == {}


def test_do_not_grow_with_sessions_products_tokens_or_lines(caller):
    caller.ready()
    few = counts(caller, "item_456")
    for number in range(30):
        Product.objects.create(id=f"more_{number}", title="More", unit_amount=100, currency="usd", stock=100)
        caller.delegate(caller.ready())

    many = counts(caller, "item_456", *(f"more_{number}" for number in range(20)))

    assert many == few
