"""A server is lent and taken back."""

import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests import postgres

LEND = [sys.executable, "-m", "tests.postgres", "--"]
TELL = "import os; print(os.environ['DATABASE_URL'], flush=True)"
ASK = "import psycopg; print(psycopg.connect(os.environ['DATABASE_URL']).execute('select 1').fetchone())"


@pytest.fixture
def environment():
    """Where no server is given, one must be started."""
    if postgres.find_binaries() is None:
        pytest.skip("no PostgreSQL to lend")
    return {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}


def is_running(url):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port)) == 0


def test_a_command_finds_a_server_and_its_exit_status_is_ours(environment):
    command = [*LEND, "python", "-c", f"{TELL}; {ASK}; exit(3)"]

    result = subprocess.run(command, env=environment, capture_output=True, text=True)

    url, answer = result.stdout.splitlines()
    assert (answer, result.returncode) == ("(1,)", 3)
    assert not is_running(url)


def test_the_server_ends_with_a_command_that_is_stopped(environment):
    command = [*LEND, "python", "-c", f"{TELL}; input()"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        url = process.stdout.readline()
        assert is_running(url)

        process.send_signal(signal.SIGTERM)
        process.wait(10)

    assert not is_running(url)


class TestWithoutAnyServer:
    @pytest.fixture(autouse=True)
    def _none(self, monkeypatch):
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.delenv("REQUIRE_PG", raising=False)
        monkeypatch.setattr(postgres, "find_binaries", lambda: None)

    def test_the_skip_is_said(self, capsys):
        assert postgres.main(["false"]) == 0
        assert "SKIPPED" in capsys.readouterr().err

    def test_it_is_a_failure_where_postgresql_is_required(self, monkeypatch):
        monkeypatch.setenv("REQUIRE_PG", "1")

        assert postgres.main(["true"]) == 1


@pytest.mark.needs_postgres
@pytest.mark.django_db
def test_the_tests_are_on_a_database_of_their_own():
    """Who makes a pool while tests are collected has it before theirs is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == (connection.settings_dict["NAME"],)
