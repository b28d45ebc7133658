"""What every room's tests share: an agent, a client that speaks for it, the official files, a browser."""

import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from agents.models import Agent
from agents.operations import create_agent
from agents.versioning import LATEST

ROOT = Path(__file__).resolve().parent.parent


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


class Api:
    """A program that calls us: JSON both ways, a fresh Idempotency-Key on every POST unless `headers` brings one.

    A header that is None is left out.
    """

    def __init__(self, key: str | None, version: str = LATEST) -> None:
        self.key, self.version = key, version

    def speaking(self, version: str) -> "Api":
        """The same program in another version of the protocol."""
        return Api(self.key, version)

    def get(self, path: str, headers: Mapping[str, str | None] | None = None) -> Any:
        return Client().get(path, headers=self._headers(headers))

    def post(self, path: str, body: Any = None, headers: Mapping[str, str | None] | None = None) -> Any:
        headers = self._headers({"Idempotency-Key": uuid.uuid4().hex, **(headers or {})})
        return Client().post(path, {} if body is None else body, content_type="application/json", headers=headers)

    def _headers(self, headers: Mapping[str, str | None] | None) -> dict[str, str]:
        ours = {"Authorization": self.key and f"Bearer {self.key}", "API-Version": self.version}
        return {name: value for name, value in {**ours, **(headers or {})}.items() if value is not None}


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
