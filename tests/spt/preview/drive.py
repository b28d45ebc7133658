"""Stripe's preview SDK, unmodified, drives a running Till: `python -m tests.spt.preview.drive http://127.0.0.1:8000`.

Runs in an environment of its own (the Makefile's `.venv/preview`). Each function below is one thing that must work;
what fails, fails with its traceback. Somebody must deliver events meanwhile: a worker does, and the test.
"""

import http.server
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import stripe
from stripe.shared_payment import GrantedToken, IssuedToken

from tests.payments.sandbox.fields import complaints

stripe.enable_telemetry = False


class Hook(http.server.HTTPServer):
    """The seller's own server, where events arrive."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Arrival)
        self.taken: queue.Queue[tuple[bytes, str]] = queue.Queue()
        self.url = f"http://127.0.0.1:{self.server_port}/"

    def __enter__(self) -> "Hook":
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, *raised: Any) -> None:
        self.shutdown()
        self.server_close()


class Arrival(http.server.BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.put((body, self.headers["Stripe-Signature"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


PLAYED: list[Callable[["Stage"], None]] = []
NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


class Stage:
    """An agent and a seller, each with an account of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.agent, self.seller = self.client("sk_test_preview_agent"), self.client("sk_test_preview_seller")

    def client(self, key: str, **more: Any) -> Any:
        client = stripe.StripeClient(key, base_addresses={"api": self.url}, max_network_retries=0, **more)
        return client.v1

    def issue(self, max_amount: int = 1_000, **more: Any) -> IssuedToken:
        return self.agent.shared_payment.issued_tokens.create(
            {
                "payment_method": "pm_card_visa",
                "seller_details": {"network_business_profile": "profile_test_x", "external_id": "m_1"},
                "usage_limits": {"currency": "usd", "max_amount": max_amount, "expires_at": int(time.time()) + 3600},
                **more,
            }
        )

    def pay(self, token: str, amount: int = 1_000, **more: Any) -> stripe.PaymentIntent:
        return self.seller.payment_intents.create(
            {
                "amount": amount,
                "currency": "usd",
                "confirm": True,
                "payment_method_data": {"shared_payment_granted_token": token},
                **more,
            }
        )

    def granted(self, token: str) -> GrantedToken:
        return self.seller.shared_payment.granted_tokens.retrieve(token)


def play(scene: Callable[[Stage], None]) -> Callable[[Stage], None]:
    PLAYED.append(scene)
    return scene


def refused(error: type[stripe.StripeError], call: Callable[[], Any]) -> Any:
    """The error that `call` is refused with."""
    try:
        call()
    except error as raised:
        return raised
    raise AssertionError(f"{error.__name__} expected")


@play
def every_field_is_stripes(stage: Stage) -> None:
    asked = stage.issue(
        payment_method="pm_card_authenticationRequired", return_url="https://a.example/r", shared_metadata={"a": "b"}
    )
    stage.pay(asked.id)
    waiting = stage.agent.shared_payment.issued_tokens.retrieve(asked.id)
    found = complaints(waiting.to_dict(), IssuedToken, "issued_token", is_complete=True)
    found += complaints(stage.granted(asked.id).to_dict(), GrantedToken, "granted_token", is_complete=True)
    assert not found, found
    assert waiting.next_action.redirect_to_url.return_url == "https://a.example/r"


@play
def both_see_one_id(stage: Stage) -> None:
    token = stage.issue(shared_metadata={"cart": "c_1"}, expand=["risk_details"])
    assert isinstance(token, IssuedToken) and token.status == "active"
    granted = stage.granted(token.id)
    assert isinstance(granted, GrantedToken) and granted.id == token.id
    assert granted.shared_metadata.to_dict() == {"cart": "c_1"}
    assert granted.payment_method_details.card.last4 == "4242"
    refused(stripe.InvalidRequestError, lambda: stage.seller.shared_payment.issued_tokens.retrieve(token.id))


@play
def it_pays_until_its_cap(stage: Stage) -> None:
    token = stage.issue(1_000)
    paid = stage.pay(token.id, 600, expand=["payment_method"])
    assert paid.status == "succeeded"
    assert paid.payment_method.shared_payment_granted_token == token.id
    assert stage.granted(token.id).usage_details.amount_captured.value == 600
    over = refused(stripe.InvalidRequestError, lambda: stage.pay(token.id, 401))
    assert over.http_status == 400 and over.code is None and "remaining amount capturable" in str(over)
    stage.pay(token.id, 400)
    assert stage.granted(token.id).deactivated_reason == "consumed"
    done = refused(stripe.InvalidRequestError, lambda: stage.pay(token.id, 1))
    assert "already in a deactivated state" in str(done) or done.code == "amount_too_small"


@play
def it_is_held_captured_refunded(stage: Stage) -> None:
    token = stage.issue(1_000)
    held = stage.pay(token.id, 900, capture_method="manual")
    assert held.status == "requires_capture"
    refused(stripe.InvalidRequestError, lambda: stage.pay(token.id, 200))
    captured = stage.seller.payment_intents.capture(held.id, {"amount_to_capture": 700})
    assert captured.amount_received == 700
    stage.pay(token.id, 300)
    assert stage.seller.refunds.create({"payment_intent": held.id}).amount == 700
    assert stage.granted(token.id).usage_details.amount_captured.value == 1_000


@play
def it_may_come_with_the_confirmation(stage: Stage) -> None:
    token = stage.issue()
    intent = stage.seller.payment_intents.create({"amount": 500, "currency": "usd"})
    data = {"payment_method_data": {"shared_payment_granted_token": token.id}}
    assert stage.seller.payment_intents.confirm(intent.id, data).status == "succeeded"


@play
def it_can_be_revoked(stage: Stage) -> None:
    token = stage.agent.shared_payment.issued_tokens.revoke(stage.issue().id)
    assert (token.status, token.deactivated_reason) == ("deactivated", "revoked") and token.deactivated_at
    assert "deactivated state" in str(refused(stripe.InvalidRequestError, lambda: stage.pay(token.id)))


@play
def a_seller_tests_alone(stage: Stage) -> None:
    helper = stage.seller.test_helpers.shared_payment.granted_tokens
    token = helper.create({"payment_method": "pm_card_visa", "usage_limits": {"currency": "usd", "max_amount": 500}})
    assert isinstance(token, GrantedToken)
    stage.pay(token.id, 200)
    assert helper.revoke(token.id).deactivated_reason == "revoked"


@play
def a_declined_card_is_a_card_error(stage: Stage) -> None:
    token = stage.issue(payment_method="pm_card_chargeDeclined")
    assert refused(stripe.CardError, lambda: stage.pay(token.id)).code == "card_declined"
    assert stage.granted(token.id).deactivated_at is None


@play
def a_key_issues_once(stage: Stage) -> None:
    params = {
        "payment_method": "pm_card_visa",
        "seller_details": {"external_id": "m_1"},
        "usage_limits": {"currency": "usd", "max_amount": 500},
    }
    create, key = stage.agent.shared_payment.issued_tokens.create, {"idempotency_key": f"issue-{time.time()}"}
    assert create(params, key).id == create(params, key).id
    other = params | {"usage_limits": {"currency": "usd", "max_amount": 501}}
    refused(stripe.IdempotencyError, lambda: create(other, key))


@play
def what_is_wrong_is_said(stage: Stage) -> None:
    wrong = refused(stripe.InvalidRequestError, lambda: stage.issue(usage_limits={"currency": "usd"}))
    assert (wrong.code, wrong.param) == ("parameter_missing", "usage_limits[max_amount]")
    unknown = refused(stripe.InvalidRequestError, lambda: stage.issue(metadata={"a": "b"}))
    assert (unknown.code, unknown.param) == ("parameter_unknown", "metadata")
    nobody = refused(stripe.InvalidRequestError, lambda: stage.granted("spt_nobody"))
    assert (nobody.http_status, nobody.code) == (404, "resource_missing")
    stranger = stage.client("not_a_key").shared_payment.issued_tokens
    refused(stripe.AuthenticationError, lambda: stranger.retrieve("spt_1"))


@play
def pages_turn_by_themselves(stage: Stage) -> None:
    token = stage.issue(100_000)
    made = [stage.pay(token.id, 100).id for _ in range(3)]
    listed = stage.seller.payment_intents.list({"limit": 1}).auto_paging_iter()
    assert [next(listed).id for _ in made] == made[::-1]


@play
def its_events_are_typed(stage: Stage) -> None:
    token = stage.issue(600)
    stage.pay(token.id, 600)
    kinds = [event.type for event in stage.seller.events.list({"types": GRANTED_EVENTS}).data]
    assert kinds[:2] == GRANTED_EVENTS, kinds
    event = stage.agent.events.list({"type": "shared_payment.issued_token.used"}).data[0]
    assert isinstance(event.data.object, IssuedToken) and event.data.object.id == token.id


@play
def its_events_arrive_signed(stage: Stage) -> None:
    with Hook() as hook:
        wanted = {"url": hook.url, "enabled_events": [GRANTED_EVENTS[1]]}
        secret = stage.seller.webhook_endpoints.create(wanted).secret
        token = stage.issue(600)
        stage.pay(token.id, 600)
        body, header = hook.taken.get(timeout=30)
    event = stripe.Webhook.construct_event(body, header, secret)
    assert isinstance(event.data.object, GrantedToken) and event.data.object.id == token.id
    assert event.data.object.usage_details.amount_captured.value == 600
    forged = body.replace(b'"value": 600', b'"value": 601')
    refused(stripe.SignatureVerificationError, lambda: stripe.Webhook.construct_event(forged, header, secret))


GRANTED_EVENTS = ["shared_payment.granted_token.deactivated", "shared_payment.granted_token.used"]


def main(url: str) -> None:
    for scene in PLAYED:
        scene(Stage(url))
        print("ok", scene.__name__)


if __name__ == "__main__":
    main(sys.argv[1])
