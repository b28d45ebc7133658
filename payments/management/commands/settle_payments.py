"""`manage.py settle_payments`: finish what a crash, or a silent processor, left unfinished, as often as you like."""

import json
import time
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
        report(list(sweep()))
        while every is not None:
            time.sleep(every)
            close_old_connections()
            report(list(sweep()))

    def _as_text(self, found: list[Found]) -> None:
        for each in found:
            self.stdout.write(f"{each.id}  {each.result}")
        counts = (f"{sum(each.kind == kind for each in found)} unfinished {kind}s" for kind in KINDS)
        self.stdout.write(", ".join(counts))

    def _as_json(self, found: list[Found]) -> None:
        document = {
            f"{kind}s": [
                {"id": each.id, "result": each.result, "finished": each.is_finished}
                for each in found
                if each.kind == kind
            ]
            for kind in KINDS
        }
        self.stdout.write(json.dumps(document))
