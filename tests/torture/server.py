"""A server of Till's whose processes can be made to die: `python -m tests.torture.server FD`.

It imports Till once and forks a process for each order to start, so that a restart takes milliseconds. It is told what
to do on its standard input, one word a line, and answers on its standard output (`supervisor`). The socket FD stays
open all the time: whoever calls while nobody serves waits for the next process, as behind a load balancer.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from config.wsgi import application  # sets Django up

from django.urls import get_resolver  # isort: skip

from tests.torture.deaths import die_at, die_before_step  # isort: skip


class Server(ThreadingMixIn, WSGIServer):
    """One thread a request, on a socket that is open already."""

    daemon_threads = True

    def __init__(self, listener: socket.socket) -> None:
        super().__init__(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_address = listener.getsockname()
        self.server_name, self.server_port = listener.getsockname()[:2]
        self.setup_environ()
        self.set_app(application)


class Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Till keeps a log of its own."""


def main(listener: socket.socket, orders: Iterable[str]) -> None:
    """Do what is ordered until there are no more orders."""
    child = 0
    for order in orders:
        match json.loads(order):
            case {"start": death}:
                child = os.fork()
                if not child:
                    live(listener, death)
                answer = child
            case "kill":
                os.kill(child, signal.SIGKILL)
                answer = os.waitpid(child, 0)[1]
            case "wait":
                answer = os.waitpid(child, 0)[1]
        print(answer, flush=True)


def live(listener: socket.socket, life: Mapping[str, Any]) -> None:
    """Be the process that dies at a `point`, or before a `step`; it serves, or `calls` one function and is done."""
    os.dup2(2, 1)  # our standard output is for answers
    if point := life.get("point"):
        die_at(point)
    if step := life.get("step"):
        die_before_step(step)
    if call := life.get("calls"):
        module, name = call.rsplit(".", 1)
        getattr(import_module(module), name)(*life["arguments"])
        os._exit(0)
    Server(listener).serve_forever()


if __name__ == "__main__":
    assert get_resolver().url_patterns  # imported before the first fork
    main(socket.socket(fileno=int(sys.argv[1])), sys.stdin)
