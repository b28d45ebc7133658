"""What must happen although nobody asks for it."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from agents.models import OutgoingEvent
from agents.relay import Relay
from agents.webhooks import write
from checkout.models import CheckoutSession
from config.management.commands.work import Job, jobs
from payments.models import Payment
from tests.caller import Caller
from tests.payments.unreliable import Crash, DiesBeforeCreate, path

pytestmark = pytest.mark.django_db(transaction=True)  # the jobs open and close connections of their own


@pytest.fixture
def caller():
    call_command("seed_catalog", verbosity=0)
    return Caller()


def test_a_payment_that_a_crash_left_behind_is_finished(caller, settings):
    session = caller.ready()
    settings.PAYMENT_PROCESSOR = path(DiesBeforeCreate)
    with pytest.raises(Crash):
        caller.complete(session, "tok_visa")
    settings.PAYMENT_PROCESSOR = "payments.processors.sandbox.SandboxProcessor"

    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        call_command("work", "--once")

    assert Payment.objects.get().is_paid
    assert CheckoutSession.objects.get().status == "completed"


def test_sessions_expire(caller):
    caller.ready()

    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        call_command("work", "--once")

    assert CheckoutSession.objects.get().status == "expired"


def test_events_that_arrived_long_ago_are_forgotten(agent):
    event = write(agent=agent, subject="ord_1", type="order_update", data={}, api_version="2026-04-17")
    OutgoingEvent.objects.filter(pk=event.pk).update(state="delivered", delivered_at=timezone.now())

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        call_command("work", "--once")

    assert not OutgoingEvent.objects.exists()


def test_a_job_that_fails_does_not_stop_the_others(caplog):
    def fail():
        raise RuntimeError("no")

    Job("doomed", 1, fail).run_if_due()

    assert "the job 'doomed' failed" in caplog.text


def test_a_shop_delivers_no_sandbox_events(settings):
    settings.SANDBOX = False

    assert "deliver webhooks" not in [job.name for job in jobs(Relay())]


def test_it_stops_when_told_and_when_its_parent_has_gone(settings, tmp_path):
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}", "LOG_LEVEL": "CRITICAL"}
    command = [sys.executable, "manage.py", "work"]

    told = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    orphan = subprocess.Popen([*command, "--beside", "1"], cwd=settings.BASE_DIR, env=environment)

    assert orphan.wait(timeout=120) == 0
    told.send_signal(signal.SIGTERM)
    assert told.wait(timeout=120) in (0, -signal.SIGTERM)
