"""The pool's connections are good, and what is prepared on them stays so."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_postgres]

MANY = 4
MINE = "% AS mine"


def all_at_once(ask):
    """What `ask` gives in several threads, each of which has a connection of its own meanwhile."""
    together = Barrier(MANY)

    def work(_):
        try:
            together.wait()
            return ask()
        finally:
            together.wait()
            connection.close()

    with ThreadPoolExecutor(MANY) as threads:
        return list(threads.map(work, range(MANY)))


def backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def somebody_else():
    known = {name: connection.settings_dict[name.upper()] for name in ("user", "password", "host", "port")}
    return psycopg.connect(dbname=connection.settings_dict["NAME"], **known, autocommit=True)


def cut_off(backends):
    """Return when they have gone."""
    with somebody_else() as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [backends])
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = ANY(%s)", [backends]).fetchone():
            time.sleep(0.01)


def test_connections_that_were_cut_while_nobody_had_them_are_given_to_nobody():
    before = all_at_once(backend)
    assert len(set(before)) == MANY

    cut_off(before)

    after = all_at_once(backend)
    assert len(set(after)) == MANY
    assert not set(after) & set(before)


def test_a_statement_is_parsed_once_a_connection():
    ours: Any = connection

    def times_used():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE %s", [MINE]
            )
            return cursor.fetchall()

    with transaction.atomic():  # which keeps us on one
        for number in range(1, 4):
            with ours.prepared_cursor() as cursor:
                cursor.execute("SELECT %s::text AS mine", ["a"])
                assert cursor.fetchone() == ("a",)
            assert times_used() == [(number,)]


class TestAMigrationThatChangesWhatAStatementAnswers:
    """As one does that is applied while an older Till goes on."""

    @pytest.fixture(autouse=True)
    def table(self):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE thing (name varchar(10))")
            cursor.execute("INSERT INTO thing VALUES ('a')")
        yield
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE thing")

    def ask(self):
        ours: Any = connection
        with ours.prepared_cursor() as cursor:
            cursor.execute("SELECT name FROM thing WHERE name = %s", ["a"])
            return cursor.fetchall()

    def migrate(self):
        with somebody_else() as other:
            other.execute("ALTER TABLE thing ALTER name TYPE varchar(20)")

    def test_is_not_noticed_by_who_reads(self):
        assert self.ask() == [("a",)]
        self.migrate()

        assert self.ask() == [("a",)]
        assert self.ask() == [("a",)]

    def test_has_a_transaction_begun_again(self):
        assert self.ask() == [("a",)]
        self.migrate()

        with pytest.raises(OperationalError), transaction.atomic():
            self.ask()
        with transaction.atomic():
            assert self.ask() == [("a",)]
