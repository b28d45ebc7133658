"""What a room tells staff on the admin's front page: numbers and plots about some days.

A room that has something to tell names it in FIGURES, in a module `figures` of its own, and the front page
(`config.dashboard`) finds it there. A figure about days is read from their tallies (`agents.tallies`), any other is one
question to a table, or an index, that stays small. It is asked again once a minute at most.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agents.tallies import Daily, Period

PALETTE = ("#2f9470", "#6a8fd8", "#d08a2e", "#c4564f", "#8d6cc7", "#7a8a84", "#3aa5b5")  # seen on light and on dark
TICKS = {"color": "#8a948f", "display": True}
LABELS: dict[str, Any] = {"grid": {"display": False}, "ticks": TICKS | {"maxTicksLimit": 8, "maxRotation": 0}}
VALUES: dict[str, Any] = {"beginAtZero": True, "ticks": TICKS | {"maxTicksLimit": 5, "precision": 0}}
OPTIONS: dict[str, Any] = {
    "animation": False,
    "maintainAspectRatio": False,
    "grouped": True,
    "maxBarThickness": 22,
    "pointStyle": False,
}


@dataclass(frozen=True)
class Number:
    """One number to read at a glance. One that alarms asks for somebody to look, at `url`."""

    title: str
    value: str
    note: str = ""
    url: str = ""
    is_alarming: bool = False


@dataclass(frozen=True)
class Plot:
    """Series over the same labels, as bars or as lines."""

    title: str
    labels: Sequence[str]
    series: dict[str, Sequence[float]]
    kind: str = "bar"
    is_stacked: bool = False
    is_sideways: bool = False  # where the labels are words, which need room

    @property
    def data(self) -> str:
        datasets = [self._dataset(*numbered) for numbered in enumerate(self.series.items())]
        return json.dumps({"labels": list(self.labels), "datasets": datasets})

    @property
    def options(self) -> str:
        along, across = ("y", "x") if self.is_sideways else ("x", "y")
        scales = {along: LABELS | {"stacked": self.is_stacked}, across: VALUES | {"stacked": self.is_stacked}}
        if self.is_sideways:
            scales[along] = LABELS | {"ticks": TICKS}
        legend = {"display": len(self.series) > 1, "position": "bottom", "labels": {"boxHeight": 6, "boxWidth": 6}}
        plugins = {"legend": legend}
        return json.dumps(OPTIONS | {"indexAxis": along, "scales": scales, "plugins": plugins})

    @property
    def rows(self) -> list[tuple[str, list[float]]]:
        """The same as a table, for those who cannot see it."""
        columns = list(self.series.values())
        return [(label, [column[number] for column in columns]) for number, label in enumerate(self.labels)]

    def _dataset(self, number: int, series: tuple[str, Sequence[float]]) -> dict[str, Any]:
        label, values = series
        color = PALETTE[number % len(PALETTE)]
        return {"label": label, "data": list(values), "borderColor": color, "backgroundColor": color, "borderWidth": 2}


Shown = Number | Plot


@dataclass(frozen=True)
class Figures:
    """What `show` tells of some days, to those who may see what it is about."""

    permission: str  # "checkout.view_order"
    show: Callable[[Period], Iterable[Shown]]
    daily: Daily | None = None  # what it counts by day, for the worker to keep the tallies of

    @property
    def key(self) -> str:
        return f"{self.show.__module__}.{self.show.__qualname__}"


def labels_of(period: Period) -> list[str]:
    return [f"{day:%b} {day.day}" for day in period.days]


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"
