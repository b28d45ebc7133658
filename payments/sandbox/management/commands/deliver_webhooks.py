"""`manage.py deliver_webhooks`: tell the sandbox's webhook endpoints what happened, until stopped, or once."""

import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from agents.commands import Command as TillCommand
from payments.sandbox.deliveries import deliver
from payments.sandbox.models import Event
from payments.sandbox.operations import settle_due_refunds
from payments.sandbox.wire.idempotency import forget_old_requests

PAUSE = 1.0  # seconds
MEMORY = timedelta(days=30)  # how long an event can be asked for


class Command(TillCommand):
    help = "Deliver the sandbox's events, have its banks end what they think about, and forget what is old."
    example = "manage.py deliver_webhooks --once"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="make the attempts that are due, and stop")

    def handle(self, *, once: bool, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("There is nothing to deliver where SANDBOX is off.")
        while True:
            taken = work()
            if taken or once:
                self.stdout.write(f"Delivered {taken} event(s).")
            if once:
                return
            time.sleep(PAUSE)


def work() -> int:
    """Do what is due, and return how many events were delivered."""
    now = timezone.now()
    settle_due_refunds(now)
    taken = deliver(now)
    forget_old_requests(now)
    Event.objects.filter(created_at__lte=now - MEMORY).delete()
    return taken
