"""The web server's first process: `python -m config.server`, which `manage.py serve` becomes. It starts the others.

It gives them a folder to share, where they count (`agents.metrics`) and where it says that it is stopping. From then on
`/ready` answers 503, and for DRAIN_SECONDS everything else is answered as ever, so that a load balancer can look away
before the socket closes. Then requests under way are finished.
"""

import os
import shutil
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the environment's name for it, where prometheus_client looks too
STOPPING = "stopping"
THREADS = 8
LAST_REQUESTS = 30  # seconds that requests under way have to finish once we are told to stop


def is_stopping() -> bool:
    """Whether the server that this process belongs to has been told to stop."""
    folder = os.environ.get(FOLDER)
    return folder is not None and Path(folder, STOPPING).exists()


class Server(MPServer):
    """granian, which says that it is about to stop before it does."""

    drain_seconds = 0.0

    def shutdown(self, exit_code: int = 0) -> None:
        Path(os.environ[FOLDER], STOPPING).touch()
        time.sleep(self.drain_seconds)
        super().shutdown(exit_code)


def main(host: str, port: int, workers: int, drain_seconds: float) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="till-")
    server = Server(
        "config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        workers_kill_timeout=LAST_REQUESTS,
        respawn_failed_workers=True,
        websockets=False,
        log_level=LogLevels.error,  # it warns about any number of threads above the cores'
    )
    server.drain_seconds = drain_seconds
    try:
        server.serve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--drain-seconds", type=float, default=0)
    main(**vars(parser.parse_args()))
