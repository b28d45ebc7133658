"""PostgreSQL goes away in the middle of it all: callers are told to come back, and who does finds all in order."""

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from checkout.models import CheckoutSession
from tests.torture import books
from tests.torture.business import READS, WRITES, Business, outage_flaws
from tests.torture.load import LIMIT

pytestmark = [pytest.mark.slow, pytest.mark.needs_postgres]

ROUNDS = max(1, int(os.environ.get("TORTURE_RUNS", "200")) // 200)
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT  # how PostgreSQL is told to stop: cut everybody off; as if it crashed
CUTS, CUTS_IN_TRANSACTIONS = 50 * ROUNDS, 10 * ROUNDS
EVERYBODY = 0.2  # of the strikes hit all connections, the others those in a transaction
CUT = """
    WITH cut AS (
        SELECT xact_start IS NOT NULL AS is_in_transaction, pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND (%s OR xact_start IS NOT NULL)
    ) SELECT count(*), count(*) FILTER (WHERE is_in_transaction) FROM cut
"""


def test_postgresql_is_restarted_under_load(own_shop, postgres, log, survived):
    with Business(log) as business:
        for how in [FAST, IMMEDIATE] * ROUNDS:
            business.load.go_on(6)
            postgres.stop(how)
            business.load.until(503)
            assert outage_flaws(business, WRITES | READS) == []
            assert business.ask("GET", "/health", {}).status_code == 200
            not_ready = business.ask("GET", "/ready", {})
            assert (not_ready.status_code, not_ready.headers["Retry-After"]) == (503, "5")
            postgres.start()
            business.load.go_on(6)
            assert business.ask("GET", "/ready", {}).status_code == 200
        assert business.server.is_running and business.worker.is_running

        business.close_the_books(own_shop)

    survived("PostgreSQL restarted (fast, immediate)", 2 * ROUNDS, "restarts", business.result)


def test_connections_are_cut_under_load(stocked, log, survived):
    chance, cut, in_transactions = random.Random(20261126), 0, 0
    with Business(log) as business, of_our_own() as striker:
        business.load.go_on(4)
        deadline = time.monotonic() + 300 * ROUNDS
        while cut < CUTS or in_transactions < CUTS_IN_TRANSACTIONS:
            assert time.monotonic() < deadline, (cut, in_transactions)
            time.sleep(chance.uniform(0, 0.3))
            some, some_in_transactions = striker.execute(CUT, [chance.random() < EVERYBODY]).fetchone()
            cut, in_transactions = cut + some, in_transactions + some_in_transactions
        business.load.go_on(6)

        business.close_the_books(stocked)

    what = f"connections, {in_transactions} of them in a transaction"
    survived("connections cut (pg_terminate_backend)", cut, what, business.result)


def test_somebody_stands_still_with_a_lock(caller, shop, survived):
    """A process that was stopped in a transaction, say: nobody waits for it for long."""
    session = caller.ready("item_456")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            CheckoutSession.objects.select_for_update().get(pk=session["id"])
            troubled = pool.submit(complete, caller, session).result(LIMIT)
        answer = pool.submit(complete, caller, session).result(LIMIT)

    assert (troubled.status_code, troubled.json()["code"], troubled["Retry-After"]) == (503, "service_unavailable", "5")
    assert answer.json()["status"] == "completed"
    assert not books.wrongs(shop) + books.leftovers() + books.stuck_keys()
    survived("a lock that nobody gives back", 1, "lock", "503 after 10 s; the retry pays once")


@pytest.mark.django_db
def test_who_stands_still_in_a_transaction_is_cut_off():
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("30s",)


def of_our_own():
    """A connection that is not cut; those of this process's pool, which would be, are given up."""
    ours: Any = connection
    settings = ours.get_connection_params()
    ours.close()
    ours.close_pool()
    return psycopg.connect(**{name: settings[name] for name in ("dbname", "user", "host", "port")}, autocommit=True)


def complete(caller, session):
    try:
        return caller.complete(session, "tok_visa", key="one")
    finally:
        connection.close()
