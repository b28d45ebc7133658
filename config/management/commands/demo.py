"""The flows that every newcomer should see once, told step by step against a running counter.

Flow 1: an assistant such as ChatGPT collects the card and delegates it. Flow 2: the shop's own page turns the card into
a token. Flow 3: a game sells coins. Nothing is shown that was not sent and answered, or received and verified: what
Till tells the agent of an order arrives here.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction

from agents.commands import Command as TillCommand
from agents.models import ApiKey, Endpoint, OutgoingEvent
from agents.operations import new_secret, set_endpoint
from agents.receiver import Receiver
from checkout.operations import Tracking, ship_order
from payments.money import Money

Body = dict[str, Any]

ADDRESS = {
    "name": "John Doe",
    "line_one": "123 Main St",
    "city": "San Francisco",
    "state": "CA",
    "country": "US",
    "postal_code": "94102",
}
START_SECONDS = 60
EVENT_SECONDS = 10


class Command(TillCommand):
    help = "Play the payment flows against a running Till."
    example = "manage.py demo --url http://127.0.0.1:8000"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--url", default=settings.PUBLIC_URL, help="where Till runs; started there if nothing answers"
        )
        parser.add_argument("--key", default="api_key_123", help="the agent's API key")

    def handle(self, *args: Any, url: str, key: str, **options: Any) -> None:
        self.url, self.key = url.rstrip("/"), key
        with self._server(), self._receiver():
            self._title("Flow 1 · The assistant delegates the buyer's card")
            self._delegated()
            self._title("Flow 2 · The shop's own page brings a token")
            self._direct()
            self._title("Flow 3 · A game sells coins")
            self._coins()

    def _delegated(self) -> None:
        self._say("The buyer: “I want to buy this sofa.” The assistant opens a checkout session.")
        session = self._call("/checkout_sessions", {"items": [{"id": "sofa_123", "quantity": 1}]})
        path = f"/checkout_sessions/{session['id']}"
        self._say(f"Till asks: {session['messages'][0]['content']}. The buyer gives it.")
        self._call(path, {"fulfillment_address": ADDRESS})
        self._say("The buyer picks a way of delivery; the session is ready for payment.")
        session = self._call(path, {"fulfillment_option_id": "shipping_standard"})
        total = next(total["amount"] for total in session["totals"] if total["type"] == "total")
        self._say(
            f"The buyer types a card into the assistant, which delegates it: {Money(total, 'usd')} at most, once."
        )
        token = self._call("/agentic_commerce/delegate_payment", self._delegation(session["id"], total))
        self._say("The card is gone; the assistant holds a vault token and completes with it.")
        session = self._call(f"{path}/complete", {"payment_data": {"token": token["id"], "provider": "stripe"}})
        self._done(session)
        self._ship(session)
        self._say("The same token a second time? It is used up, and so is the session.")
        self._call(f"{path}/complete", {"payment_data": {"token": token["id"], "provider": "stripe"}}, expect=409)

    def _direct(self) -> None:
        self._say("The shop's page opens a session, with the address known.")
        body = {"items": [{"id": "sofa_123", "quantity": 1}], "fulfillment_address": ADDRESS}
        session = self._call("/checkout_sessions", body)
        path = f"/checkout_sessions/{session['id']}"
        self._say("A first card is declined: nothing is charged and the session stays payable.")
        declined = {"payment_data": {"token": "tok_visa_chargeDeclined", "provider": "stripe"}}
        self._call(f"{path}/complete", declined)
        self._say("The browser turned another card into a token; the session is completed with it.")
        session = self._call(f"{path}/complete", {"payment_data": {"token": "tok_visa", "provider": "stripe"}})
        self._done(session)

    def _coins(self) -> None:
        self._say("A player signs up. The game makes them a customer, and notes the card they pay with.")
        user_id = self._call("/stripe/create-customer", {"email": "ada@example.com", "name": "Ada"})["user_id"]
        card = {"user_id": user_id, "payment_method_id": "pm_card_visa"}
        self._call("/stripe/attach-payment-method", card)
        self._say("One click buys a package: one payment, and one transfer of coins.")
        self._call("/stripe/purchase-currency", {"user_id": user_id, "package_id": "package_2"})
        self._say("They spend some. What they do not have, they cannot spend.")
        sword = {"user_id": user_id, "amount": 120, "reason": "a sword"}
        left = self._call("/stripe/spend-currency", sword)["new_balance"]
        self._call("/stripe/spend-currency", sword | {"amount": left + 1}, expect=400)
        self._say(f"Players who like to buy by themselves do it here: {self.url}/coins")

    def _delegation(self, session_id: str, amount: int) -> Body:
        expires_at = datetime.now(UTC) + timedelta(minutes=30)
        return {
            "payment_method": {
                "type": "card",
                "card_number_type": "fpan",
                "number": "4242424242424242",
                "exp_month": "12",
                "exp_year": str(expires_at.year + 2),
                "cvc": "123",
                "display_card_funding_type": "credit",
                "display_brand": "visa",
                "display_last4": "4242",
                "metadata": {},
            },
            "allowance": {
                "reason": "one_time",
                "max_amount": amount,
                "currency": "usd",
                "checkout_session_id": session_id,
                "merchant_id": settings.MERCHANT_IDS[0],
                "expires_at": expires_at.isoformat(timespec="seconds"),
            },
            "risk_signals": [{"type": "card_testing", "score": 5, "action": "authorized"}],
            "metadata": {"source": "demo"},
        }

    def _done(self, session: Body) -> None:
        self._say(f"Order made. The buyer's page: {session['order']['permalink_url']}")
        self._hear(session["order"]["id"])

    def _ship(self, session: Body) -> None:
        order_id = session["order"]["id"]
        if OutgoingEvent.objects.filter(subject=order_id).exists():
            self._say("Staff send the parcel, as in the admin or with `manage.py order`.")
            ship_order(order_id=order_id, tracking=Tracking(carrier="UPS", tracking_number="1Z999AA10123456784"))
            self._hear(order_id)

    def _hear(self, order_id: str) -> None:
        """Show what Till tells the agent of this order, as it arrives; what was shown is not shown again."""
        missing = set(OutgoingEvent.objects.filter(subject=order_id).values_list("id", flat=True)) - self.heard
        if missing:
            self._say("Till's worker tells the agent, at its webhook. It is signed; the signature is verified.")
        deadline = time.monotonic() + EVENT_SECONDS
        while missing:
            try:
                event, request_id = self.inbox.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                self.stdout.write(self.style.WARNING("  … nothing has come yet: is `manage.py work` running there?"))
                return
            if request_id in missing:
                self.stdout.write(self.style.MIGRATE_HEADING(f"  ⇠ {event['type']} {request_id}"))
                self.stdout.write(f"    {_shortened(event['data'])}")
            self.heard.add(request_id)
            missing.discard(request_id)

    def _call(self, path: str, body: Body, *, expect: int | None = None) -> Body:
        """Send `body`, show both sides, and return the answer; anything unexpected ends the tale."""
        request = urllib.request.Request(  # noqa: S310
            self.url + path,
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.key}",
                "Content-Type": "application/json",
                "API-Version": "2025-09-29",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                status, answer = response.status, json.load(response)
        except urllib.error.HTTPError as refused:
            status, answer = refused.code, json.load(refused)
        self.stdout.write(self.style.MIGRATE_HEADING(f"  → POST {path}"))
        self.stdout.write(f"    {_shortened(body)}")
        self.stdout.write(self.style.HTTP_INFO(f"  ← {status} {_gist(answer)}"))
        if status != expect if expect else status >= 400:
            raise CommandError(f"This was not the expected answer: {json.dumps(answer)}")
        return answer

    def _title(self, text: str) -> None:
        self.stdout.write(self.style.SUCCESS(f"\n{text}\n{'─' * len(text)}"))

    def _say(self, text: str) -> None:
        self.stdout.write(f"\n{text}")

    @contextlib.contextmanager
    def _receiver(self) -> Iterator[None]:
        """Have the agent hear of its orders here for the length of the tale; then, where it did before."""
        self.inbox, self.heard = queue.Queue[tuple[Body, str]](), set[str]()
        key = ApiKey.objects.filter(hash=ApiKey.hash_of(self.key)).select_related("agent").first()
        if key is None:  # Till there has another database, or refuses the key soon
            yield
            return
        endpoints, secret = Endpoint.objects.filter(agent=key.agent), new_secret()
        before = endpoints.first()
        with Receiver(0, secret=secret, show=lambda *news: self.inbox.put(news), refused=self._say) as receiver:
            threading.Thread(target=receiver.serve_forever, args=[0.1], daemon=True).start()
            try:
                with transaction.atomic():
                    endpoints.delete()  # it may be paused, or signed in another way
                    set_endpoint(agent=key.agent, url=receiver.url, secret=secret)
                yield
            finally:
                with transaction.atomic():
                    endpoints.delete()
                    if before:
                        before.save()
                receiver.shutdown()

    @contextlib.contextmanager
    def _server(self) -> Iterator[None]:
        """Use the server that answers at the URL, or start one there for the length of the tale."""
        if _answers(self.url):
            yield
            return
        self._say(f"Nothing answers at {self.url}: starting Till there.")
        host, _, port = self.url.removeprefix("http://").partition(":")
        command = [sys.executable, "manage.py", "serve", "--with-worker"]
        environ = os.environ | {"HOST": host, "PORT": port or "80", "LOG_LEVEL": "WARNING"}
        server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environ, stdout=subprocess.DEVNULL)  # noqa: S603
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _answers(self.url):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise CommandError("Till did not start; `make run` shows why")
                time.sleep(0.1)
            yield
        finally:
            server.terminate()
            server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as response:  # noqa: S310
            return response.status == 200
    except OSError:
        return False


def _shortened(body: Body) -> str:
    """The body on one line, with the card's secrets hidden: a terminal is a log too."""
    shown = json.loads(json.dumps(body))
    for secret in ("number", "cvc"):
        if secret in shown.get("payment_method", {}):
            shown["payment_method"][secret] = "•••"
    text = json.dumps(shown, ensure_ascii=False)
    return text if len(text) <= 300 else text[:300] + " …"


def _gist(answer: Body) -> str:
    """The part of an answer that moves the tale on."""
    if "code" in answer:
        return f"{answer['code']}: {answer['message']}"
    if "id" not in answer:  # the coins' wire
        balance = f"{answer['new_balance']} coins" if "new_balance" in answer else ""
        return " · ".join(filter(None, [answer.get("detail") or answer.get("message"), balance]))
    parts = [answer["id"], answer.get("status", "")]
    parts += [
        f"total {Money(total['amount'], 'usd')}" for total in answer.get("totals", []) if total["type"] == "total"
    ]
    parts += [message["content"] for message in answer.get("messages", [])]
    return " · ".join(part for part in parts if part)
