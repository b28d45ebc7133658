"""A backup is taken while agents shop, and becomes a shop again in which nothing that was sold is missing."""

import json
import os
import random
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.models import Product
from tests import postgres
from tests.caller import payment
from tests.torture import books
from tests.torture.shopper import StubbornShopper
from tests.torture.stories import GOODS, IS_DECLINED, PAYS
from tests.torture.supervisor import LEASE, ROOT, database_url, environment

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AGENTS = 3
COINS = "package_1"
ENOUGH = 8  # purchases before the backup; as many as come after it
# A request that was under way has left its key, for its retry.
CHECK = """
import django, json, sys; django.setup()
from tests.torture import books
print(json.dumps(books.wrongs(json.loads(sys.argv[1])) + books.leftovers()))
"""
CHANGE = """
import django, json; django.setup()
from catalog.models import Fee
from catalog.promotions import fees
before = fees(currency="usd")
Fee.objects.create(name="Handling", amount=250)
print(json.dumps([before, fees(currency="usd")]))
"""


@pytest.fixture(autouse=True)
def _tools(monkeypatch):
    """PostgreSQL's own, of the version that its server is of."""
    if binaries := postgres.find_binaries():
        monkeypatch.setenv("PATH", f"{binaries}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def new_place(tmp_path):
    """The URL of a database that is new."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'again.sqlite3'}"
        return
    name = f"again_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield urlsplit(database_url())._replace(path=f"/{name}").geturl()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(url, *words):
    """Run a command of Till's in another place."""
    return python(url, "manage.py", *words)


def python(url, *words):
    env = environment() | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    result = subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def shop(shopper, chance, sold, is_over):
    """Buy goods and coins until it is over, and note each answer once it is there."""
    while not is_over.is_set():
        session = shopper.ready(*chance.sample([*GOODS, COINS], k=2))
        token = shopper.delegate(session, chance.choice([PAYS, PAYS, IS_DECLINED]))
        path, body, key = f"/checkout_sessions/{session['id']}/complete", payment(token), uuid.uuid4().hex
        sold.append((path, body, key, shopper.insist(path, body, key).content))


def wait_for(sold, number, agents):
    deadline = time.monotonic() + 240
    while len(sold) < number:
        assert time.monotonic() < deadline
        assert not [agent.exception() for agent in agents if agent.done()]
        time.sleep(0.05)


def test_a_shop_comes_back_with_everything_that_was_sold(caller, supervise, new_place, tmp_path):
    call_command("seed_packages", verbosity=0)
    Product.objects.exclude(stock=None).update(stock=1_000_000)
    stocked, backup, sold, is_over = books.stock(), tmp_path / "backup", list[Any](), threading.Event()
    supervisor = supervise()
    supervisor.start()
    with ThreadPoolExecutor(AGENTS) as pool:
        shoppers = [StubbornShopper(caller, supervisor.port) for _ in range(AGENTS)]
        agents = [pool.submit(shop, each, random.Random(n), sold, is_over) for n, each in enumerate(shoppers)]
        try:
            wait_for(sold, ENOUGH, agents)
            before = list(sold)
            call_command("backup", str(backup), verbosity=0)
            wait_for(sold, len(sold) + ENOUGH, agents)
        finally:
            is_over.set()
        assert not [agent.exception() for agent in agents if agent.exception()]

    manage(new_place, "restore", str(backup))
    time.sleep(LEASE)
    manage(new_place, "settle_payments")

    assert "The ledger agrees" in manage(new_place, "verify_ledger")
    assert json.loads(python(new_place, "-c", CHECK, json.dumps(stocked))) == []
    again = supervise(DATABASE_URL=new_place)
    again.start()
    shopper = StubbornShopper(caller, again.port)
    assert [shopper.insist(path, body, key).content for path, body, key, _ in before] == [each[-1] for each in before]
    assert any(b'"completed"' in answer for *_, answer in before)


def test_prices_that_are_changed_in_a_restored_shop_are_the_new_ones(new_place, tmp_path):
    """The database that comes back tells its readers of changes, as the first one did."""
    call_command("backup", str(tmp_path / "backup"), verbosity=0)
    manage(new_place, "restore", str(tmp_path / "backup"))

    assert json.loads(python(new_place, "-c", CHANGE)) == [[], [["Handling", 250]]]


def test_a_backup_is_for_its_owners_eyes(tmp_path):
    call_command("backup", str(tmp_path / "backup"), verbosity=0)

    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    assert [file.name for file in tmp_path.iterdir()] == ["backup"]


def test_an_older_backup_is_not_written_over(tmp_path):
    (tmp_path / "backup").write_text("of yesterday")

    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(tmp_path / "backup"))

    assert (tmp_path / "backup").read_text() == "of yesterday"


def test_a_backup_that_fails_leaves_nothing_that_looks_like_one(tmp_path, monkeypatch):
    if connection.vendor == "sqlite":
        place = tmp_path / "nowhere" / "backup"
    else:
        place = tmp_path / "backup"
        monkeypatch.setenv("PATH", "")

    with pytest.raises(CommandError):
        call_command("backup", str(place))

    assert not list(tmp_path.iterdir())


def test_nothing_is_restored_over_a_shop(tmp_path):
    call_command("backup", str(tmp_path / "backup"), verbosity=0)

    with pytest.raises(CommandError, match="into a new one"):
        call_command("restore", str(tmp_path / "backup"))


def test_what_is_no_backup_is_not_restored(tmp_path, new_place):
    (tmp_path / "backup").write_bytes(b"SQLite format 3\x00 and then nothing of the kind" * 100)

    with pytest.raises(AssertionError, match="CommandError"):
        manage(new_place, "restore", str(tmp_path / "backup"))
