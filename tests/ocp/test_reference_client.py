"""The protocol's own client, in an environment of its own, uses our API from nothing but `/openapi.json`."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.conftest import ROOT

CLIENT = ROOT / ".venv" / "ocp-client" / "bin" / "python"
DRIVE = Path(__file__).parent / "reference" / "drive.py"

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_finds_a_customer_a_payment_and_the_history(live_server, settings, tmp_path):
    if not CLIENT.exists():
        pytest.skip("no reference client: make .venv/ocp-client OCP_CLIENT=<a checkout of its source>")
    settings.PUBLIC_URL = live_server.url
    call_command("seed_demo", verbosity=0)

    played = subprocess.run(
        [CLIENT, DRIVE, live_server.url],
        env={**os.environ, "HOME": str(tmp_path)},  # it keeps a cache there
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert played.returncode == 0, played.stdout + played.stderr
    told = json.loads(played.stdout.splitlines()[-1])
    assert {"createCustomer", "purchaseCurrency", "getTransactions", "getContext"} <= set(told["tools"])
    assert told["bought"]["currency_purchased"] == 100
    assert [entry["package_name"] for entry in told["history"]] == ["Starter Pack"]
    kinds = [event["kind"] for event in told["context"]["events"]]
    assert kinds == ["customer.created", "purchase.completed"]
