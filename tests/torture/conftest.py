"""The shop that is tortured, and its servers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from catalog.models import Product
from tests.caller import Caller
from tests.postgres import SURVIVES_ITS_OWN_END, Server, find_binaries
from tests.torture import books
from tests.torture.kills import KILLS
from tests.torture.supervisor import LEASE, RealServer, Supervisor
from tests.torture.survived import FAULT

SHOWN = 4000  # characters of a log


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> dict[str, int]:
    """The demo shop, open to other processes; what it has in stock."""
    return open_shop(settings)


def open_shop(settings: Any) -> dict[str, int]:
    settings.AGENT_RATE, settings.LOGGING_CONFIG = "", None
    settings.PAYMENT_LEASE = settings.IDEMPOTENCY_LEASE = LEASE
    call_command("seed_catalog", verbosity=0)
    return books.stock()


@pytest.fixture
def stocked(shop: dict[str, int]) -> dict[str, int]:
    """Nobody is to be turned away for want of goods."""
    return fill_up()


def fill_up() -> dict[str, int]:
    Product.objects.exclude(stock=None).update(stock=1_000_000)
    return books.stock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL that may be hurt: nobody else is on it."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL to hurt")
    with Server(binaries, SURVIVES_ITS_OWN_END) as server:
        yield server


@pytest.fixture
def own_shop(postgres: Server, settings: Any, django_db_blocker: Any, request: Any) -> Iterator[dict[str, int]]:
    """As `stocked`, in a database of its own on `postgres`, which our models and all that we start find."""
    usual, ours = connections["default"], connections.settings["default"].copy()
    name = f"till_{request.node.name.split('[')[0]}"[:60]
    with django_db_blocker.unblock(), postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
        place = {"NAME": name, "HOST": "127.0.0.1", "PORT": postgres.port, "USER": "postgres", "PASSWORD": ""}
        theirs, connections.settings["default"] = connections.settings["default"], ours | place | {"OPTIONS": {}}
        del connections["default"]
        try:
            call_command("migrate", verbosity=0)
            open_shop(settings)
            yield fill_up()
        finally:
            connections["default"].close()
            connections.settings["default"], connections["default"] = theirs, usual


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
def survived(record_property: Any) -> Callable[..., None]:
    """Have a row in the table that ends the run: a fault, how often it was tried, of what, and what came of it."""
    return lambda fault, number, what, result: record_property(FAULT, [fault, number, what, result])


@pytest.fixture
def real_server(shop: dict[str, int], log: Any, record_property: Any) -> Iterator[RealServer]:
    with RealServer(log) as server:
        yield server
        record_property(KILLS, server.kills)
