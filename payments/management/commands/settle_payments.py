"""`manage.py settle_payments`: finish what a crash, or a silent processor, left unfinished, as often as you like."""

import json
import time
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser
from django.db import close_old_connections

from agents.commands import Command as TillCommand
from payments.sweeping import Found, sweep

KINDS = ("payment", "refund", "event")


class Command(TillCommand):
    help = "Find out how every unfinished payment and refund ends, and settle it."
    example = "manage.py settle_payments --every 30 --json"
    has_json = True  # one document per round

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on, with a pause between the rounds")

    def handle(self, *args: Any, every: float | None, json: bool, **options: Any) -> None:
        report = self._as_json if json else self._as_text
        report(sweep())
        while every is not None:
            time.sleep(every)
            close_old_connections()
            report(sweep())

    def _as_text(self, sweeping: Iterable[Found]) -> None:
        """Each as soon as it is known: asking the processor takes its time."""
        counts = dict.fromkeys(KINDS, 0)
        for each in sweeping:
            self.stdout.write(f"{each.id}  {each.result}")
            self.stdout.flush()
            counts[each.kind] += 1
        self.stdout.write(", ".join(f"{count} unfinished {kind}s" for kind, count in counts.items()))

    def _as_json(self, sweeping: Iterable[Found]) -> None:
        found = list(sweeping)
        document = {
            f"{kind}s": [
                {"id": each.id, "result": each.result, "finished": each.is_finished}
                for each in found
                if each.kind == kind
            ]
            for kind in KINDS
        }
        self.stdout.write(json.dumps(document))
