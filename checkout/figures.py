"""How selling goes: sessions, orders, what they brought in, and whether agents hear of it."""

from collections import Counter
from collections.abc import Iterator, Set
from datetime import date

from django.db.models import F
from django.urls import reverse

from agents.figures import Figures, Number, Plot, Shown, labels_of, percent
from agents.models import Endpoint, EventState, OutgoingEvent
from agents.tallies import Daily, Period
from checkout.models import CheckoutSession, Order
from checkout.status import OPEN, PAYING, Status
from payments.money import Money

MOST_NAMES = 3
MOST_CURRENCIES = 5  # drawn; the others are in the lists
GIVEN_UP = {Status.CANCELED, Status.EXPIRED}
SESSIONS = Daily("checkout.sessions", CheckoutSession, word=lambda: F("status"))
ORDERS = Daily("checkout.orders", Order, word=lambda: F("currency"), amount="total_amount")


def sessions(period: Period) -> Iterator[Shown]:
    """Sessions begun in these days, by what became of them."""
    counts = {key: counted.rows for key, counted in SESSIONS.of(period).items()}
    by_status: Counter[str] = Counter()
    for (_, status), count in counts.items():
        by_status[status] += count
    begun, completed = by_status.total(), by_status[Status.COMPLETED]
    yield Number("Sessions begun", f"{begun:,}", url=reverse("admin:checkout_checkoutsession_changelist"))
    yield Number("Completion rate", percent(completed, begun), note=f"{completed:,} of them became orders")
    yield Plot(
        "Sessions by day",
        labels_of(period),
        {
            "completed": _series(period, counts, {Status.COMPLETED}),
            "still open": _series(period, counts, OPEN | PAYING),
            "canceled or expired": _series(period, counts, GIVEN_UP),
        },
        is_stacked=True,
    )
    yield Plot(
        "Sessions by state",
        [status.replace("_", " ") for status in Status],
        {"sessions": [by_status[status] for status in Status]},
        is_sideways=True,
    )


def orders(period: Period) -> Iterator[Shown]:
    """Orders made in these days, and what was paid for them."""
    orders_of: Counter[date] = Counter()
    revenue: dict[str, Counter[date]] = {}
    for (day, currency), (count, amount) in ORDERS.of(period).items():
        orders_of[day] += count
        revenue.setdefault(currency, Counter())[day] += amount
    ranked = sorted(revenue, key=lambda currency: -revenue[currency].total())[:MOST_CURRENCIES]
    earned = [str(Money(revenue[currency].total(), currency)) for currency in ranked]
    yield Number("Orders", f"{orders_of.total():,}", url=reverse("admin:checkout_order_changelist"))
    yield Number("Revenue", earned[0] if earned else "–", note=", ".join(earned[1:]))
    yield Plot("Orders by day", labels_of(period), {"orders": period.series(orders_of)})
    yield Plot(
        f"Revenue by day, {ranked[0].upper()}" if len(ranked) == 1 else "Revenue by day",
        labels_of(period),
        {
            currency.upper(): [float(Money(amount, currency).plain) for amount in period.series(revenue[currency])]
            for currency in ranked
        },
        kind="line",
    )


def news(period: Period) -> Iterator[Shown]:
    """What agents are still to be told, whenever it happened, and whose address takes nothing until staff resume it."""
    paused = list(
        Endpoint.objects.exclude(paused_at=None).order_by("agent__name").values_list("agent__name", flat=True)
    )
    left = OutgoingEvent.objects.filter(state=EventState.PENDING).count()
    named = ", ".join(paused[:MOST_NAMES]) + (" …" if len(paused) > MOST_NAMES else "")
    yield Number(
        "Order events waiting",
        f"{left:,}",
        note=f"paused, for they kept refusing: {named}" if paused else "no endpoint is paused",
        url=reverse("admin:agents_endpoint_changelist") + ("?paused_at__isempty=0" if paused else ""),
        is_alarming=bool(paused),
    )


def _series(period: Period, counts: dict[tuple[date, str], int], statuses: Set[Status]) -> list[int]:
    return [sum(counts.get((day, status), 0) for status in statuses) for day in period.days]


FIGURES = [
    Figures("checkout.view_checkoutsession", sessions, SESSIONS),
    Figures("checkout.view_order", orders, ORDERS),
    Figures("agents.view_endpoint", news),
]
