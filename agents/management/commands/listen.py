"""`manage.py listen`: receive events as an agent would, verify them, and print them."""

import json
from argparse import ArgumentParser
from typing import Any

from agents.commands import Command as TillCommand
from agents.receiver import Receiver

SECRET = "whsec_listen"  # noqa: S105  (for trying things out, on loopback)


class Command(TillCommand):
    help = "Receive events, verify their signatures, print them."
    example = "manage.py listen --port 8765"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8765)
        parser.add_argument("--secret", default=SECRET, help="the endpoint's secret")

    def handle(self, *, port: int, secret: str, **options: Any) -> None:
        with Receiver(port, secret=secret, show=self._show, refused=self._refuse) as receiver:
            self.stdout.write("Listening. Tell Till of it, and run it (make run):\n")
            self.stdout.write(f"  ORDER_EVENTS_URL={receiver.url}\n  ORDER_EVENTS_SECRET={secret}\n")
            try:
                receiver.serve_forever()
            except KeyboardInterrupt:
                self.stdout.write("")

    def _show(self, event: dict[str, Any], request_id: str) -> None:
        self.stdout.write(self.style.SUCCESS(f"{event.get('type')} {request_id}"))
        self.stdout.write(json.dumps(event.get("data"), indent=2))

    def _refuse(self, reason: str) -> None:
        self.stdout.write(self.style.ERROR(f"refused: {reason}"))
