"""A shop with everything in it, and somebody who is not trusted."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command

from tests.fire.counting import REQUESTS, sent
from tests.fire.world import World


@pytest.fixture
def shop(catalogue: None, settings: Any) -> None:
    """The demo's catalogue and packages, no limit to how often one calls, and nobody who is anonymous."""
    settings.AGENT_RATE, settings.ANONYMOUS_AGENT = "", ""
    call_command("seed_packages", verbosity=0)


@pytest.fixture
def world(shop: None, record_property: Any) -> Iterator[World]:
    """Somebody who has one of each. What the test sends is counted, and leaves no line each in the log."""
    access_log, before = logging.getLogger("till.access"), sent.total()
    access_log.setLevel("ERROR")
    yield World("somebody")
    access_log.setLevel("NOTSET")
    record_property(REQUESTS, sent.total() - before)
