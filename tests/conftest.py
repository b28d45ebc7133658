"""What every room's tests share: an agent, the official files, a browser, a database."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models, transaction

from agents.models import Agent
from agents.operations import create_agent
from tests import emptying
from tests.caller import Api
from tests.torture.kills import pytest_sessionfinish, pytest_terminal_summary  # noqa: F401  (hooks)

emptying.use()
pytest_plugins = ["tests.fire.counting"]  # it says at the end how many requests were sent
ROOT = Path(__file__).resolve().parent.parent
Rows = dict[type[models.Model], list[models.Model]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if connection.vendor == "postgresql":
        return
    skip = pytest.mark.skip(reason="needs PostgreSQL: python -m tests.postgres -- pytest")
    for item in items:
        if "needs_postgres" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite: a file for each worker, in a folder that goes. A database in memory would hide what a file does."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "till.sqlite3")
    else:
        request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(scope="session")
def live_server(django_db_setup: None, live_server: Any) -> Any:
    """pytest-django's, begun after the tests' database is in place: it decides then how its threads connect."""
    return live_server


@pytest.fixture(autouse=True)
def _nobody_hurries_people(settings: Any) -> None:
    """Tests send forms from one address faster than any visitor; those that are about it set a rate."""
    settings.FORM_RATE = settings.LOGIN_RATE = ""


@pytest.fixture(scope="session")
def _demo_rows(django_db_setup: None, django_db_blocker: Any) -> Rows:
    """The rows of the demo catalogue, model by model: loaded once, for every test to insert as they are."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_catalog", verbosity=0)
        rows = {model: list(model._default_manager.all()) for model in apps.get_app_config("catalog").get_models()}
        transaction.set_rollback(True)
    return rows


@pytest.fixture
def catalogue(db: None, _demo_rows: Rows) -> None:
    """The demo catalogue."""
    for model, rows in _demo_rows.items():
        model._default_manager.bulk_create(rows)


@pytest.fixture
def _agent_and_key(db: None) -> tuple[Agent, str]:
    return create_agent(name="Robin")


@pytest.fixture
def agent(_agent_and_key: tuple[Agent, str]) -> Agent:
    return _agent_and_key[0]


@pytest.fixture
def key(_agent_and_key: tuple[Agent, str]) -> str:
    """A key of `agent`."""
    return _agent_and_key[1]


@pytest.fixture
def api(key: str) -> Api:
    """`agent`, calling in the newest version."""
    return Api(key)


@pytest.fixture(scope="session")
def acp_spec() -> Path:
    """The folder of the official ACP files."""
    path = Path(os.environ.get("ACP_SPEC", ROOT.parent / "shared" / "acp-spec"))
    if not path.is_dir():
        pytest.skip(f"no official ACP files at {path}: set ACP_SPEC")
    return path


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A page of a real browser, to be sent to `live_server`."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no chromium to look at pages with")
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps an event loop in the test's thread
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as it:
        yield it.new_page()
