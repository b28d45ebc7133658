"""A server that says whatever a test has it say, where Stripe would be: for what our own `/v1` never does."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Script:
    """The answers, one after the other (the last one for ever after), and the requests they were given to."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    requests: list["Heard"] = field(default_factory=list)

    def will(self, *answers: Answer) -> None:
        self.answers[:] = answers


@dataclass(frozen=True)
class Heard:
    path: str
    headers: dict[str, str]
    form: dict[str, str]


def says(status: int, body: Any, **headers: str) -> Answer:
    """An answer with this status and JSON."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _send(handler, status, json.dumps(body).encode(), headers)

    return answer


def error(status: int, **members: Any) -> Answer:
    """An answer with Stripe's error object."""
    return says(status, {"error": {"type": "invalid_request_error", "message": "No.", **members}})


def intent(status: str, **members: Any) -> Answer:
    document = {"id": "pi_1", "object": "payment_intent", "status": status, "latest_charge": "ch_1"}
    return says(200, document | {"last_payment_error": None, "next_action": None} | members)


def drops(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"id": "pi_1", "obj')
    drops(handler)


def babbles(handler: BaseHTTPRequestHandler) -> None:
    _send(handler, 200, b"<html>It works!</html>", {})


def is_silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in {"Request-Id": "req_1", "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def serving() -> Iterator[Script]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            script.requests.append(Heard(self.path, dict(self.headers.items()), dict(parse_qsl(body))))
            answer = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
            answer(self)

        do_GET = do_POST

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script = Script(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield script
    server.shutdown()
    server.server_close()
    thread.join()
