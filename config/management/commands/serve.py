"""Start the web server, and tell a newcomer what to try."""

import os
import socket
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from agents.commands import Command as TillCommand
from config.management.commands.seed_demo import KEYS, STAFF

WELCOME = """
  Till answers at     {url}
  Staff               {url}/admin/{staff}
  API and its docs    {url}/docs
"""
TRY = """  Agent console       {url}/console

  Try it:

  curl -s {url}/checkout_sessions -H 'Authorization: Bearer {key}' -H 'API-Version: 2025-09-29' \\
    -H 'Content-Type: application/json' -d '{{"items": [{{"id": "item_123", "quantity": 1}}]}}'

"""


class Command(TillCommand):
    """`manage.py serve`: granian over WSGI, until SIGTERM or Ctrl-C; requests under way are finished first."""

    help = "Serve Till, and print where it is and one line to try."
    example = "manage.py serve --port 8001 --with-worker"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--workers", type=int, default=workers(), help="processes: one, or with PostgreSQL one a core"
        )
        parser.add_argument("--with-worker", action="store_true", help="run `manage.py work` too, as long as we run")

    def handle(self, *, host: str, port: int, workers: int, with_worker: bool, **options: Any) -> None:
        refuse_a_port_in_use(host, port)
        url = f"http://{host.replace('0.0.0.0', '127.0.0.1')}:{port}"  # noqa: S104
        self.stdout.write(welcome(url))
        self.stdout.flush()
        os.environ |= {"HOST": host, "PORT": str(port)}  # settings are read again, there
        if with_worker:  # our child stays the server's: it goes when its parent has gone
            subprocess.Popen([sys.executable, sys.argv[0], "work", "--beside", str(os.getpid())])  # noqa: S603
        # Become the server: signals reach it directly, and it starts without a copy of us in memory.
        os.execv(sys.executable, [sys.executable, *server(host, port, workers)])  # noqa: S606


def workers() -> int:
    """SQLite has one writer, who is quickest in one process; PostgreSQL takes as many as there are cores."""
    return 1 if connection.vendor == "sqlite" else os.cpu_count() or 1


def refuse_a_port_in_use(host: str, port: int) -> None:
    """:raises CommandError: if somebody answers there. granian would share the port, every other call going astray."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what was closed just now does not count
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise CommandError(f"Cannot listen on {host}:{port}: {exc.strerror}. Choose another: PORT=8001") from exc


def server(host: str, port: int, workers: int) -> list[str]:
    flags = {"host": host, "port": port, "workers": workers, "drain-seconds": settings.DRAIN_SECONDS}
    return ["-m", "config.server", *(word for name, value in flags.items() for word in (f"--{name}", str(value)))]


def welcome(url: str) -> str:
    if not settings.SANDBOX:
        return WELCOME.format(url=url, staff="") + "\n"
    return WELCOME.format(url=url, staff=f"   ({STAFF} / {STAFF})") + TRY.format(url=url, key=KEYS[0])
