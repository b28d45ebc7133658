"""The admin's front page: how is the counter doing? What rooms tell, for the days that are asked for."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.figures import Number, Plot
from agents.models import Agent
from agents.models.events import REFUSALS_TOO_MANY
from agents.operations import set_endpoint
from agents.tallies import Period
from checkout import figures as checkout_figures
from checkout.models import CheckoutSession
from config.dashboard import MOST
from ocp import figures as ocp_figures
from payments import figures as payments_figures
from spt import figures as spt_figures
from spt.operations import expire_tokens, resolve_token, revoke_token
from tests.caller import Caller, total_of
from tests.ocp.conftest import CONTEXT
from tests.spt.conftest import issued
from vault import figures as vault_figures

pytestmark = pytest.mark.django_db

TODAY = Period(datetime.now(UTC).date(), datetime.now(UTC).date())


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()
    yield
    cache.clear()


def purchase(caller: Caller, number: str = "4242424242424242") -> None:
    session = caller.ready("item_123")
    caller.complete(session, caller.delegate(session, number=number))


def numbers(show, period=None):
    day = timezone.now().date()
    told = list(show(period or Period(day, day)))
    return {each.title: each for each in told if isinstance(each, Number)}


def plots(show, period=None):
    day = timezone.now().date()
    return {each.title: each for each in show(period or Period(day, day)) if isinstance(each, Plot)}


class TestWhatRoomsTell:
    def test_sessions_by_what_became_of_them(self, caller):
        purchase(caller)
        purchase(caller)
        purchase(caller, "4000000000009995")
        caller.create()

        told = numbers(checkout_figures.sessions)

        assert told["Sessions begun"].value == "4"
        assert told["Completion rate"].value == "50.0 %"
        by_day = plots(checkout_figures.sessions)["Sessions by day"].series
        assert by_day == {"completed": [2], "still open": [2], "canceled or expired": [0]}

    def test_orders_and_what_they_brought_in(self, caller):
        purchase(caller)
        purchase(caller)

        told = numbers(checkout_figures.orders)

        assert (told["Orders"].value, told["Revenue"].value) == ("2", "$169.98")
        assert plots(checkout_figures.orders)["Revenue by day, USD"].series == {"USD": [169.98]}

    def test_declines_by_reason(self, caller):
        purchase(caller)
        for number in ("4000000000009995", "4000000000009995", "4000000000000069"):
            purchase(caller, number)

        assert numbers(payments_figures.outcomes)["Declined"].note == "75.0 % of payments"
        plot = plots(payments_figures.outcomes)["Declines by reason"]
        assert plot.rows == [("insufficient funds", [2]), ("expired card", [1])]

    def test_tokens_by_what_became_of_them(self, caller):
        purchase(caller)
        caller.delegate(caller.ready())
        with time_machine.travel(timezone.now() + timedelta(hours=2), tick=True):
            caller.delegate(caller.ready())
            day = timezone.now().date()
            told = list(vault_figures.tokens(Period(day - timedelta(days=1), day)))

        assert told[0].value == "3"
        assert {name: sum(values) for name, values in told[1].series.items()} == {
            "consumed": 1,
            "active": 1,
            "expired": 1,
        }

    def test_shared_tokens_by_what_became_of_them(self, caller):
        session = caller.ready()
        caller.complete(session, issued(total_of(session)).id)
        issued()
        issued(expires_at=timezone.now())
        expire_tokens()
        issued(expires_at=timezone.now())  # which nobody has written down yet
        revoke_token(token=issued())
        resolve_token(token=issued(expires_at=timezone.now() + timedelta(hours=1)))

        assert numbers(spt_figures.tokens)["Shared tokens issued"].value == "6"
        assert plots(spt_figures.tokens)["Shared tokens by day"].series == {
            "consumed": [1],
            "active": [1],
            "expired": [2],
            "revoked": [1],
            "resolved": [1],
        }

    def test_conversations_that_go_on(self, caller):
        for agent in (caller, Caller("another")):
            for number in (1, 2):
                agent.get("/checkout_sessions/cs_1", CONTEXT | {"OCP-Context-ID": f"context-{number}"})

        told = numbers(ocp_figures.conversations)["Conversations remembered"]
        assert (told.value, told.note) == ("4", "with 2 agents")

        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            assert numbers(ocp_figures.conversations)["Conversations remembered"].value == "0"

    def test_a_payment_that_needs_a_human_alarms(self, caller):
        from payments.models import Payment

        purchase(caller)
        assert not numbers(payments_figures.waiting)["Needs a human"].is_alarming

        Payment.objects.update(contradiction="paid twice")

        assert numbers(payments_figures.waiting)["Needs a human"].is_alarming

    def test_an_endpoint_that_is_paused_alarms(self, caller):
        agent = Agent.objects.get(name="assistant")
        endpoint, _ = set_endpoint(agent=agent, url="http://127.0.0.1:8139/")
        purchase(caller)
        waiting = numbers(checkout_figures.news)["Order events waiting"]
        assert (waiting.value, waiting.is_alarming) == ("1", False)

        for _ in range(REFUSALS_TOO_MANY):
            endpoint.note_failure(timezone.now(), is_refusal=True)
        waiting = numbers(checkout_figures.news)["Order events waiting"]

        assert waiting.is_alarming
        assert "assistant" in waiting.note

    def test_of_other_days_there_is_nothing(self, caller):
        purchase(caller)
        long_ago = Period(date(2020, 1, 1), date(2020, 1, 3))

        assert numbers(checkout_figures.sessions, long_ago)["Sessions begun"].value == "0"
        assert plots(checkout_figures.orders, long_ago)["Orders by day"].series == {"orders": [0, 0, 0]}

    def test_the_last_moment_of_a_day_is_of_that_day(self, caller):
        purchase(caller)
        CheckoutSession.objects.update(created_at=datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC))

        march = Period(date(2026, 3, 31), date(2026, 3, 31))
        april = Period(date(2026, 4, 1), date(2026, 4, 1))

        assert numbers(checkout_figures.sessions, march)["Sessions begun"].value == "1"
        assert numbers(checkout_figures.sessions, april)["Sessions begun"].value == "0"


class TestTheFrontPage:
    def test_shows_what_every_room_tells(self, admin_client, caller):
        purchase(caller)

        page = admin_client.get("/admin/").content.decode()

        for seen in ("Completion rate", "$84.99", "Declined", "Tokens issued", "Coins held", "Needs a human"):
            assert seen in page

    @pytest.mark.parametrize(
        ("query", "days"),
        [
            ({}, 30),
            ({"days": "7"}, 7),
            ({"from": "2026-01-01", "to": "2026-01-31"}, 31),
            ({"to": "2026-01-31"}, 30),
            ({"days": "100000"}, MOST),
        ],
    )
    def test_looks_at_the_days_that_are_asked_for(self, admin_client, query, days):
        assert admin_client.get("/admin/", query).context["days"] == days

    @pytest.mark.parametrize(
        "query",
        [
            {"from": "soon"},
            {"from": "2026-02-01", "to": "2026-01-01"},
            {"from": "2000-01-01", "to": "2026-01-01"},
            {"days": "x"},
            {"to": "0001-01-01"},
        ],
    )
    def test_says_so_if_it_cannot(self, admin_client, query):
        response = admin_client.get("/admin/", query)

        assert response.context["days"] == 30
        assert response.context["trouble"] in response.content.decode()

    def test_shows_nobody_what_they_may_not_see(self, client, django_user_model, caller):
        purchase(caller)
        clerk = django_user_model.objects.create_user("clerk", is_staff=True)
        clerk.user_permissions.add(Permission.objects.get(codename="view_vaulttoken"))
        client.force_login(clerk)

        page = client.get("/admin/").content.decode()

        assert "Tokens issued" in page
        assert "Revenue" not in page

    def test_asks_no_more_for_more_purchases(self, admin_client, caller):
        def questions():
            cache.clear()
            with CaptureQueriesContext(connection) as asked:
                admin_client.get("/admin/", {"days": 365})
            return len(asked)

        purchase(caller)
        for_one = questions()
        for _ in range(10):
            purchase(caller)

        assert questions() == for_one <= 20

    def test_asks_again_only_after_a_minute(self, admin_client, caller):
        admin_client.get("/admin/")
        with CaptureQueriesContext(connection) as asked:
            admin_client.get("/admin/")

        assert len(asked) <= 3  # who is asking
