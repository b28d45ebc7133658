"""What it costs, however long somebody's history is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coins import operations
from coins.models import ISSUING, Account, Transfer
from tests.caller import Api
from tests.coins.factories import an_account, balance, buy

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 100_000


@pytest.fixture
def veteran(customer):
    """A customer with 100,000 transfers."""
    start = timezone.now() - timedelta(days=365)
    grant = {"kind": "grant", "source_id": ISSUING, "destination_id": customer.id, "coins": 1, "created_at": start}
    Transfer.objects.bulk_create((Transfer(**grant) for _ in range(MANY)), batch_size=5000)
    Account.objects.filter(pk=customer.id).update(balance=MANY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return customer


def cost(work):
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def test_a_hundred_thousand_transfers_cost_a_customer_nothing(veteran, agent, key):
    novice = an_account(agent, email="bo@example.com")
    buy(novice), buy(veteran)

    assert cost(lambda: buy(veteran)) == cost(lambda: buy(novice)) <= 60
    assert cost(lambda: balance(veteran)) == 1
    assert cost(lambda: operations.find_customer(agent=agent, user_id=veteran.id).account.balance) == 1
    assert cost(lambda: Api(key).get(f"/stripe/customer/{veteran.id}")) == 2  # and one that asks who is calling
    assert cost(lambda: operations.statement(account_id=veteran.id, limit=20)) == 2
    assert reads_by_index(Transfer.objects.filter(destination=veteran.id).order_by("-created_at", "-id")[:20])
    assert balance(veteran) == MANY + 200


def reads_by_index(rows):
    plan = rows.explain()
    return "transfers_in_by_time" in plan and "Seq Scan" not in plan
