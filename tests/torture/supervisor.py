"""Starts servers in processes of their own, and buries them: `tests.torture.server`, and the real `manage.py serve`."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
LEASE = 1  # seconds that a dead process keeps others waiting


def environment() -> dict[str, str]:
    """Our own, so that a server works on the database of the test that starts it."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "PAYMENT_LEASE": str(LEASE),
        "IDEMPOTENCY_LEASE": str(LEASE),
        "AGENT_RATE": "",
        "FORM_RATE": "",
        "LOG_LEVEL": "ERROR",
    }


def database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(database)


def with_stripe_at(url: str) -> dict[str, str]:
    """The settings of a shop that works with whoever speaks Stripe's language at `url`."""
    return {
        "PAYMENT_PROCESSOR": "payments.processors.stripe.StripeProcessor",
        "STRIPE_SECRET_KEY": "sk_test_till",
        "STRIPE_API_BASE": url,
    }


class Supervisor:
    """A server that can be started in a moment, each time with a death of its own."""

    def __init__(self, log: IO[bytes], **more: str) -> None:
        self.kills = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        fd = self._listener.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.server", str(fd)],
            cwd=ROOT,
            env=environment() | {"PORT": str(self.port)} | more,
            pass_fds=[fd],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self._is_running = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        if self._is_running:
            self._order("kill")
        self._process.communicate()
        self._listener.close()

    def start(self, **life: Any) -> None:
        """Let a process live: until it dies at a `point=…`, or before a `step=…`, or is killed."""
        self._order({"start": life})
        self._is_running = True

    def kill(self) -> None:
        """Kill it now."""
        self._bury("kill")
        self.kills += 1

    def stop(self) -> None:
        """Kill it when it has nothing to do, which does not count."""
        self._bury("kill")

    def has_died(self) -> bool:
        """Wait for its end, and return whether it was killed."""
        was_killed = os.WIFSIGNALED(self._bury("wait"))
        self.kills += was_killed
        return was_killed

    def _bury(self, order: str) -> int:
        self._is_running = False
        return self._order(order)

    def _order(self, order: Any) -> int:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class Child:
    """A command of Till's in a process of its own, and a process group of its own; whatever is left of it is killed."""

    def __init__(self, log: IO[bytes], *words: str, root: Path = ROOT, **more: str) -> None:
        self._log, self._words, self._root, self._more = log, words, root, more
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def processes(self) -> list[int]:
        """Itself, and those it has started."""
        pid = self._process.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def tell(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def status(self, timeout: float) -> int:
        """Wait for its end, and return its exit status."""
        return self._process.wait(timeout)

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", *self._words],
            cwd=self._root,
            env=environment() | self._more,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )


class RealServer(Child):
    """`manage.py serve`: granian, which starts a worker again that was killed, unless that happens all the time.

    Then it ends, and is started again by us, as by a machine's own supervisor.
    """

    def __init__(self, log: IO[bytes], **more: Any) -> None:
        self.kills = 0
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        super().__init__(log, "serve", "--workers", "1", PORT=str(self.port), **more)

    def revive(self) -> None:
        """Start it again if it has ended."""
        if not self.is_running:
            self._start()

    def kill(self) -> None:
        """Kill the process that serves."""
        for worker in self.processes[1:]:
            os.kill(worker, signal.SIGKILL)
            self.kills += 1
