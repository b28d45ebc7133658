"""What a process counts of the requests that it answers. All else is in the database (`config.metrics`).

Under `manage.py serve` the processes of one machine count into files that they share, so that any of them can tell of
all (prometheus_client's multiprocess mode). Nothing is ever decided by these numbers, and they go with the server.
"""

import functools
import threading
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()
WIRES = {
    "stripe/webhook": "webhook",
    "checkout_sessions": "acp",
    "agentic_commerce": "acp",
    ".well-known": "acp",
    "v1": "stripe",
    "^v1(": "stripe",
    "stripe": "coins",
    "ocp": "ocp",
    "admin": "admin",
    "health": "probe",
    "ready": "probe",
    "metrics": "probe",
}  # the beginning of an address: whose language is spoken there; elsewhere, "pages"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

requests = Counter("till_requests", "Requests answered.", ["wire", "route", "method", "status"], registry=REGISTRY)
seconds = Histogram(
    "till_request_duration_seconds",
    "How long an answer took, without the network.",
    ["wire", "route"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
POOL = {
    "requests_num": (1, Counter("till_pool_requests", "Connections asked of the database pool.", registry=REGISTRY)),
    "requests_queued": (1, Counter("till_pool_waits", "Requests that had to wait for one.", registry=REGISTRY)),
    "requests_wait_ms": (0.001, Counter("till_pool_wait_seconds", "How long they waited.", registry=REGISTRY)),
    "requests_errors": (1, Counter("till_pool_timeouts", "Requests that got none in time.", registry=REGISTRY)),
    "usage_ms": (0.001, Counter("till_pool_use_seconds", "How long connections were in use.", registry=REGISTRY)),
}  # psycopg_pool's name of each number, and what makes our unit of its
_popping = threading.Lock()


def count(request: HttpRequest, response: HttpResponseBase, duration: float) -> None:
    """Count an answer that took `duration` seconds."""
    route = request.resolver_match.route if request.resolver_match else None
    method = request.method if request.method in METHODS else "other"
    answers, durations = _meters(route, method, response.status_code)
    answers.inc()
    durations.observe(duration)
    _count_pool()


@functools.cache
def _meters(route: str | None, method: str, status: int) -> tuple[Counter, Histogram]:
    """Routes, methods and statuses are few, and finding their meters costs as much as counting."""
    wire, place = _place(route)
    return requests.labels(wire, place, method, status), seconds.labels(wire, place)


def _place(route: str | None) -> tuple[str, str]:
    """The wire, and the address as it is written in a `urls.py`: never an id, so there are only so many."""
    if route is None:
        return "none", "none"
    wire = WIRES.get(route) or WIRES.get(route.split("/", 1)[0], "pages")
    return wire, "/admin/" if wire == "admin" else f"/{route}"


def _count_pool() -> None:
    """Add what psycopg's pool has counted since somebody asked last; whoever comes meanwhile leaves it to them.

    Beware: to ask Django for a pool makes one. A request that has no connection has none to tell of.
    """
    pool: Any = getattr(connection, "pool", None) if connection.connection is not None else None
    if pool is not None and _popping.acquire(blocking=False):
        try:
            stats = pool.pop_stats()
        finally:
            _popping.release()
        for name, (unit, counter) in POOL.items():
            if more := stats.get(name, 0):
                counter.inc(more * unit)
