"""Addresses that receive events, each in its own way."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "whsec_for_tests"


class Inbox:
    """What arrived, and how the next one is answered: a status, or bytes that are no HTTP, or seconds to wait."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int | bytes | float] = []
        self.location, self.url = "", ""
        self.lock = threading.Lock()

    @property
    def ids(self) -> list[str]:
        return [headers["request-id"] for headers, _ in self.requests]


@contextmanager
def receiving() -> Iterator[Inbox]:
    """A server on loopback for as long as the block runs."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with inbox.lock:
                inbox.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
                answer = inbox.answers.pop(0) if inbox.answers else 200
            if isinstance(answer, bytes):
                self.wfile.write(answer)
                return
            if isinstance(answer, float):
                time.sleep(answer)
                answer = 200
            self.send_response(answer)
            if inbox.location:
                self.send_header("Location", inbox.location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    inbox.url = f"http://127.0.0.1:{server.server_port}/events"
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
