"""A thousand events, workers that are killed at random moments, and a receiver that has bad days: none is lost."""

import json
import random
import subprocess
import sys
import time

import pytest

from agents import webhooks
from agents.models import EventState, OutgoingEvent
from agents.operations import create_agent, set_endpoint
from tests.agents.receivers import SECRET, receiving
from tests.torture.supervisor import ROOT, environment

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

EVENTS, SUBJECTS, KILLS, PATIENCE = 1000, 100, 8, 150
BAD_DAYS: list[int | bytes | float] = [500, 503, 429, 408, b"garbage\r\n\r\n", b"", 302]


def test_a_thousand_events_and_random_kills(log, record_property):
    with receiving() as inbox:
        write_events(inbox)
        bad = random.sample(range(EVENTS), 60)
        inbox.answers = [random.choice(BAD_DAYS) if number in bad else 200 for number in range(EVENTS)]
        kills = deliver_while_killing(log)
    record_property("kills", kills)

    assert not OutgoingEvent.objects.exclude(state=EventState.DELIVERED).exists()
    first_arrivals = list(dict.fromkeys(json.loads(body)["data"]["number"] for _, body in inbox.requests))
    assert sorted(first_arrivals) == list(range(EVENTS))
    for subject in range(SUBJECTS):
        of_one = [number for number in first_arrivals if number % SUBJECTS == subject]
        assert of_one == sorted(of_one)


def write_events(inbox):
    agent, _ = create_agent(name="Robin")
    set_endpoint(agent=agent, url=inbox.url, secret=SECRET)
    for number in range(EVENTS):
        subject, data = f"ord_{number % SUBJECTS}", {"number": number}
        webhooks.write(agent=agent, subject=subject, type="order_update", data=data, api_version="2026-04-17")


def deliver_while_killing(log):
    """Two workers side by side, each killed again and again, then left to finish; returns how many were killed."""
    deadline, kills = time.monotonic() + PATIENCE, 0
    workers = [start(log), start(log)]
    try:
        while OutgoingEvent.objects.filter(state=EventState.PENDING).exists():
            assert time.monotonic() < deadline, OutgoingEvent.objects.filter(state=EventState.PENDING).count()
            time.sleep(random.uniform(0.5, 3))
            if kills < KILLS:
                victim = random.randrange(2)
                workers[victim].kill()
                workers[victim].wait()
                workers[victim], kills = start(log), kills + 1
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return kills


def start(log):
    command = [sys.executable, "manage.py", "work"]
    return subprocess.Popen(command, cwd=ROOT, env=environment() | {"EVENT_LEASE": "12"}, stdout=log, stderr=log)
