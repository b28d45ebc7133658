"""Start the web server, and tell a newcomer what to try."""

import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from agents.commands import Command as TillCommand
from config import server
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
    requires_system_checks = ()  # they import what counts requests, so they have to wait for the server's folder

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--workers", type=int, default=workers(), help="processes: one, or with PostgreSQL one a core"
        )
        parser.add_argument("--with-worker", action="store_true", help="run `manage.py work` too, as long as we run")
        parser.add_argument("--demo", action="store_true", help="`migrate` and `seed_demo` first")

    def handle(self, *, host: str, port: int, workers: int, with_worker: bool, demo: bool, **options: Any) -> None:
        if (host, port) != (settings.HOST, settings.PORT):
            start_again(HOST=host, PORT=str(port))  # settings are made of these
        refuse_a_port_in_use(host, port)
        if demo:
            furnish()
        with server.folder():
            self.check()
            self.stdout.write(welcome(f"http://{host.replace('0.0.0.0', '127.0.0.1')}:{port}"))  # noqa: S104
            server.run(host=host, port=port, workers=workers, with_worker=with_worker)


def start_again(**environment: str) -> None:
    """Become the same command, with settings that are read from this `environment`."""
    os.environ |= environment
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606


def furnish() -> None:
    """Fill the sandbox, old or new, and let go of the database."""
    call_command("migrate", verbosity=0)
    call_command("seed_demo")
    database: Any = connection
    database.close()
    if database.vendor == "postgresql":
        database.close_pool()  # which has threads


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


def welcome(url: str) -> str:
    if not settings.SANDBOX:
        return WELCOME.format(url=url, staff="") + "\n"
    return WELCOME.format(url=url, staff=f"   ({STAFF} / {STAFF})") + TRY.format(url=url, key=KEYS[0])
