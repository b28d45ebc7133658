"""SQLite's disk is full, or may only be read: what can be read is read, what must be written is told to wait.

Root may write whatever a file's mode says, and mounting a small or read-only disk takes rights that a test should not
have. So it is done as anybody can: SQLite itself is told to let its file grow no more (SQLITE_FULL), or to write
nothing (SQLITE_READONLY); and the kernel forbids the processes of a real server to write one more byte (RLIMIT_FSIZE).
"""

import os
import resource
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from checkout.models import CheckoutSession, Order
from config.sqlite.base import Gate
from payments.models import Payment
from tests.torture import books
from tests.torture.business import READS, WRITES, Business, outage_flaws
from tests.torture.shopper import Shopper

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite's own disk"),
]

ROUNDS = max(1, int(os.environ.get("TORTURE_RUNS", "200")) // 200)
PAGES = 4_294_967_294  # as many as SQLite can have
FAULTS = {
    "a database that may grow no more": ("PRAGMA max_page_count = 1", f"PRAGMA max_page_count = {PAGES}"),
    "a database that may only be read": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
}
BODY = {"currency": "usd", "capabilities": {}, "line_items": [{"id": "test"}]}
ENOUGH = 200  # sessions: they do not fit into what is left of the pages that are there


@pytest.mark.parametrize("fault", FAULTS)
def test_what_must_be_written_waits_and_what_can_be_read_is_read(fault, caller, shop, survived):
    paid, ready = caller.ready("item_456"), caller.ready("item_789")
    caller.complete(paid, "tok_visa")
    token = caller.delegate(ready)
    hurt, heal = FAULTS[fault]

    use_up_the_pages_that_are_free()
    execute(hurt)
    try:
        told = caller.post("/checkout_sessions", BODY)
        tries = 1
        while told.status_code == 201 and tries < ENOUGH:
            told = caller.post("/checkout_sessions", BODY)
            tries += 1
        sessions = CheckoutSession.objects.count()
        refusals = [told, *(caller.complete(ready, token, key="one") for _ in range(3))]
        assert [each.status_code for each in refusals] == [503] * 4
        assert {each["Retry-After"] for each in refusals} == {"5"}
        assert {each.json()["code"] for each in refusals} == {"service_unavailable"}
        assert caller.read(paid)["status"] == "completed"
        assert caller.get("/ready").status_code == 200
        assert caller.get(f"/products/{ready['line_items'][0]['item']['id']}").status_code == 200
    finally:
        execute(heal)
        execute("DROP TABLE filler")

    assert CheckoutSession.objects.count() == sessions
    assert Order.objects.count() == 1
    assert caller.complete(ready, token, key="one").json()["status"] == "completed"
    assert Payment.objects.count() == 2
    assert not books.wrongs(shop) + books.leftovers() + books.stuck_keys()
    survived(f"SQLite: {fault}", 4, "writes", "503; reads answered; the retries succeed once there is room")


def test_the_disk_is_full_under_load(stocked, log, survived):
    with Business(log) as business:
        session = Shopper(business.caller, business.server.port).create("item_456")
        for _ in range(ROUNDS):
            business.load.go_on(4)
            forbid(business, bytes_to_write=0)
            business.load.until(503, times=2)
            assert outage_flaws(business, WRITES) == []
            assert business.ask("GET", f"/checkout_sessions/{session['id']}", {}).json()["id"] == session["id"]
            assert business.ask("GET", "/ready", {}).status_code == 200
            assert business.ask(*READS["shop"]).status_code == 200
            forbid(business, bytes_to_write=resource.RLIM_INFINITY)
            business.load.go_on(4)

        business.close_the_books(stocked)

    survived("SQLite: the disk is full", ROUNDS, "times under load", business.result)


def test_a_gate_that_cannot_be_opened_is_the_databases_trouble():
    with pytest.raises(OperationalError, match="gate"):
        Gate(str(Path("/proc/nobody/till.sqlite3")))


def forbid(business, *, bytes_to_write):
    """From now on, files of the server and of the worker end there."""
    for process in (*business.server.processes, *business.worker.processes):
        resource.prlimit(process, resource.RLIMIT_FSIZE, (bytes_to_write, resource.RLIM_INFINITY))


def use_up_the_pages_that_are_free():
    """Tests before us have left some, perhaps many."""
    with connection.cursor() as cursor:
        (free,), (size,) = (cursor.execute(f"PRAGMA {name}").fetchone() for name in ("freelist_count", "page_size"))
        cursor.execute(f"CREATE TABLE filler AS SELECT zeroblob({free * size})")


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
