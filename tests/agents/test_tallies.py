"""Days gone by are counted once, and told as if they had just been counted."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from agents.models import OutgoingEvent, Tally
from agents.tallies import KEPT_DAYS, YOUNG, Daily, Period

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
EVENTS = Daily("events", OutgoingEvent, word=lambda: F("type"), amount="tried")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def days_ago(number):
    return (NOW - timedelta(days=number)).date()


@pytest.fixture
def happened(agent):
    def happened(days, type="order_create", tried=1):
        at = NOW - timedelta(days=days)
        return OutgoingEvent.objects.create(
            agent=agent, type=type, tried=tried, subject="ord_1", created_at=at, next_try_at=at
        )

    return happened


def kept(now=NOW):
    return list(EVENTS.keep(now))


YEAR = Period(days_ago(364), days_ago(0))


def test_what_is_remembered_is_what_was_counted(happened):
    for days in (0, 0, 1, 2, 2, 40, 300):
        happened(days)
    happened(2, type="order_update", tried=7)
    counted = EVENTS.of(YEAR)

    kept()

    assert EVENTS.of(YEAR) == counted == EVENTS.count(YEAR)
    assert counted[days_ago(2), "order_create"] == (2, 2)
    assert counted[days_ago(2), "order_update"] == (1, 7)


def test_every_day_that_the_page_shows_is_kept(happened):
    happened(10)
    happened(3 * KEPT_DAYS)

    assert kept() == [days_ago(number) for number in range(KEPT_DAYS + 1, 1, -1)]
    assert Tally.objects.get(day=days_ago(10)).counts == {"order_create": [1, 1]}
    assert Tally.objects.get(day=days_ago(5)).counts == {}


def test_where_nothing_ever_happened_there_is_nothing_to_keep():
    assert kept() == []


def test_today_and_yesterday_are_counted_whenever_somebody_looks(happened):
    happened(5)
    kept()

    happened(1)
    happened(0)

    assert EVENTS.of(YEAR)[days_ago(1), "order_create"].rows == 1
    assert EVENTS.of(YEAR)[days_ago(0), "order_create"].rows == 1


def test_a_day_between_two_that_are_kept_is_counted(happened):
    for days in (4, 5, 6):
        happened(days)
    kept()

    Tally.objects.filter(day=days_ago(5)).delete()

    assert [EVENTS.of(YEAR)[days_ago(days), "order_create"].rows for days in (4, 5, 6)] == [1, 1, 1]


def test_a_young_day_is_counted_again_every_day_and_an_old_one_every_month(happened):
    happened(100)
    kept()
    assert kept(NOW + timedelta(hours=23)) == [days_ago(1)]  # which was yesterday, and is not any more

    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        again = kept(NOW + timedelta(days=1))

    assert again[0] == days_ago(YOUNG.days)
    assert again[-1] == days_ago(2)
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        assert days_ago(100) in kept(NOW + timedelta(days=30))


def test_what_changes_after_its_day_is_told_once_it_is_counted_again(happened):
    event = happened(3)
    kept()
    OutgoingEvent.objects.filter(pk=event.pk).update(type="order_update")
    assert (days_ago(3), "order_update") not in EVENTS.of(YEAR)

    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        kept(NOW + timedelta(days=1))
        told = EVENTS.of(YEAR)

    assert told[days_ago(3), "order_update"].rows == 1
    assert (days_ago(3), "order_create") not in told


def test_a_year_that_is_kept_takes_two_questions(happened):
    for days in range(0, 300, 7):  # nor are the days before the first row counted again
        happened(days)
    kept()

    with CaptureQueriesContext(connection) as asked:
        EVENTS.of(YEAR)

    assert len(asked) == 2
    assert days_ago(1).isoformat() in asked[1]["sql"]  # only the days that are still lived
    assert YEAR.first.isoformat() not in asked[1]["sql"]


def test_a_command_counts_for_every_room(caller, capsys):
    with time_machine.travel(NOW - timedelta(days=3), tick=True):
        session = caller.ready()
        caller.complete(session, caller.delegate(session))

    call_command("count_days", json=True)
    assert f'"checkout.sessions": {KEPT_DAYS}' in capsys.readouterr().out
    call_command("count_days")
    assert "Counted 0 day(s)" in capsys.readouterr().out
    call_command("count_days", afresh=True)

    assert f"Counted {4 * KEPT_DAYS} day(s)" in capsys.readouterr().out
    assert set(Tally.objects.values_list("name", flat=True)) >= {"checkout.sessions", "checkout.orders", "vault.tokens"}
