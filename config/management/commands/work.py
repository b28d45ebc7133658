"""The worker: what must happen although nobody asks for it. One process, several of them safe side by side.

Each job finds its own work in the database and decides there who does it, so a worker that is killed has lost nothing,
and a second one finds nothing left to do.
"""

import logging
import os
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from agents.commands import Command as TillCommand
from agents.lines import apart
from agents.operations import forget_delivered_events, forget_old_requests
from agents.relay import Relay
from agents.tallies import Daily
from checkout.operations import expire_sessions
from config.dashboard import dailies
from ocp.operations import forget_contexts
from payments.sandbox.management.commands.deliver_webhooks import work as deliver_webhooks
from payments.sweeping import sweep
from spt.operations import expire_tokens

logger = logging.getLogger(__name__)

PAUSE = 0.5  # seconds between two looks at the clock


@dataclass
class Job:
    """Something to do every so many seconds."""

    name: str
    every: float
    run: Callable[[], Any]
    due: float = 0.0  # on the monotonic clock

    def run_if_due(self) -> None:
        now = time.monotonic()
        if now < self.due:
            return
        self.due = now + self.every
        close_old_connections()
        try:
            apart(self.run)
        except Exception:  # one job's trouble must not stop the others; its next turn comes
            logger.exception("the job '%s' failed", self.name)


def jobs(relay: Relay, is_stopping: Callable[[], bool] = lambda: False) -> list[Job]:
    """What there is to do; the sandbox's webhooks and tokens only where there is a sandbox."""
    always = [
        Job("deliver order events", 0, relay.run),
        Job("settle payments", 5, lambda: any(is_stopping() for _ in sweep())),
        Job("expire sessions", 30, expire_sessions),
        Job("forget contexts", 3600, lambda: forget_contexts(timezone.now())),
        Job("forget old requests", 3600, lambda: forget_old_requests(now=timezone.now())),
        Job("forget delivered events", 3600, lambda: forget_delivered_events(now=timezone.now())),
        *(Job(f"count {daily.name}", 3600, partial(_count, daily)) for daily in dailies()),
    ]
    sandbox = [Job("deliver webhooks", 1, deliver_webhooks), Job("expire tokens", 30, expire_tokens)]
    return always + sandbox if settings.SANDBOX else always


def _count(daily: Daily) -> None:
    for _ in daily.keep(timezone.now()):
        pass


class Command(TillCommand):
    """`manage.py work`: until SIGTERM or Ctrl-C; the payment and the deliveries at hand are finished first."""

    help = "Deliver events, settle payments, expire sessions, forget what is old."
    example = "manage.py work\nmanage.py work --once"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="run every job once, and stop")
        parser.add_argument("--beside", type=int, metavar="PID", help="stop when this parent process has gone")

    def handle(self, *, once: bool, beside: int | None, **options: Any) -> None:
        self.is_stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        relay = Relay()
        duties = jobs(relay, lambda: self.is_stopping)
        while not self.is_stopping and beside in (None, os.getppid()):
            for job in duties:
                if not self.is_stopping:
                    job.run_if_due()
            if once:
                break
            time.sleep(PAUSE)
        relay.close(at_once=not once)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True
