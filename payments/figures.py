"""How paying goes: declines and their reasons, what was given back, and what waits for us."""

from collections import Counter
from collections.abc import Iterator

from django.db.models import Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils import timezone

from agents.figures import Figures, Number, Plot, Shown, percent
from agents.tallies import Daily, Period
from payments.models import Event, Payment, Trouble
from payments.status import State

MOST_REASONS = 8
PAYMENTS = Daily("payments", Payment, word=lambda: Concat("state", Value(" "), "decline_code"))


def outcomes(period: Period) -> Iterator[Shown]:
    """Payments begun in these days that were paid or declined; the reasons of the declined."""
    paid, reasons = 0, Counter[str]()
    for (_, word), counted in PAYMENTS.of(period).items():
        state, _, code = word.partition(" ")
        if state == State.SUCCEEDED:
            paid += counted.rows
        elif state == State.DECLINED:
            reasons[code.replace("_", " ") or "no reason given"] += counted.rows
    refused = reasons.total()
    yield Number(
        "Declined",
        f"{refused:,}",
        note=f"{percent(refused, refused + paid)} of payments",
        url=f"{reverse('admin:payments_payment_changelist')}?state__exact=declined",
    )
    bars = dict(reasons.most_common(MOST_REASONS))
    if rest := refused - sum(bars.values()):
        bars["others"] = rest
    yield Plot("Declines by reason", list(bars), {"declines": list(bars.values())}, is_sideways=True)


def waiting(period: Period) -> Iterator[Shown]:
    """What is not finished, whenever it began."""
    trouble = Trouble.all_at(timezone.now()).count()
    yield Number(
        "Needs a human",
        f"{trouble:,}",
        note="payments that will not come right by themselves" if trouble else "a good day",
        url=reverse("admin:payments_trouble_changelist"),
        is_alarming=trouble > 0,
    )


def events(period: Period) -> Iterator[Shown]:
    """What the processor told us of and nobody has acted on yet."""
    left = Event.objects.left(timezone.now()).count()
    yield Number("Events waiting", f"{left:,}", note="heard from the processor, not acted on")


FIGURES = [
    Figures("payments.view_trouble", waiting),
    Figures("payments.view_payment", outcomes, PAYMENTS),
    Figures("payments.view_payment", events),
]
