"""The worker's part in events: find those that are due, and have threads deliver them.

Each endpoint has threads of its own, few if it takes its events, one if it does not: so a slow one delays no other.
What is due, and who is at it, is in the database; here are only hands.
"""

import logging
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from agents import engines
from agents.models import OutgoingEvent
from agents.webhooks import deliver

logger = logging.getLogger(__name__)

THREADS = 32
THREADS_OF_ONE = 4
SEEN_AT_ONCE = 500
PATIENCE_WITH_ENGINE = 30.0  # seconds
LATE = timedelta(minutes=1)


class Relay:
    """One worker's threads."""

    def __init__(self) -> None:
        self._busy: Counter[str] = Counter()
        self._told: dict[int, float] = {}
        self._is_closing = False
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="events")

    def run(self) -> None:
        """Begin what is due, as far as there are hands; do not wait for it."""
        if tell := engines.hand_over():
            for sequence in self._not_told_lately(_due_sequences()):
                tell(sequence)
            return
        for agent_id, failures in _waiting():
            if self._busy.total() >= THREADS:
                return
            if self._busy[agent_id] < (1 if failures else THREADS_OF_ONE):
                self._busy[agent_id] += 1
                self._pool.submit(self._serve, agent_id)

    def close(self, *, at_once: bool = False) -> None:
        """Wait until all that is due was delivered; `at_once`, only for the tries under way. The rest stays due."""
        self._is_closing = at_once
        self._pool.shutdown(wait=True, cancel_futures=at_once)

    def _not_told_lately(self, sequences: list[int]) -> list[int]:
        """An engine may have a long queue: it is not told of the same event again and again."""
        now = time.monotonic()
        self._told = {sequence: told for sequence, told in self._told.items() if told > now - PATIENCE_WITH_ENGINE}
        fresh = [sequence for sequence in sequences if sequence not in self._told]
        self._told |= dict.fromkeys(fresh, now)
        return fresh

    def _serve(self, agent_id: str) -> None:
        try:
            while not self._is_closing and (sequence := next(iter(_due_sequences(agent_id)), None)):
                if not deliver(sequence):
                    return  # somebody else has it, or it must wait; the worker looks again soon
        except Exception:  # nobody asks a thread how it ended; its event is due again after its lease
            logger.exception("the events of %s could not be delivered", agent_id)
        finally:
            self._busy[agent_id] -= 1
            connection.close()


def deliver_all(now: datetime | None = None) -> int:
    """Deliver what is due, one after the other; return how many events arrived."""
    delivered, tried = 0, set[int]()
    while some := [sequence for sequence in _due_sequences(now=now) if sequence not in tried]:
        for sequence in some:
            tried.add(sequence)
            delivered += deliver(sequence, now)
    return delivered


def is_late() -> bool:
    """Whether events wait that a worker should have delivered a minute ago: none runs, or too few."""
    return OutgoingEvent.objects.late(timezone.now() - LATE).exists()


def _due_sequences(agent_id: str = "", now: datetime | None = None) -> list[int]:
    due = OutgoingEvent.objects.due(now or timezone.now()).order_by("next_try_at", "sequence")
    if agent_id:
        due = due.filter(agent=agent_id)
    return list(due.values_list("sequence", flat=True)[: 1 if agent_id else SEEN_AT_ONCE])


def _waiting() -> list[tuple[str, int]]:
    """Whose events are due, and how often each failed lately."""
    due = OutgoingEvent.objects.due(timezone.now()).order_by("agent")
    return list(due.values_list("agent", "agent__endpoint__failures").distinct())
