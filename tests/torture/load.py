"""Agents who buy as fast as they can, and note every answer: what they may hear in bad times, and what never.

An agent is good: it sends a request again, under the same key, until it is answered. It is strict too: a refusal that
does not say when to come back, in the words of the wire, is a flaw.
"""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

from tests.caller import Caller, payment
from tests.torture.shopper import Answer, Silence, StubbornShopper
from tests.torture.stories import GOODS, PAYS

LIMIT = 120  # seconds: on a slow and busy machine, too
PAUSE = 0.2  # seconds between two purchases of one agent: it is not alone on the machine
SILENT = "no answer"


@dataclass(frozen=True)
class Purchase:
    path: str
    body: Any
    key: str
    content: bytes


def eventually(is_so: Callable[[], Any]) -> None:
    """Wait until it is so.

    :raises TimeoutError: if it does not become so.
    """
    deadline = time.monotonic() + LIMIT
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)


class Load:
    """Several agents at once, from the beginning of the block to its end. Where they call (`port`) may change."""

    def __init__(self, caller: Caller, port: int, *, agents: int = 4) -> None:
        self.caller, self.port = caller, port
        self.answers: Counter[int | str] = Counter()
        self.flaws: list[str] = []
        self.slowest = 0.0  # seconds
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._bought: list[Purchase] = []
        self._pool = ThreadPoolExecutor(agents)
        self._agents: list[Future[None]] = []
        self._number = agents

    def __enter__(self) -> Self:
        self._agents = [self._pool.submit(self._shop, random.Random(number)) for number in range(self._number)]
        return self

    def __exit__(self, *_: Any) -> None:
        self._is_over.set()
        self._pool.shutdown(wait=True)

    @property
    def purchases(self) -> list[Purchase]:
        with self._lock:
            return list(self._bought)

    def go_on(self, more: int) -> None:
        """Wait until so many more purchases have been made."""
        before = len(self.purchases)
        eventually(lambda: len(self.purchases) >= before + more or any(agent.done() for agent in self._agents))
        self.require_health()

    def until(self, answer: int | str, times: int = 1) -> None:
        """Wait until this was heard so many more times."""
        before = self.answers[answer]
        eventually(lambda: self.answers[answer] >= before + times)

    def require_health(self) -> None:
        """:raises Exception: if an agent has given up."""
        for agent in self._agents:
            if agent.done():
                agent.result()

    def ask_again(self) -> None:
        """Everybody asks again for every answer, and must hear the same."""
        self.require_health()
        agent = GoodAgent(self)
        for purchase in self.purchases:
            assert agent.insist(purchase.path, purchase.body, purchase.key).content == purchase.content

    def note(self, call: str, answer: Answer | Silence, seconds: float) -> None:
        with self._lock:
            self.answers[answer.status_code if isinstance(answer, Answer) else SILENT] += 1
            self.slowest = max(self.slowest, seconds)
            if flaw := flaw_of(answer):
                self.flaws.append(f"{call}: {flaw}")

    def _shop(self, chance: random.Random) -> None:
        agent = GoodAgent(self)
        while not self._is_over.is_set():
            session = agent.ready(*chance.sample(GOODS, k=chance.choice([1, 2])))
            path, key = f"/checkout_sessions/{session['id']}/complete", uuid.uuid4().hex
            body = payment(agent.delegate(session, PAYS))
            answer = agent.insist(path, body, key)
            assert answer.json().get("status") == "completed", answer.content
            with self._lock:
                self._bought.append(Purchase(path, body, key, answer.content))
            time.sleep(PAUSE)


class GoodAgent(StubbornShopper):
    """One of them."""

    def __init__(self, load: Load) -> None:
        self._load = load
        super().__init__(load.caller, load.port, LIMIT)

    def _send(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        self.port, began = self._load.port, time.monotonic()
        try:
            answer = super()._send(method, path, data, headers)
        except Silence as silence:
            self._load.note(f"{method} {path}", silence, time.monotonic() - began)
            raise
        self._load.note(f"{method} {path}", answer, time.monotonic() - began)
        return answer


def flaw_of(answer: Answer | Silence) -> str:
    """What is wrong with an answer, whatever is wrong with our world. Whoever was not let in may try another door."""
    if isinstance(answer, Silence):
        return "" if isinstance(answer.__cause__, ConnectionRefusedError) else str(answer)
    if answer.status_code in (200, 201):
        return ""
    said = answer.json()
    if answer.status_code == 409 and answer.headers["Retry-After"]:
        return ""
    is_said = said.get("type") == said.get("code") == "service_unavailable" and said.get("message")
    if answer.status_code == 503 and answer.headers["Retry-After"] and is_said:
        return ""
    return f"{answer.status_code} {dict(answer.headers)} {answer.content!r}"
