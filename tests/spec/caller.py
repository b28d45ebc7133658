"""An agent that speaks one version, and measures every answer it gets by the official schema of that version."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.test import Client

from tests.spec import bodies, official
from tests.spec.bodies import V5
from tests.spec.measures import measure_error, measure_session

Body = dict[str, Any]
SESSIONS = "/checkout_sessions"
DELEGATE_PAYMENT = "/agentic_commerce/delegate_payment"


@dataclass(frozen=True)
class Answer:
    """What came back: already measured."""

    status: int
    body: Any
    headers: Any

    @property
    def id(self) -> str:
        return str(self.body["id"])


class Caller:
    """`caller.create()`, `caller.complete(session_id, "tok_visa")`, …: bodies are built for the caller's version."""

    def __init__(self, version: str, api_key: str) -> None:
        self.version = version
        self.api_key = api_key
        self.client = Client(raise_request_exception=False)

    def create(self, **members: Any) -> Answer:
        return self.post(SESSIONS, bodies.create_body(self.version, **members))

    def get(self, session_id: str) -> Answer:
        return self.send("GET", f"{SESSIONS}/{session_id}")

    def update(self, session_id: str, **members: Any) -> Answer:
        return self.post(f"{SESSIONS}/{session_id}", bodies.update_body(self.version, **members))

    def complete(self, session_id: str, token: str = "tok_visa", **members: Any) -> Answer:
        return self.post(f"{SESSIONS}/{session_id}/complete", bodies.complete_body(self.version, token, **members))

    def cancel(self, session_id: str) -> Answer:
        return self.post(f"{SESSIONS}/{session_id}/cancel", bodies.cancel_body(self.version))

    def delegate(self, session_id: str, **members: Any) -> Answer:
        return self.post(DELEGATE_PAYMENT, bodies.delegate_body(session_id, **members))

    def request(self, operation: str, session_id: str) -> tuple[str, Any]:
        """A usual path and body for an operation, for tests that send them in their own way."""
        return {
            "create": (SESSIONS, bodies.create_body(self.version)),
            "update": (f"{SESSIONS}/{session_id}", bodies.update_body(self.version, option="express_shipping")),
            "complete": (f"{SESSIONS}/{session_id}/complete", bodies.complete_body(self.version, "tok_visa")),
            "cancel": (f"{SESSIONS}/{session_id}/cancel", bodies.cancel_body(self.version)),
            "delegate": (DELEGATE_PAYMENT, bodies.delegate_body(session_id)),
        }[operation]

    def post(self, path: str, body: Any = None, headers: dict[str, str | None] | None = None) -> Answer:
        """Send `body` as JSON (None: no body at all). A header that is None is not sent."""
        return self.send("POST", path, b"" if body is None else json.dumps(body).encode(), headers)

    def send(self, method: str, path: str, data: bytes = b"", headers: dict[str, str | None] | None = None) -> Answer:
        """Send these very bytes."""
        sent = self._usual_headers(method, data) | (headers or {})
        content_type = sent.pop("Content-Type", None) or ""
        response = self.client.generic(
            method, path, data, content_type, headers={name: value for name, value in sent.items() if value is not None}
        )
        answer = Answer(response.status_code, response.json(), response.headers)
        self._measure(path, answer)
        return answer

    def _usual_headers(self, method: str, data: bytes) -> dict[str, str | None]:
        headers: dict[str, str | None] = {"Authorization": f"Bearer {self.api_key}", "API-Version": self.version}
        if data:
            headers["Content-Type"] = "application/json"
        if method == "POST" and self.version == V5:
            headers["Idempotency-Key"] = str(uuid4())
        return headers

    def _measure(self, path: str, answer: Answer) -> None:
        document = "delegate_payment" if path == DELEGATE_PAYMENT else "agentic_checkout"
        assert answer.headers["Content-Type"].startswith("application/json")
        if answer.status >= 400:
            measure_error(self.version, document, answer.status, answer.body)
        elif document == "delegate_payment":
            official.validate(self.version, document, "DelegatePaymentResponse", answer.body)
        else:
            is_order_due = path.endswith("/complete") and answer.body["status"] == "completed"
            definition = "CheckoutSessionWithOrder" if is_order_due else "CheckoutSession"
            measure_session(self.version, answer.body, definition=definition)
