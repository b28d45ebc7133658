"""The admin's front page: how is the counter doing? Each room tells of itself; here it is put together."""

from collections.abc import Iterator
from datetime import date, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from agents.figures import Figures, Number, Plot, Shown
from agents.tallies import Daily, Period
from config.theme import ROOMS

FRESH = 60  # seconds that a figure is shown again before its question is asked again
CHOICES = (7, 30, 90, 365)
USUAL, MOST = 30, 366  # days


def front_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the template shows (django-unfold's DASHBOARD_CALLBACK)."""
    period, trouble = asked_for(request)
    seen = [figures for figures in all_figures() if request.user.has_perm(figures.permission)]
    shown = [each for figures in seen for each in told(figures, period)]
    numbers = [each for each in shown if isinstance(each, Number)]
    return context | {
        "title": "How is the counter doing?",
        "numbers": sorted(numbers, key=lambda number: not number.is_alarming),
        "plots": [each for each in shown if isinstance(each, Plot)],
        "period": period,
        "trouble": trouble,
        "choices": CHOICES,
        "days": len(period.days),
    }


def asked_for(request: HttpRequest) -> tuple[Period, str]:
    """The days to tell of, and what was wrong with those that were asked for."""
    today = timezone.now().date()
    usual = Period(today - timedelta(days=USUAL - 1), today)
    asked = request.GET
    try:
        if "days" in asked:
            days = min(max(int(asked["days"]), 1), MOST)
            return Period(today - timedelta(days=days - 1), today), ""
        if not asked.get("from") and not asked.get("to"):
            return usual, ""
        last = date.fromisoformat(asked.get("to") or today.isoformat())
        first = date.fromisoformat(asked.get("from") or (last - timedelta(days=USUAL - 1)).isoformat())
        length = (last - first).days + 1
    except (ValueError, OverflowError):
        return usual, "A date reads like 2026-11-26. These are the latest days."
    if not 1 <= length <= MOST:
        return usual, f"Choose 1 to {MOST} days. These are the latest."
    return Period(first, last), ""


def all_figures() -> Iterator[Figures]:
    """What the rooms have to tell, in the order in which the sidebar lists them."""
    rooms = sorted(
        (config for config in apps.get_app_configs() if find_spec(f"{config.name}.figures")),
        key=lambda config: ROOMS.index(config.label) if config.label in ROOMS else len(ROOMS),
    )
    for room in rooms:
        if room.label != "agents":  # the words that figures are told in
            yield from import_module(f"{room.name}.figures").FIGURES


def dailies() -> list[Daily]:
    """What is counted by day."""
    return [figures.daily for figures in all_figures() if figures.daily]


def told(figures: Figures, period: Period) -> list[Shown]:
    key = f"figures:{figures.key}:{period.first}:{period.last}"
    return cache.get_or_set(key, lambda: list(figures.show(period)), FRESH) or []
