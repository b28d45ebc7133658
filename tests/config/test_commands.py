"""Our commands feel like one tool."""

import io
import json

import pytest
from django.core.management import call_command, get_commands, load_command_class

from agents.commands import Command

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


def test_what_takes_long_draws_a_bar_for_whoever_watches():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    watched, piped = Terminal(), io.StringIO()
    call_command("seed_packages", stderr=watched)
    call_command("seed_packages", stderr=piped)

    assert watched.getvalue().rstrip().endswith("3/3")
    assert piped.getvalue() == ""
