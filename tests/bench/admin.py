"""The admin with a million sessions, against the same pages with a thousand: `make bench` (PostgreSQL only).

Every page is asked for in this process, without a network and without cached figures. A machine's own speed cancels out
of a ratio: `× small` is to the same page of a small shop, `× count` to one full count of the sessions, which is what a
list without bounds would cost at least.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

SMALL = 1_000
LARGE = int(os.environ.get("BENCH_SESSIONS", "1000000"))
DAYS, ROUNDS = 365, 5


def main() -> None:
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING"}
    import django

    django.setup()
    from django.db import connection

    if connection.vendor != "postgresql":
        sys.exit("python -m tests.postgres -- python -m tests.bench.admin")
    connection.creation.create_test_db(verbosity=0)
    try:
        measure()
    finally:
        connection.creation.destroy_test_db("till", verbosity=0)


def measure() -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from checkout.models import CheckoutSession
    from tests.bench.history import grow

    call_command("seed_catalog", verbosity=0)
    browser = Client()
    browser.force_login(get_user_model().objects.create_superuser("bench"))
    grow(SMALL, days=DAYS)
    small = {name: timed(get, browser, path) for name, path in pages().items()}
    begun = time.perf_counter()
    grow(LARGE, days=DAYS)
    print(f"{CheckoutSession.objects.count():,} sessions, grown in {time.perf_counter() - begun:.0f} s")
    count = timed(lambda: (CheckoutSession.objects.count(), 0)[1])
    print(f"{'a full count of them':34} {count[0] * 1000:8.1f} ms")
    print(f"{'page':34} {'ms':>8} {'× small':>8} {'× count':>8} {'queries':>8}")
    for name, path in pages().items():
        seconds, queries = timed(get, browser, path)
        ratio = seconds / small[name][0]
        print(f"{name:34} {seconds * 1000:8.1f} {ratio:8.1f} {seconds / count[0]:8.2f} {queries:8}")
    connection.close()


def pages() -> dict[str, str]:
    """What staff open, and what they type; the row in the middle is one that time has buried."""
    from checkout.models import Order

    old = Order.objects.order_by("created_at").select_related("session")[5]
    admin = "/admin/checkout"
    return {
        "front page, 30 days": "/admin/",
        "front page, 365 days": "/admin/?days=365",
        "sessions": f"{admin}/checkoutsession/",
        "sessions, one state": f"{admin}/checkoutsession/?status__exact=expired",
        "sessions, a late page": f"{admin}/checkoutsession/?p=90",
        "a session by its id": f"{admin}/checkoutsession/?q={old.session_id}",
        "sessions of an unknown e-mail": f"{admin}/checkoutsession/?q=nobody@example.com",
        "orders": f"{admin}/order/",
        "an order by its number": f"{admin}/order/?q={old.number}",
        "an order by its payment": f"{admin}/order/?q={old.payment_id}",
        "payments": "/admin/payments/payment/",
        "declined payments": "/admin/payments/payment/?state__exact=declined",
        "a payment by its session": f"/admin/payments/payment/?q={old.session_id}",
        "needs a human": "/admin/payments/trouble/",
        "vault tokens": "/admin/vault/vaulttoken/",
        "tokens, expired": "/admin/vault/vaulttoken/?state=expired",
        "the page of a session": f"{admin}/checkoutsession/{old.session_id.replace('_', '_5F')}/change/",
        "the page of a payment": f"/admin/payments/payment/{old.payment_id.replace('_', '_5F')}/change/",
    }


def timed(work: Callable[..., int], *given: Any) -> tuple[float, int]:
    """The median time of a few rounds after a first one, and how many queries it asked."""
    from django.core.cache import cache

    times, queries = [], 0
    for _ in range(ROUNDS + 1):
        cache.clear()
        begun = time.perf_counter()
        queries = work(*given)
        times.append(time.perf_counter() - begun)
    return statistics.median(times[1:]), queries


def get(browser: Any, path: str) -> int:
    """Open a page, and return how many queries it asked."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        response = browser.get(path, follow=True)  # a small shop has no late page
        if response.status_code != 200:
            raise SystemExit(f"{path}: {response.status_code}")
    return len(asked)


if __name__ == "__main__":
    main()
