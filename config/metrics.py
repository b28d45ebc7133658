"""`/metrics`, for Prometheus: how the counter is doing, and what an alarm should be about.

What processes count is in `agents.metrics`. All about sessions, money, tokens and events is read from the database when
somebody asks, so it is the same whoever answers: a dashboard takes the `max` of several machines, never their sum. A
number is one question, whose work is bounded by a day or by what is unfinished. A counter begins again at midnight
(UTC), as others do when a process is started, which Prometheus knows how to read.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.models import Case, CharField, Count, F, Min, Model, Q, Sum, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from agents.metrics import REGISTRY
from agents.models import Endpoint, EventState, OutgoingEvent
from agents.relay import is_late
from checkout.models import CheckoutSession, Order
from checkout.status import Status
from payments.models import Event, Payment, Refund, Trouble
from payments.status import FINAL, REFUND_UNSETTLED, UNSETTLED, State
from spt.models import Reason, SharedPaymentToken
from vault.models import State as TokenState
from vault.models import VaultToken

A_DAY = timedelta(days=1)
EXPIRED, ACTIVE = "expired", "active"


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """GET /metrics. Who may not read it is not told that it is there."""
    if not _may_read(request):
        raise Http404
    found = generate_latest(_of_processes()) + generate_latest(_of_the_shop())
    return HttpResponse(found, content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if not settings.METRICS_TOKEN:
        return settings.SANDBOX
    return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}")


def _of_processes() -> CollectorRegistry:
    """Of all that share our files; of this one, if there are none."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    everybody = CollectorRegistry()
    MultiProcessCollector(everybody)
    return everybody


def _of_the_shop() -> CollectorRegistry:
    shop = CollectorRegistry()
    shop.register(Shop())
    return shop


class Shop:
    """A collector of what the database knows."""

    def collect(self) -> Iterator[Metric]:
        try:
            found = list(told(timezone.now()))
        except Error:  # what processes have counted is worth telling all the same
            found = []
        yield GaugeMetricFamily("till_database_up", "Whether the database answered.", value=bool(found))
        yield from found


def told(now: datetime) -> Iterator[Metric]:
    """Everything there is to tell."""
    yield from _sales(now)
    yield from _payments(now)
    yield from _tokens(now)
    yield from _events(now)
    if connection.vendor == "postgresql":
        yield _connections()


def _sales(now: datetime) -> Iterator[Metric]:
    yield _gauge(
        "till_sessions",
        "Sessions of the last 24 hours, by what has become of them.",
        ["status"],
        dict.fromkeys(Status, 0) | _counts(CheckoutSession, "status", created_at__gte=now - A_DAY),
    )
    sold = Order.objects.filter(created_at__gte=_midnight(now)).values_list("currency").order_by()
    rows = list(sold.annotate(count=Count("*"), amount=Sum("total_amount")))
    orders = CounterMetricFamily("till_orders", "Orders made since midnight (UTC).", labels=["currency"])
    amounts = CounterMetricFamily("till_order_amount", "Minor units ordered since midnight (UTC).", labels=["currency"])
    for currency, count, amount in rows or [(settings.CURRENCY, 0, 0)]:
        orders.add_metric([currency], count)
        amounts.add_metric([currency], amount)
    yield from (orders, amounts)


def _payments(now: datetime) -> Iterator[Metric]:
    ended = Payment.objects.filter(created_at__gte=_midnight(now), state__in=FINAL).order_by()
    counter = CounterMetricFamily(
        "till_payments",
        "Payments begun since midnight (UTC) that have ended, by how; a decline by its code.",
        labels=["outcome", "code"],
    )
    rows = {
        (outcome, code): n for outcome, code, n in ended.values_list("state", "decline_code").annotate(count=Count("*"))
    }
    for (outcome, code), count in ({(State.SUCCEEDED, ""): 0, (State.DECLINED, ""): 0} | rows).items():
        counter.add_metric([outcome, code], count)
    yield counter
    yield _gauge(
        "till_payments_unsettled",
        "Payments whose end is not known yet, by their state; unknown: the processor did not answer.",
        ["state"],
        dict.fromkeys(UNSETTLED, 0) | _counts(Payment, "state", state__in=UNSETTLED),
    )
    yield _gauge(
        "till_refunds_unsettled",
        "Refunds whose end is not known yet, by their state.",
        ["state"],
        dict.fromkeys(REFUND_UNSETTLED, 0) | _counts(Refund, "state", state__in=REFUND_UNSETTLED),
    )
    since = Payment.objects.filter(state=State.UNKNOWN).aggregate(since=Min("unknown_since"))["since"]
    yield _gauge(
        "till_payment_unknown_seconds",
        "For how long the oldest unknown payment has been unknown.",
        value=(now - since).total_seconds() if since else 0,
    )
    yield _gauge("till_needs_human", "Payments that only a person can put right.", value=Trouble.all_at(now).count())


def _tokens(now: datetime) -> Iterator[Metric]:
    """A token that has expired is not told so: it follows from the clock."""
    is_over = When(state=TokenState.ACTIVE, expires_at__lte=now, then=Value(EXPIRED))
    vault = VaultToken.objects.annotate(became=Case(is_over, default=F("state"), output_field=CharField()))
    became = Case(
        When(deactivated_at__isnull=False, then=F("deactivated_reason")),
        When(expires_at__lte=now, then=Value(EXPIRED)),
        default=Value(ACTIVE),
        output_field=CharField(),
    )
    shared = SharedPaymentToken.objects.annotate(became=became)
    counts = {("vt", state): 0 for state in [*TokenState, EXPIRED]} | {("spt", state): 0 for state in [ACTIVE, *Reason]}
    for kind, tokens in (("vt", vault), ("spt", shared)):
        recent = tokens.filter(created_at__gte=now - A_DAY).values_list("became").order_by()
        counts |= {(kind, state): count for state, count in recent.annotate(count=Count("*"))}
    yield _gauge(
        "till_tokens", "Tokens issued in the last 24 hours, by what has become of them.", ["kind", "state"], counts
    )


def _events(now: datetime) -> Iterator[Metric]:
    waiting = OutgoingEvent.objects.filter(state=EventState.PENDING).count()
    paused = Endpoint.objects.exclude(paused_at=None).count()
    yield _gauge("till_events_waiting", "Order events that agents are still to be told.", value=waiting)
    yield _gauge("till_events_late", "1 if a worker should have delivered one a minute ago.", value=is_late())
    yield _gauge("till_endpoints_paused", "Endpoints that kept refusing events.", value=paused)
    yield _gauge(
        "till_processor_events_waiting",
        "Events that the processor told us, not acted on yet.",
        value=Event.objects.left(now).count(),
    )


def _connections() -> Metric:
    """The server's own count: of all processes on all machines."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1"
        )
        counts = dict(cursor.fetchall())
    names = ("active", "idle", "idle in transaction")
    return _gauge(
        "till_database_connections", "Connections to the database.", ["state"], dict.fromkeys(names, 0) | counts
    )


def _counts(model: type[Model], column: str, **which: Any) -> dict[str, int]:
    rows = model._default_manager.filter(Q(**which)).values_list(column).order_by()
    return dict(rows.annotate(count=Count("*")))


def _gauge(
    name: str, help: str, labels: Iterable[str] = (), values: dict[Any, int] | None = None, *, value: float = 0
) -> Metric:
    if values is None:
        return GaugeMetricFamily(name, help, value=value)
    gauge = GaugeMetricFamily(name, help, labels=list(labels))
    for key, count in values.items():
        gauge.add_metric([str(part) for part in (key if isinstance(key, tuple) else (key,))], count)
    return gauge


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
