"""The shop that is tortured, and its servers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.caller import Caller
from tests.torture import books
from tests.torture.kills import KILLS
from tests.torture.supervisor import LEASE, RealServer, Supervisor

SHOWN = 4000  # characters of a log


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> dict[str, int]:
    """The demo shop, open to other processes; what it has in stock."""
    settings.AGENT_RATE, settings.LOGGING_CONFIG = "", None
    settings.PAYMENT_LEASE = settings.IDEMPOTENCY_LEASE = LEASE
    call_command("seed_catalog", verbosity=0)
    return books.stock()


@pytest.fixture
def caller(shop: dict[str, int]) -> Caller:
    return Caller()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Any]:
    """Where servers complain; a test that fails shows the end of it."""
    path = tmp_path / "log"
    with path.open("wb") as file:
        yield file
    print(path.read_text(errors="replace")[-SHOWN:])


@pytest.fixture(scope="module")
def stripe_server(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Supervisor]:
    """A process that serves `/v1`, and lives."""
    log = tmp_path_factory.mktemp("stripe") / "log"
    with django_db_blocker.unblock(), log.open("wb") as file, Supervisor(file) as server:
        server.start()
        yield server


@pytest.fixture
def supervise(shop: dict[str, int], log: Any, record_property: Any) -> Iterator[Callable[..., Supervisor]]:
    """Start a server of this shop, with settings of its own; it ends with the test, and its kills are counted."""
    with ExitStack() as stack:
        started: list[Supervisor] = []

        def start(**settings: str) -> Supervisor:
            started.append(stack.enter_context(Supervisor(log, **settings)))
            return started[-1]

        yield start
        record_property(KILLS, sum(supervisor.kills for supervisor in started))


@pytest.fixture
def real_server(shop: dict[str, int], log: Any, record_property: Any) -> Iterator[RealServer]:
    with RealServer(log) as server:
        yield server
        record_property(KILLS, server.kills)
