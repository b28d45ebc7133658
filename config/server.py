"""The web server. `manage.py serve` calls `run`, whose process starts the others and looks after them.

They are forked from it with everything that it has loaded: they answer at once, one that died is replaced at once, and
memory that nobody changes is there once. What they must not share, a connection to the database, it does not have.

They have a folder in common, where they count (`agents.metrics`) and where it says that it is stopping. From then on
`/ready` answers 503, and for DRAIN_SECONDS everything else is answered as ever, so that a load balancer can look away
before the socket closes. Then requests under way are finished.
"""

import gc
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
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


@contextmanager
def folder() -> Iterator[None]:
    """What they have in common, while we are in here. Enter first: prometheus_client looks for it as it is imported."""
    path = os.environ[FOLDER] = tempfile.mkdtemp(prefix="till-")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # until granian minds it
    try:
        yield
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Server(MPServer):
    """granian, which says that it is about to stop before it does."""

    def shutdown(self, exit_code: int = 0) -> None:
        Path(os.environ[FOLDER], STOPPING).touch()
        time.sleep(settings.DRAIN_SECONDS)
        super().shutdown(exit_code)


def run(*, host: str, port: int, workers: int, with_worker: bool) -> None:
    """Serve until SIGTERM or Ctrl-C. To be called in our `folder`, and without threads."""
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
    import_module("config.wsgi")
    gc.freeze()  # nobody searches again, and thereby copies, what was loaded until now
    if with_worker:
        start_worker()
    if sys.platform == "linux":  # Python 3.14's own choice would load everything again, as macOS's libraries demand
        multiprocessing.set_start_method("fork")
    server.serve()


def start_worker() -> None:
    """`manage.py work` beside us: told to stop when we have, and gone if we are killed."""
    ours, words = {"beside": os.getpid()}, ("work",)
    multiprocessing.get_context("fork").Process(target=call_command, args=words, kwargs=ours, daemon=True).start()
