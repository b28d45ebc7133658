"""Stands between Till and its processor, and lets go wrong what networks and servers let go wrong."""

import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

LATE = 0.6  # seconds: later than Till waits (`test_faults.TIMEOUT`)
HOP_BY_HOP = {"connection", "host", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


Forward = Callable[[], Answer]
Fault = Callable[[Forward], Answer | None]  # no answer: the connection is closed


def drop_before(forward: Forward) -> None:
    """The request is lost."""


def drop_after(forward: Forward) -> None:
    """The work is done, and its answer is lost."""
    forward()


def late_request(forward: Forward) -> None:
    """The request arrives when nobody waits for its answer any more."""
    time.sleep(LATE)
    forward()


def late_answer(forward: Forward) -> Answer:
    answer = forward()
    time.sleep(LATE)
    return answer


def repeat(forward: Forward) -> Answer:
    """The request arrives twice."""
    forward()
    return forward()


def break_before(forward: Forward) -> Answer:
    return _trouble(500)


def break_after(forward: Forward) -> Answer:
    """The work is done, and something breaks on the way back."""
    forward()
    return _trouble(500)


def conflict(forward: Forward) -> Answer:
    """Stripe is still at work on a request with this key, or says so."""
    return _trouble(409)


def conflict_after(forward: Forward) -> Answer:
    forward()
    return _trouble(409)


def truncate(forward: Forward) -> Answer:
    """The answer stops in the middle, and does not say so."""
    answer = forward()
    return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])


def tear(forward: Forward) -> Answer:
    """The connection is lost in the middle of the answer."""
    answer = forward()
    length = ("Content-Length", str(len(answer.body)))
    return Answer(answer.status, [*answer.headers, length], answer.body[: len(answer.body) // 2])


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        drop_before,
        drop_after,
        late_request,
        late_answer,
        repeat,
        break_before,
        break_after,
        conflict,
        conflict_after,
        truncate,
        tear,
    )
}


class Proxy:
    """Passes on what comes to `url`; but what was told to `fail` fails, so many times."""

    def __init__(self, port: int) -> None:
        self.failed = 0
        self._port = port
        self._quiet = threading.Condition()
        self._under_way = 0
        self._fault: tuple[Fault, re.Pattern[str]] | None = None
        self._times = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"proxy": self}))
        self._server.daemon_threads = False  # a late request arrives before we are gone
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, fault: Fault, call: str, times: int) -> None:
        """Have the next `times` requests whose "METHOD /path" is `call` (a pattern) go wrong."""
        self._fault, self._times, self.failed = (fault, re.compile(call)), times, 0

    def heal(self) -> None:
        """From now on all goes well, and what was late has arrived."""
        self._times = 0
        with self._quiet:
            assert self._quiet.wait_for(lambda: not self._under_way, timeout=30)

    @contextmanager
    def passing(self, call: str) -> Iterator[Fault | None]:
        """A request passes; it has the fault that is its own."""
        with self._quiet:
            self._under_way += 1
            fault = self._fault[0] if self._fault and self._times and self._fault[1].fullmatch(call) else None
            if fault:
                self._times -= 1
                self.failed += 1
        try:
            yield fault
        finally:
            with self._quiet:
                self._under_way -= 1
                self._quiet.notify_all()

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
            return Answer(response.status, kept, response.read())
        finally:
            connection.close()


class Handler(BaseHTTPRequestHandler):
    """One request; the connection is closed after it."""

    proxy: Proxy

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}

        def forward() -> Answer:
            return self.proxy.forward(self.command, self.path, headers, body)

        with self.proxy.passing(f"{self.command} {self.path.split('?')[0]}") as fault:
            answer = fault(forward) if fault else forward()
            if answer is not None:
                self._send(answer)

    do_POST = do_DELETE = do_GET

    def _send(self, answer: Answer) -> None:
        try:
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
        except OSError:  # nobody waits any more
            pass

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def _trouble(status: int) -> Answer:
    body = b'{"error": {"type": "api_error", "message": "Something went wrong on our end."}}'
    return Answer(status, [("Content-Type", "application/json"), ("Request-Id", "req_trouble")], body)
