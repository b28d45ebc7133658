"""Our commands feel like one tool."""

import io
import json
import re
from datetime import timedelta

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.utils import timezone

from agents import operations as agents_operations
from agents.commands import WIDTH, Command
from agents.models import Exchange, IdempotentRequest, OutgoingEvent
from agents.operations import create_agent
from checkout.models import CheckoutSession
from coins.audit import checks
from ocp.models import Context
from tests.spt.conftest import issued

ROOMS = {"agents", "catalog", "checkout", "coins", "config", "ocp", "payments", "payments.sandbox", "spt", "vault"}
OURS = {name: load_command_class(app, name) for name, app in get_commands().items() if app in ROOMS}
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", sorted(OURS))
def test_help_ends_with_an_example(name):
    told = OURS[name].create_parser("manage.py", name).format_help()

    assert isinstance(OURS[name], Command)
    assert f"manage.py {name}" in told.split("example:")[1]


@pytest.mark.parametrize(
    "command, known",
    [
        (["create_agent", "Robin"], {"id", "name", "key"}),
        (["expire_sessions"], {"expired"}),
        (["expire_tokens"], {"expired"}),
        (["forget_contexts"], {"contexts"}),
        (["forget_old_requests"], {"answers", "exchanges"}),
        (["seed_roles"], {"support", "manager", "developer"}),
        (["settle_payments"], {"payments", "refunds", "events"}),
        (["verify_ledger"], {"disagreements", "accounts", "transfers", "purchases"}),
    ],
)
def test_a_script_gets_json(capsys, command, known):
    call_command(*command, "--json")

    assert set(json.loads(capsys.readouterr().out)) == known


class Terminal(io.StringIO):
    """Somebody is watching."""

    def isatty(self) -> bool:
        return True


def long_ago() -> dict[str, int]:
    """Leave two of everything that commands expire or forget; returns how much work each has."""
    past = timezone.now() - timedelta(days=90)
    agent, _ = create_agent(name="Robin")
    for number in range(2):
        IdempotentRequest.objects.create(agent=agent, path="/", key=f"{number}", response_status=200, created_at=past)
        facts = {"method": "GET", "path": "/", "response_status": 200, "milliseconds": 1}
        Exchange.objects.create(agent=agent, subject="cs_1", began_at=past, **facts)
        OutgoingEvent.objects.create(
            agent=agent, subject="ord_1", type="order_update", data="{}", state="delivered", delivered_at=past
        )
        Context.objects.create(owner=agent.pk, context_id=f"{number}", dialect="headers", last_seen_at=past)
        CheckoutSession.objects.create(agent=agent, currency="usd", expires_at=past)
        issued(expires_at=past)
    return {
        "forget_old_requests": 4,
        "forget_delivered_events": 2,
        "forget_contexts": 2,
        "expire_sessions": 2,
        "expire_tokens": 2,
        "verify_ledger": len(checks()),
        "seed_packages": 3,
    }


def test_what_takes_long_draws_a_bar_for_whoever_watches():
    for name, steps in long_ago().items():
        terminal = Terminal()
        call_command(name, stdout=io.StringIO(), stderr=terminal)

        drawn = terminal.getvalue().rstrip("\n").split("\r")
        assert f"0/{steps}" in drawn[1], name
        assert drawn[-1].endswith(f"{'█' * WIDTH} {steps}/{steps}"), name


def test_nobody_watches_a_pipe_or_a_script():
    long_ago()
    piped, scripted = io.StringIO(), Terminal()

    call_command("seed_packages", stdout=io.StringIO(), stderr=piped)
    call_command("expire_tokens", "--json", stdout=io.StringIO(), stderr=scripted)
    call_command("seed_catalog", verbosity=0, stdout=io.StringIO(), stderr=scripted)

    assert (piped.getvalue(), scripted.getvalue()) == ("", "")


def test_a_bar_goes_on_with_each_batch(monkeypatch):
    long_ago()
    monkeypatch.setattr(agents_operations, "FORGOTTEN_AT_ONCE", 1)
    terminal = Terminal()

    call_command("forget_delivered_events", stdout=io.StringIO(), stderr=terminal)

    assert re.findall(r"\d/2", terminal.getvalue()) == ["0/2", "1/2", "2/2"]


def test_a_bar_holds_what_came_meanwhile():
    terminal = Terminal()
    with Command(stderr=terminal).bar("Working", total=lambda: 1) as advance:
        advance(3)

    assert "3/3" in terminal.getvalue()
