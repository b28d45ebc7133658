"""A new Till takes over from an old one in the middle of load; and whoever is told to stop finishes what it began."""

import http.client
import shutil
import signal
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connection

from agents import webhooks
from agents.models import EventState, OutgoingEvent
from agents.operations import create_agent, set_endpoint
from payments.models import Payment
from tests.agents.receivers import SECRET, receiving
from tests.caller import payment
from tests.payments.unreliable import path as path_of
from tests.torture import books
from tests.torture.business import Business
from tests.torture.crashing import WaitsAtAGate
from tests.torture.load import LIMIT, eventually
from tests.torture.shopper import Shopper
from tests.torture.supervisor import ROOT, Child, RealServer, environment

pytestmark = pytest.mark.slow

NOT_DEPLOYED = shutil.ignore_patterns(".*", "__pycache__", "tests", "docs", "*.sqlite3*")
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("checkout", "{latest}")]
    operations = [
        migrations.AddField("checkoutsession", "note", models.TextField(null=True)),
        migrations.AddIndex("checkoutsession", models.Index(fields=["note"], name="sessions_by_note")),
    ]
"""
STOPPED = signal.SIGTERM
SLOW = 1.0  # seconds that a receiver of events takes
AGENTS, EVENTS = 4, 40


@pytest.fixture
def new_till(tmp_path):
    """The next release: this one, with one migration more."""
    root = shutil.copytree(ROOT, tmp_path / "new", ignore=NOT_DEPLOYED)
    migrations = root / "checkout" / "migrations"
    latest = max(migrations.glob("0*.py")).stem
    (migrations / "9999_note.py").write_text(MIGRATION.format(latest=latest))
    return root


@pytest.mark.needs_postgres
def test_a_deploy_in_the_middle_of_load(own_shop, new_till, log, survived):
    with Business(log) as business:
        business.load.go_on(6)
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=new_till, env=environment(), stdout=log, stderr=log, check=True)
        business.load.go_on(6)  # the old one on the new tables
        new, new_worker = business.serve(root=new_till), business.work(root=new_till)
        business.load.port = new.port
        business.server.tell(STOPPED)
        business.worker.tell(STOPPED)
        assert (business.server.status(LIMIT), business.worker.status(LIMIT)) == (0, 0)
        business.load.go_on(6)
        assert new.is_running and new_worker.is_running

        business.close_the_books(own_shop)

        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, "checkout_checkoutsession")
        assert "note" in {column.name for column in columns}
    survived("a deploy: migrations, then new beside old, then SIGTERM", 1, "deploy", business.result)


def test_a_server_that_is_told_to_stop_finishes_its_payments(caller, shop, log, tmp_path, survived):
    gate = tmp_path / "gate"
    slow = {"PAYMENT_PROCESSOR": path_of(WaitsAtAGate), "GATE": str(gate)}
    with RealServer(log, **slow) as server, ThreadPoolExecutor(AGENTS) as agents:
        eventually(Shopper(caller, server.port).is_served)
        idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT)
        idle.request("GET", "/health")
        idle.getresponse().read()  # and says nothing more: it is no reason to stay
        asked = [agents.submit(buy, caller, server.port, caller.ready("item_456")) for _ in range(AGENTS)]
        eventually(lambda: Payment.objects.filter(state="processing").count() == AGENTS)

        server.tell(STOPPED)
        eventually(lambda: not Shopper(caller, server.port).is_served())
        assert server.is_running
        gate.touch()

        assert [answer.result(LIMIT).json()["status"] for answer in asked] == ["completed"] * AGENTS
        assert server.status(LIMIT) == 0
        idle.close()
    assert not books.wrongs(shop) + books.leftovers() + books.stuck_keys()
    survived("the server told to stop while it charges", AGENTS, "charges under way", "all answered, exit status 0")


def buy(caller, port, session):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    return Shopper(caller, port).post(f"/checkout_sessions/{session['id']}/complete", payment("tok_visa"), key)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_told_to_stop_finishes_its_deliveries_and_begins_no_more(log, survived):
    with receiving() as inbox:
        inbox.answers = [SLOW] * EVENTS
        write_events(inbox)
        with Child(log, "work") as worker:
            eventually(lambda: inbox.requests)
            worker.tell(STOPPED)
            assert worker.status(LIMIT) == 0

        begun = len(inbox.requests)
        states = OutgoingEvent.objects.filter(state=EventState.DELIVERED)
        assert begun == states.count() < EVENTS
        assert not OutgoingEvent.objects.exclude(lease_until=None).exists()

        inbox.answers = []
        call_command("work", "--once")
        assert sorted(inbox.ids) == sorted(OutgoingEvent.objects.values_list("id", flat=True))
        assert states.count() == EVENTS
    what = "deliveries under way"
    survived("the worker told to stop while it delivers", begun, what, "all written down, exit status 0")


def write_events(inbox):
    agent, _ = create_agent(name="Robin")
    set_endpoint(agent=agent, url=inbox.url, secret=SECRET)
    for number in range(EVENTS):
        webhooks.write(agent=agent, subject=f"ord_{number}", type="order_update", data={}, api_version="2026-04-17")
