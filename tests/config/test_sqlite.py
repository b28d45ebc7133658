"""Writers queue at the gate, and nobody is left standing there."""

import copy
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction

from config.sqlite.base import DatabaseWrapper, Gate, gate_to

ALIAS = "gated"


@pytest.fixture
def database(tmp_path, django_db_blocker):
    """A SQLite file of our own, whatever the tests run on."""
    ours = {"ENGINE": "config.sqlite", "NAME": str(tmp_path / "till.sqlite3"), "CONN_MAX_AGE": None}
    options = {"timeout": 10, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"}
    connections.databases[ALIAS] = copy.deepcopy(connections.databases["default"]) | ours | {"OPTIONS": options}
    with django_db_blocker.unblock():
        run("CREATE TABLE counter (value INTEGER CHECK (value >= 0))")
        run("INSERT INTO counter VALUES (0)")
        yield connections[ALIAS]
        connections[ALIAS].close()
    del connections[ALIAS], connections.databases[ALIAS]


def run(sql):
    with connections[ALIAS].cursor() as cursor:
        return cursor.execute(sql).fetchall()


def value():
    return run("SELECT value FROM counter")[0][0]


def in_a_thread(function):
    """What `function` gives in another thread, which closes its connection."""

    def work(*args):
        try:
            return function(*args)
        finally:
            connections[ALIAS].close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def write():
    with transaction.atomic(using=ALIAS):
        run("UPDATE counter SET value = value + 1")


def test_threads_that_read_and_write_lose_nothing(database):
    def count_up(_):
        for _ in range(20):
            with transaction.atomic(using=ALIAS):
                run(f"UPDATE counter SET value = {value() + 1}")  # noqa: S608
        connections[ALIAS].close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(8)))

    assert value() == 160


def test_one_waits_until_the_other_has_committed(database):
    order = []

    def second():
        write()
        order.append("second")
        connections[ALIAS].close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(using=ALIAS):
            done = pool.submit(second)
            time.sleep(0.1)
            run("UPDATE counter SET value = 10")
            order.append("first")
        done.result(5)

    assert (order, value()) == (["first", "second"], 11)


def test_a_write_of_its_own_waits_at_the_gate_too(database):
    gate = gate_to(connections[ALIAS].settings_dict["NAME"])
    gate.enter(1)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(in_a_thread, lambda: run("UPDATE counter SET value = value + 1"))
        time.sleep(0.1)
        assert value() == 0  # though the database's own lock is free

        gate.leave()
        done.result(5)

    assert value() == 1


def test_a_refused_write_of_its_own_opens_the_gate(database):
    with pytest.raises(IntegrityError):
        run("UPDATE counter SET value = -1")

    in_a_thread(write)
    assert value() == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_opens_the_gate(database, error):
    with pytest.raises(error), transaction.atomic(using=ALIAS):
        raise error

    in_a_thread(write)
    assert value() == 1


def test_a_refused_statement_opens_the_gate(database):
    with pytest.raises(IntegrityError), transaction.atomic(using=ALIAS):
        run("UPDATE counter SET value = -1")

    in_a_thread(write)
    assert value() == 1


def test_a_nested_block_passes_with_the_outer_one(database):
    with transaction.atomic(using=ALIAS):
        with pytest.raises(ValueError), transaction.atomic(using=ALIAS):
            write()
            raise ValueError
        write()

    in_a_thread(write)
    assert value() == 2


def test_a_connection_that_is_closed_inside_opens_the_gate(database):
    with transaction.atomic(using=ALIAS):
        run("UPDATE counter SET value = 10")
        connections[ALIAS].close()
        in_a_thread(write)

    assert value() == 1


def test_work_that_follows_a_commit_may_write(database):
    with transaction.atomic(using=ALIAS):
        transaction.on_commit(lambda: in_a_thread(write), using=ALIAS)

    assert value() == 1


def test_waiting_ends(database):
    def impatient():
        connections[ALIAS].settings_dict["OPTIONS"]["timeout"] = 0.05
        write()

    with transaction.atomic(using=ALIAS), pytest.raises(OperationalError, match="locked"):
        in_a_thread(impatient)


def test_another_process_waits_too_and_its_death_opens_the_gate(tmp_path):
    path = str(tmp_path / "till.sqlite3")
    hold = f"from config.sqlite.base import Gate; Gate({path!r}).enter(1); print('in', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        gate = Gate(path)

        with pytest.raises(OperationalError, match="locked"):
            gate.enter(0.05)
        other.kill()
        other.wait()

        gate.enter(1)
        gate.leave()


def test_a_database_in_memory_has_no_gate(django_db_blocker):
    settings = copy.deepcopy(connections.databases["default"]) | {"NAME": ":memory:", "OPTIONS": {}}
    database = DatabaseWrapper(settings, "memory")

    with django_db_blocker.unblock():
        database.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)

    assert database._gate is None
