"""Whoever pastes what the documentation says has bought something."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from checkout.models import Order
from checkout.status import Status

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "page, begins, program", [("README.md", "sh\nTILL=", ["sh"]), ("docs/acp.md", "python\n", [sys.executable, "-"])]
)
def test_the_example_buys_something(live_server, settings, page, begins, program):
    settings.PUBLIC_URL = live_server.url
    call_command("seed_demo", verbosity=0)
    fenced = re.findall(r"^```(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    (example,) = (each for each in fenced if each.startswith(begins))

    example = example.partition("\n")[2].replace("http://127.0.0.1:8000", live_server.url)
    ran = subprocess.run(program, input=example, capture_output=True, text=True, check=False, timeout=60)

    assert ran.returncode == 0, ran.stderr
    order = Order.objects.select_related("session").get()
    assert order.session.status == Status.COMPLETED
    assert f"/orders/{order.id}" in ran.stdout
