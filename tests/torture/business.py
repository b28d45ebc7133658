"""A shop at work, whatever happens to it: its server, its workers, agents who buy, and one who is told of orders."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import IO, Any, Self

from django.db import connection

from agents.models import EventState, OutgoingEvent
from agents.operations import set_endpoint
from checkout.models import Order
from tests.agents.receivers import SECRET, receiving
from tests.caller import Caller
from tests.torture import books
from tests.torture.load import SILENT, Load, eventually
from tests.torture.shopper import Answer, Shopper
from tests.torture.supervisor import Child, RealServer

BROWSER = {"Accept": "text/html", "Authorization": None, "Cookie": f"sessionid={'a' * 32}"}
SELLER = {"Authorization": "Bearer sk_test_till"}

# What is asked on every wire while the database cannot answer: method, path, headers
Call = tuple[str, str, Mapping[str, str | None]]
WRITES: dict[str, Call] = {
    "ACP": ("POST", "/checkout_sessions", {}),
    "ACP 2025-09-29": ("POST", "/checkout_sessions", {"API-Version": "2025-09-29"}),
    "coins": ("POST", "/stripe/create-customer", {}),
    "Stripe": ("POST", "/v1/customers", SELLER),
}
READS: dict[str, Call] = {
    "ACP": ("GET", "/checkout_sessions/cs_1", {}),
    "coins": ("GET", "/stripe/packages", {}),
    "Stripe": ("GET", "/v1/payment_intents/pi_1", SELLER),
    "shop": ("GET", "/", BROWSER),
    "admin": ("GET", "/admin/", BROWSER),
}
BODIES = {
    "/checkout_sessions": {
        "line_items": [{"id": "item_456"}],
        "items": [{"id": "item_456", "quantity": 1}],
        "currency": "usd",
        "capabilities": {},
    },
    "/stripe/create-customer": {"email": "ada@example.com", "name": "Ada"},
    "/v1/customers": {"name": "Ada"},
}


class Business:
    """From the beginning of the block to its end. The log is everybody's."""

    def __init__(self, log: IO[bytes], **settings: Any) -> None:
        self._log, self._settings = log, settings
        self._stack = ExitStack()
        self.caller = Caller()

    def __enter__(self) -> Self:
        with self._stack:
            self.inbox = self._stack.enter_context(receiving())
            set_endpoint(agent=self.caller.agent, url=self.inbox.url, secret=SECRET)
            self.server, self.worker = self.serve(), self.work()
            self.load = self._stack.enter_context(Load(self.caller, self.server.port))
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stack.close()

    def serve(self, **more: Any) -> RealServer:
        """One more server, which answers already."""
        server = self._stack.enter_context(RealServer(self._log, **self._settings, **more))
        eventually(Shopper(self.caller, server.port).is_served)
        return server

    def work(self, **more: Any) -> Child:
        """One more worker."""
        return self._stack.enter_context(Child(self._log, "work", **self._settings, **more))

    def ask(self, method: str, path: str, headers: Mapping[str, str | None]) -> Answer:
        asker = Shopper(self.caller, self.load.port)
        return asker.get(path, headers) if method == "GET" else asker.post(path, BODIES[path], headers)

    @property
    def result(self) -> str:
        """What came of it, for the table."""
        paid, told = len(self.load.purchases), self.load.answers
        elsewhere = f", {told[SILENT]} refused connections" if told[SILENT] else ""
        return f"{paid} purchases, each paid once; {told[503]} answers of 503{elsewhere}"

    def close_the_books(self, stocked: Mapping[str, int]) -> None:
        """All purchases are over. Nobody lends a hand: what is unfinished, the worker finishes; then all is right."""
        self.load.__exit__()
        self.load.ask_again()
        connection.close()  # what was done to the server was done to ours, too
        waiting = OutgoingEvent.objects.filter(state=EventState.PENDING)
        eventually(lambda: not books.leftovers() and not waiting.exists())
        assert self.load.flaws == []
        assert books.wrongs(stocked) + books.leftovers() + books.stuck_keys() == []
        assert Order.objects.count() >= len(self.load.purchases) > 0
        assert set(OutgoingEvent.objects.values_list("id", flat=True)) == set(self.inbox.ids)


def outage_flaws(business: Business, calls: Mapping[str, Call]) -> list[str]:
    """Which of these calls is not told, in the words of its wire, to come back later."""
    flaws = []
    for wire, call in calls.items():
        answer = business.ask(*call)
        if answer.status_code != 503 or not answer.headers["Retry-After"] or not _is_in_words(wire, answer):
            flaws.append(f"{wire}: {answer}")
    return flaws


def _is_in_words(wire: str, answer: Answer) -> bool:
    if wire in ("shop", "admin"):
        return b"back in a moment</h1>" in answer.content
    said = answer.json()
    match wire:
        case "coins":
            return list(said) == ["detail"]
        case "Stripe":
            return said["error"]["type"] == "api_error"
    return said["type"] == said["code"] == "service_unavailable" and "message" in said
