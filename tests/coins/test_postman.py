"""The Postman collection, as newman runs it against a running server. `make test` installs newman where node is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from agents.operations import create_agent

COLLECTION = Path(__file__).parents[1] / "postman" / "coins.postman_collection.json"
NEWMAN = Path(sys.prefix) / "newman" / "node_modules" / ".bin" / "newman"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not shutil.which("node"), reason="no node to run Postman's collection with")
@pytest.mark.skipif(not NEWMAN.exists(), reason="no newman: `make test` installs it where npm reaches its registry")
def test_newman_passes_the_collection(live_server, packages):
    create_agent(name="demo")
    command = [
        str(NEWMAN),
        "run",
        str(COLLECTION),
        "--env-var",
        f"base_url={live_server.url}",
        "--bail",
        "--color",
        "off",
    ]

    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    call_command("verify_ledger")
