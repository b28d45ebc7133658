"""An agent that calls over the network, and does not give up."""

import http.client
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.caller import Caller

PATIENCE = 30  # seconds
PAUSE = 0.05


class Silence(Exception):
    """The server did not answer: nobody knows what it did."""


@dataclass(frozen=True)
class Answer:
    """What came back, under the names that Django's test client has for it."""

    status_code: int
    content: bytes
    headers: http.client.HTTPMessage

    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def is_final(self) -> bool:
        """Whether this is an answer, and not "try again"."""
        return self.status_code < 500 and "Retry-After" not in self.headers


class Shopper(Caller):
    """`caller`, over the network."""

    def __init__(self, caller: Caller, port: int, patience: float = PATIENCE) -> None:
        self.agent, self.key, self.version, self.port = caller.agent, caller.key, caller.version, port
        self.patience = patience

    def get(self, path: str, headers: Mapping[str, str | None] | None = None) -> Answer:
        """:raises Silence: if there is no answer."""
        return self._send("GET", path, None, self._headers(headers))

    def post(self, path: str, body: Any = None, headers: Mapping[str, str | None] | None = None) -> Answer:
        """:raises Silence: if there is no answer."""
        ours = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
        return self._send("POST", path, json.dumps(body or {}).encode(), self._headers({**ours, **(headers or {})}))

    def insist(self, path: str, body: Any, key: str) -> Answer:
        """Send the same request under the same key until it is answered, for `patience` seconds."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                answer = self.post(path, body, {"Idempotency-Key": key})
                if answer.is_final:
                    return answer
                trouble = answer.content.decode()
            except Silence as silence:
                trouble = str(silence)
            if time.monotonic() > deadline:
                raise TimeoutError(f"the key {key} for {path} is stuck: {trouble}")
            time.sleep(PAUSE)

    def is_served(self) -> bool:
        try:
            return self.get("/health").status_code == 200
        except Silence:
            return False

    def _send(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.read(), response.headers)
            if "Content-Length" not in answer.headers:
                raise http.client.IncompleteRead(answer.content)  # it died in the middle of its headers
            return answer
        except (OSError, http.client.HTTPException) as silence:
            raise Silence(f"{method} {path}: {silence!r}") from silence
        finally:
            connection.close()


class StubbornShopper(Shopper):
    """One whose every request is sent until it is answered."""

    def post(self, path: str, body: Any = None, headers: Mapping[str, str | None] | None = None) -> Answer:
        if headers and "Idempotency-Key" in headers:
            return super().post(path, body, headers)
        return self.insist(path, body, uuid.uuid4().hex)
