"""The servers that are measured: Till, plain views on the same one, and one that keeps nothing."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent.parent
PLAIN = "tests.bench.plain_settings"
Documents = list[dict[str, Any]]


@dataclass
class Shop:
    """A server: where it listens, and the process that started its others."""

    port: int
    process: int = 0

    def ask(self, requests: Sequence[bytes]) -> Documents:
        from tests.bench import load

        return load.send(self.port, requests, keep=True).documents()


@contextmanager
def servers(processes: int) -> Iterator[tuple[Shop, Shop, Shop]]:
    """Till, plain views and the server that keeps nothing, each on a port of its own."""
    keeps_nothing = "-m granian --interface asgi --log-level error tests.bench.memory:app"
    with (
        served(*serve(processes)) as till,
        served(*serve(processes), DJANGO_SETTINGS_MODULE=PLAIN) as plain,
        served(*keeps_nothing.split()) as memory,
    ):
        yield till, plain, memory


def serve(processes: int) -> list[str]:
    return ["manage.py", "serve", "--workers", str(processes)]


@contextmanager
def served(*words: str, **settings: str) -> Iterator[Shop]:
    """What a command serves on a port of its own."""
    port = _free_port()
    where = {"HOST": "127.0.0.1", "PORT": str(port), "GRANIAN_PORT": str(port), "LOG_LEVEL": "INFO"}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, *words], env=os.environ | where | settings, cwd=ROOT, stdout=log, stderr=log
        )
        try:
            _wait_for(port)
            yield Shop(port, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def processor_seconds(shop: Shop) -> float:
    """What a server's processes have taken of the processors' time until now."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            facts = stat.read_text().rpartition(")")[2].split()
            if int(facts[1]) == shop.process:
                ticks += int(facts[11]) + int(facts[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_of(till: Shop) -> str:
    """What the largest of Till's processes that answer requests takes; and without what is only mapped from files."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has gone meanwhile
            facts = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            if int(facts["PPid"]) == till.process and "VmRSS" in facts:
                found.append([int(facts[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon")])
    return "{:.0f} MB ({:.0f} its own)".format(*max(found))


def answered(shop: Shop) -> int:
    """How many requests Till has counted until now."""
    with urlopen(f"http://127.0.0.1:{shop.port}/metrics") as response:  # noqa: S310
        lines = response.read().decode().splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith("till_requests_total{"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port}")
