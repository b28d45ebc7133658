"""Celery delivers events through a real Redis; a message that is lost or comes twice does no harm."""

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest
import redis
from celery.contrib.testing.worker import start_worker
from django.db import transaction

from agents import operations, webhooks
from agents.celery import app, hand_over
from agents.models import EventState, OutgoingEvent, Try
from agents.relay import Relay
from tests.agents.receivers import SECRET, receiving

pytestmark = pytest.mark.django_db(transaction=True)  # Celery's threads have connections of their own
PATIENCE = 20.0  # seconds


@pytest.fixture(scope="module")
def port():
    """Where the engine looks for its Redis."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    app.conf.broker_url = f"redis://127.0.0.1:{port}/0"
    return port


@pytest.fixture
def broker(port, tmp_path):
    """A Redis of our own; where none is installed this is seen as a skip."""
    program = shutil.which("redis-server") or pytest.skip("no redis-server to run Celery on: apt-get install it")
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    with redis.Redis(port=port) as client:
        until(lambda: answers(client))
        yield client
    process.kill()
    process.wait()


@pytest.fixture
def inbox():
    with receiving() as inbox:
        yield inbox


@pytest.fixture
def happen(agent, inbox, settings):
    settings.EVENT_ENGINE = "agents.celery.hand_over"
    operations.set_endpoint(agent=agent, url=inbox.url, secret=SECRET)

    def write(subject="ord_1"):
        with transaction.atomic():
            return webhooks.write(
                agent=agent, subject=subject, type="order_update", data={"id": subject}, api_version="2026-04-17"
            )

    return write


@contextmanager
def worker():
    with start_worker(app, pool="threads", concurrency=2, perform_ping_check=False):
        yield


def answers(client):
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


def until(is_so):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def all_arrived():
    return not OutgoingEvent.objects.exclude(state=EventState.DELIVERED).exists()


def queued(broker):
    return broker.llen("celery")


def test_events_arrive_by_themselves(broker, happen, inbox):
    events = [happen(f"ord_{number}") for number in range(20)]
    assert queued(broker) == 20

    with worker():
        until(all_arrived)

    assert sorted(inbox.ids) == sorted(event.id for event in events)


def test_a_message_that_got_lost_is_written_again(broker, happen, inbox):
    event = happen()
    broker.flushall()

    Relay().run()
    with worker():
        until(all_arrived)

    assert inbox.ids == [event.id]


def test_a_message_that_comes_again_finds_its_event_delivered(broker, happen, inbox):
    event = happen()
    for _ in range(4):
        hand_over(event.sequence)
    assert queued(broker) == 5

    with worker():
        until(lambda: not queued(broker) and all_arrived())

    assert inbox.ids == [event.id]
    assert Try.objects.count() == 1


def test_a_broker_that_is_down_costs_no_event_and_little_time(port, happen, caplog):
    began = time.monotonic()
    event = happen()

    assert time.monotonic() - began < 5
    assert OutgoingEvent.objects.get() == event
    assert "Error calling" in caplog.text
