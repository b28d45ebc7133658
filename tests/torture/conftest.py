"""The shop that is tortured, its servers, and the line at the end that says how often one was killed."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.caller import Caller
from tests.torture import books
from tests.torture.supervisor import LEASE, RealServer, Supervisor

KILLS = "kills"
FEWEST_KILLS = 200  # on each database


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
    """Where servers complain."""
    with (tmp_path / "log").open("wb") as file:
        yield file


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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The whole torture is none if hardly anybody was killed."""
    config = session.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    is_whole = [arg.rstrip("/") for arg in config.args] == ["tests/torture"] and not config.option.keyword
    if reporter and is_whole and not config.option.collectonly and _kills(reporter).total() < FEWEST_KILLS:
        reporter.write_line(f"torture: fewer than {FEWEST_KILLS} kills")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _kills(terminalreporter: Any) -> Counter[str]:
    """By test. With several workers too: what they recorded comes with their reports."""
    kills: Counter[str] = Counter()
    for report in terminalreporter.stats.get("", []):  # a fixture's last words are in the report of the teardown
        for name, number in report.user_properties:
            if name == KILLS and report.when == "teardown":
                kills[report.location[2].split("[")[0]] += number
    return kills


def pytest_terminal_summary(terminalreporter: Any) -> None:
    kills = _kills(terminalreporter)
    if not kills:
        return
    failed = [report for report in terminalreporter.stats.get("failed", []) if "torture" in report.nodeid]
    result = f"{len(failed)} tests found something wrong" if failed else "nothing lost, nothing done twice"
    told = ", ".join(f"{number} {name.removeprefix('test_')}" for name, number in sorted(kills.items()))
    terminalreporter.write_line(f"torture: {kills.total()} kills ({told}): {result}")
