"""A receiver of events for people who try things out: it verifies what arrives, and shows it."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.utils import timezone

from agents.webhooks import BadSignature, verify

MOST_READ = 1024 * 1024
Show = Callable[[dict[str, Any], str], Any]


class Receiver(ThreadingHTTPServer):
    """Listens on loopback; calls `show(event, request_id)` for what is genuine, and refuses the rest with 401."""

    daemon_threads = True

    def __init__(self, port: int, *, secret: str, show: Show, refused: Callable[[str], Any] = print) -> None:
        self.secret, self.show, self.refused = secret, show, refused
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/agentic_checkout/webhooks/order_events"


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    timeout = 10

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(min(int(length), MOST_READ)) if length.isdigit() else b""
        try:
            verify(body, self.headers.get("Merchant-Signature", ""), secret=self.server.secret, now=timezone.now())
            event = json.loads(body)
        except BadSignature as reason:
            self.server.refused(str(reason))
            self._answer(401, {"type": "invalid_request", "code": "invalid_signature", "message": str(reason)})
        except ValueError:
            self.server.refused("The body is not JSON.")
            self._answer(400, {"type": "invalid_request", "code": "invalid", "message": "The body is not JSON."})
        else:
            request_id = self.headers.get("Request-Id", "")
            self.server.show(event, request_id)
            self._answer(200, {"received": True, "request_id": request_id})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """What matters is shown."""
