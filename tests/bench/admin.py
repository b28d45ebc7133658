"""How the admin, and `/metrics`, answer with a million sessions: `make bench`, or `python -m tests.bench.admin`.

What is measured is told as a multiple of the simplest thing the counter does, an agent's reading of one session by its
key, in the same process and minute: machines differ, ratios less. That a page asks the database no more for a million
sessions than for the first few (but for an estimate of how many there are) is not only measured but demanded.
"""

import gc
import os
import statistics
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from typing import Any

os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}
SESSIONS, DAYS, ROUNDS = 1_000_000, 365, 7
MOST_QUERIES = 20  # of a page, the staff's own session and permissions included
ESTIMATE = 1  # query more, where there is too much to be counted
Read = Callable[[], Any]


def main(arguments: list[str]) -> None:
    import django

    parser = ArgumentParser(prog="python -m tests.bench.admin", description=__doc__)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    options = parser.parse_args(arguments)
    django.setup()
    purchases = open_the_shop()
    few = {name: queries_of(read) for name, read in pages()}
    began = time.monotonic()
    grow_to(options.sessions, purchases)
    print(f"{options.sessions:,} sessions in {DAYS} days, grown in {time.monotonic() - began:.0f} s\n")
    print(f"{'':<44}{'ms':>8}{'ratio':>8}{'queries':>9}{'(few sessions)':>16}")
    reference = agent_reads_a_session()
    queries, usual = queries_of(reference), milliseconds(reference)
    print(f"{'an agent reads one session':<44}{usual:>8.1f}{1:>8}{queries:>9}")
    too_many = []
    for name, read in pages():
        queries, took = queries_of(read), milliseconds(read)
        print(f"{name:<44}{took:>8.1f}{took / usual:>8.1f}{queries:>9}{few[name]:>16}")
        if queries > MOST_QUERIES or queries > few[name] + ESTIMATE:
            too_many.append(name)
    if too_many:
        raise SystemExit(f"More queries than for a few sessions, or than {MOST_QUERIES}: {', '.join(too_many)}")


def open_the_shop() -> Mapping[str, int]:
    from django.core.management import call_command

    from tests.bench.history import make_purchases

    call_command("migrate", verbosity=0)
    call_command("seed_demo", verbosity=0)
    return make_purchases()


def grow_to(sessions: int, purchases: Mapping[str, int]) -> None:
    from django.core.management import call_command

    from tests.bench.history import grow

    grow(sessions, days=DAYS, purchases=purchases)
    call_command("count_days", verbosity=0)  # as the worker does


def pages() -> Iterator[tuple[str, Read]]:
    """What staff look at: the front page with nothing in the cache and with all of it, each long list, and searches."""
    from django.core.cache import cache

    from agents.lists import COUNTED
    from checkout.models import CheckoutSession, Order
    from tests.screenshots import admin_page_of

    order = Order.objects.latest("created_at")
    for days in (30, 365):
        yield f"front page, {days} days, cold", looks_at("/admin/", days=days, before=cache.clear)
    yield "front page, 365 days, within a minute", looks_at("/admin/", days=365)
    for room in (
        *("checkout/checkoutsession", "checkout/order", "payments/payment", "payments/trouble"),
        *("vault/vaulttoken", "agents/outgoingevent"),
    ):
        yield f"list of {room}", looks_at(f"/admin/{room}/")
    last = -(-min(CheckoutSession.objects.count(), COUNTED) // 100)
    yield "sessions, the last page that is turned to", looks_at("/admin/checkout/checkoutsession/", p=last)
    yield "sessions, completed ones only", looks_at("/admin/checkout/checkoutsession/", status__exact="completed")
    yield "search: a session by its id", looks_at("/admin/checkout/checkoutsession/", q=order.session_id)
    yield "search: an order by its number", looks_at("/admin/checkout/order/", q=order.number)
    yield "search: a buyer by e-mail", looks_at("/admin/checkout/order/", q="ada@example.com")
    yield "search: what is not there", looks_at("/admin/checkout/checkoutsession/", q="nobody@example.com")
    yield "page of a session", looks_at(admin_page_of(order.session))
    yield "page of a payment", looks_at(admin_page_of(order.payment))
    yield "what Prometheus asks for", looks_at("/metrics")


def looks_at(path: str, *, before: Callable[[], None] | None = None, **query: Any) -> Read:
    """How to read an admin page as staff."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.get(username="admin"))

    def read() -> Any:
        if before:
            before()
        return client.get(path, query)

    return read


def agent_reads_a_session() -> Read:
    from django.test import Client

    from agents.operations import issue_key
    from agents.versioning import LATEST
    from checkout.models import Order

    session = Order.objects.latest("created_at").session
    _, key = issue_key(agent=session.agent)
    client, headers = Client(), {"Authorization": f"Bearer {key}", "API-Version": LATEST}
    return lambda: client.get(f"/checkout_sessions/{session.id}", headers=headers)


def queries_of(read: Read) -> int:
    """How often it asks the database.

    :raises RuntimeError: if the answer is not the page.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    read()  # what is prepared once, is
    with CaptureQueriesContext(connection) as asked:
        response = read()
    if response.status_code != 200:
        raise RuntimeError(f"{response.status_code}: {response.content[:500]!r}")
    return len(asked)


def milliseconds(read: Read) -> float:
    """The median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        gc.collect()
        began = time.perf_counter()
        read()
        rounds.append(1000 * (time.perf_counter() - began))
    return statistics.median(rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
