"""Rows counted by day. Days gone by are counted once and remembered; the latest are counted whenever somebody looks.

What became of a row may change after its day, but seldom and not for long: a session expires, a payment is settled. So
a day is counted again every day in its first month, and every month thereafter. Whoever looks never writes: the worker
keeps the tallies, and where it has not, the rows are counted.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from django.db import models
from django.db.models import Count, Sum, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from agents.models import Tally

OPEN_DAYS = 2  # today and yesterday, which are still being lived
YOUNG = timedelta(days=31)
AGAIN, AGAIN_WHEN_OLD = timedelta(days=1), timedelta(days=30)
KEPT_DAYS = 366  # as many as the front page shows
COUNTED_AT_ONCE = 31  # days


@dataclass(frozen=True)
class Period:
    """Whole days, in UTC, from the first to the last."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def of(self, column: str) -> dict[str, datetime]:
        """The filter for what happened in these days, by `column`."""
        begin, end = (datetime.combine(day, time.min, UTC) for day in (self.first, self.last + timedelta(days=1)))
        return {f"{column}__gte": begin, f"{column}__lt": end}

    def series(self, counts: Mapping[date, int]) -> list[int]:
        """A value for each day; nothing on a day that `counts` does not know."""
        return [counts.get(day, 0) for day in self.days]


class Counted(NamedTuple):
    """So many rows, and the sum of their amounts: minor units, or 0 where rows have none."""

    rows: int
    amount: int


@dataclass(frozen=True)
class Daily:
    """The rows of `model` by the day of their `created_at`, and by a word that says what kind they are of."""

    name: str
    model: type[models.Model]
    word: Callable[[], models.expressions.Combinable]
    amount: str = ""  # the column that is summed

    def of(self, period: Period) -> dict[tuple[date, str], Counted]:
        """What each day of `period` came to; a day without a row has no entry. Two queries, whatever the period."""
        kept = self._tallies().filter(day__gte=period.first, day__lte=period.last, day__lt=_first_open_day())
        told = {(tally.day, word): Counted(*pair) for tally in kept for word, pair in tally.counts.items()}
        known = {tally.day for tally in kept}
        left = [day for day in period.days if day not in known]
        if left:
            counted = self.count(Period(left[0], left[-1]))
            told |= {(day, word): pair for (day, word), pair in counted.items() if day not in known}
        return told

    def count(self, period: Period) -> dict[tuple[date, str], Counted]:
        """The same, by a look at every row."""
        rows = self.model._default_manager.filter(**period.of("created_at"))
        rows = rows.annotate(day=TruncDate("created_at", tzinfo=UTC), word=self.word())
        amount = Sum(self.amount) if self.amount else Value(0)
        found = rows.values_list("day", "word").annotate(count=Count("*"), amount=amount).order_by()
        return {(day, word): Counted(count, amount) for day, word, count, amount in found}

    def keep(self, now: datetime) -> Iterator[date]:
        """Count the days whose tally is missing or old, and yield them as they are done."""
        due = self.due(now)
        while due:
            together = [day for day in due if (day - due[0]).days < COUNTED_AT_ONCE]
            counted = self.count(Period(together[0], together[-1]))
            tallies = [Tally(name=self.name, day=day, counts={}, counted_at=now) for day in together]
            for tally in tallies:
                tally.counts = {word: pair for (day, word), pair in counted.items() if day == tally.day}
            Tally.objects.bulk_create(
                tallies, update_conflicts=True, unique_fields=["name", "day"], update_fields=["counts", "counted_at"]
            )
            yield from together
            due = due[len(together) :]

    def due(self, now: datetime) -> list[date]:
        """The days that want to be counted. Those before the first row too: else who looks would count them."""
        if not self.model._default_manager.exists():
            return []
        end = _first_open_day(now)
        first = end - timedelta(days=KEPT_DAYS)
        counted_at = dict(self._tallies().filter(day__gte=first).values_list("day", "counted_at"))
        days = [first + timedelta(days=number) for number in range((end - first).days)]
        return [day for day in days if day not in counted_at or now - counted_at[day] >= _patience(end - day)]

    def _tallies(self) -> models.QuerySet[Tally]:
        return Tally.objects.filter(name=self.name)


def _first_open_day(now: datetime | None = None) -> date:
    return (now or timezone.now()).astimezone(UTC).date() - timedelta(days=OPEN_DAYS - 1)


def _patience(age: timedelta) -> timedelta:
    return AGAIN if age <= YOUNG else AGAIN_WHEN_OLD
