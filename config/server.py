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
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

if TYPE_CHECKING:
    from django.core.handlers.wsgi import WSGIHandler

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the environment's name for it, where prometheus_client looks too
STOPPING = "stopping"
APPLICATION = "config.wsgi"
THREADS = 8
NUDGE = signal.SIGURG  # means nothing to anybody, unless somebody listens
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
        APPLICATION,
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
    import_module(APPLICATION)
    gc.freeze()  # nobody searches again, and thereby copies, what was loaded until now
    if with_worker:
        start_worker()
    if sys.platform == "linux":  # Python 3.14's own choice would load everything again, as macOS's libraries demand
        multiprocessing.set_start_method("fork")
    server.serve(target_loader=load)


def load(module: str) -> "WSGIHandler":
    """What a web process serves. Called in each, by its main thread, before there are others."""
    hear_signals()
    application = import_module(module).application
    from agents import inspector  # not before Django is set up

    inspector.write_behind()
    return application


def hear_signals() -> None:
    """Let this thread, the main one, hear of a signal at once, whichever thread the system gave it to.

    A thread that is just being started may be given SIGTERM. Python notes it for the main thread, which waits for a
    lock, as granian's does, and never looks: we would serve until we are killed. So Python writes it into a pipe too,
    and who reads that wakes the main thread, by a signal that no other can take.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(NUDGE, lambda *_: None)
    threading.Thread(target=wake, args=(threading.get_ident(), reader), daemon=True).start()


def wake(thread: int, reader: int) -> None:
    """Send `thread` a NUDGE for every other signal that is written into the pipe."""
    while heard := os.read(reader, 1):
        if heard[0] != NUDGE:
            signal.pthread_kill(thread, NUDGE)


def start_worker() -> None:
    """`manage.py work` beside us: told to stop when we have, and gone if we are killed."""
    ours, words = {"beside": os.getpid()}, ("work",)
    multiprocessing.get_context("fork").Process(target=call_command, args=words, kwargs=ours, daemon=True).start()
