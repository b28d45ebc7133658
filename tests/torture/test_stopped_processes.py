"""A process stands still for longer than its lease, another takes over, and then the first one goes on."""

import signal

import pytest

from agents import webhooks
from agents.models import Endpoint, EventState, OutgoingEvent
from agents.operations import set_endpoint
from tests.agents.receivers import SECRET, receiving
from tests.torture.load import LIMIT, eventually
from tests.torture.supervisor import Child

pytestmark = [pytest.mark.slow, pytest.mark.needs_postgres]  # SQLite's one lock could be held by who stands still

STOP, GO_ON, END = signal.SIGSTOP, signal.SIGCONT, signal.SIGTERM
EVENTS = 12
SLOW = 2.0  # seconds that the receiver takes for the first event: time to stop who sends it


def test_a_worker_that_was_stopped_past_its_lease(caller, log, survived):
    with receiving() as inbox:
        inbox.answers = [SLOW]
        set_endpoint(agent=caller.agent, url=inbox.url, secret=SECRET)
        for number in range(EVENTS):
            webhooks.write(
                agent=caller.agent, subject=f"ord_{number % 2}", type="order_update", data={}, api_version="2026-04-17"
            )
        with Child(log, "work", EVENT_LEASE="3") as first:
            eventually(lambda: inbox.requests)
            first.tell(STOP)
            with Child(log, "work", EVENT_LEASE="3") as second:
                eventually(lambda: not waiting().exists())
                first.tell(GO_ON)
                for worker in (first, second):
                    worker.tell(END)
                    assert worker.status(LIMIT) == 0

        assert set(inbox.ids) == set(OutgoingEvent.objects.values_list("id", flat=True))
        assert OutgoingEvent.objects.filter(state=EventState.DELIVERED, lease_until=None).count() == EVENTS
        assert Endpoint.objects.get().failures == 0
    survived("a worker stopped past its lease (SIGSTOP), and going on", 1, "worker", "another delivers; nothing lost")


def waiting():
    return OutgoingEvent.objects.filter(state=EventState.PENDING)
