"""Events, the addresses they go to, and the deliveries."""

import http.server
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import stripe
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from payments.sandbox.deliveries import PAUSES, deliver
from payments.sandbox.models import Delivery, Event, WebhookEndpoint
from tests.payments.sandbox.conftest import paid

pytestmark = pytest.mark.django_db(transaction=True)


class Receiver(http.server.ThreadingHTTPServer):
    """Somebody's server, which answers what it is told to and keeps what it is sent."""

    status = 200
    location = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[str, bytes, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?shop=1"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, body, self.headers["Stripe-Signature"]))
        self.send_response(self.server.status)
        self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def endpoint(sdk, receiver) -> stripe.WebhookEndpoint:
    return sdk.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})


class TestEvents:
    def test_show_the_object_as_it_was_and_the_request_that_changed_it(self, sdk, connect):
        intent = connect("sk_test_till").v1.payment_intents.create(
            {"amount": 100, "currency": "usd"}, {"idempotency_key": "mine"}
        )
        sdk.payment_intents.cancel(intent.id)

        event = sdk.events.retrieve(sdk.events.list({"type": "payment_intent.created"}).data[0].id)

        assert event.id.startswith("evt_")
        assert event.data.object.to_dict() == intent.to_dict()
        assert (event.request.id, event.request.idempotency_key) == (intent.last_response.request_id, "mine")
        assert (event.livemode, event.pending_webhooks) == (False, 0)

    def test_are_written_only_if_something_happened(self, sdk):
        with pytest.raises(stripe.InvalidRequestError):
            paid(sdk, "pm_nobody")

        assert not Event.objects.exists()

    def test_are_listed_by_type(self, sdk):
        paid(sdk)

        assert len(sdk.events.list({"type": "charge.succeeded"}).data) == 1
        assert len(sdk.events.list({"type": "payment_intent.*"}).data) == 2
        assert len(sdk.events.list({"types": ["charge.succeeded", "payment_intent.created"]}).data) == 2


class TestEndpoints:
    def test_a_secret_is_shown_once_and_kept_sealed(self, sdk, endpoint):
        assert endpoint.secret.startswith("whsec_")
        assert "secret" not in sdk.webhook_endpoints.retrieve(endpoint.id).to_dict()
        assert endpoint.secret not in str(WebhookEndpoint.objects.values().get())

    def test_can_be_changed_and_switched_off(self, sdk, endpoint):
        updated = sdk.webhook_endpoints.update(
            endpoint.id, {"enabled_events": ["charge.failed"], "description": "Mine", "disabled": True}
        )

        assert (updated.enabled_events, updated.description, updated.status) == (["charge.failed"], "Mine", "disabled")
        paid(sdk)
        assert not Delivery.objects.exists()
        assert sdk.webhook_endpoints.update(endpoint.id, {"disabled": False}).status == "enabled"

    def test_can_be_deleted(self, sdk, endpoint):
        assert sdk.webhook_endpoints.delete(endpoint.id).deleted is True
        assert sdk.webhook_endpoints.list().data == []
        with pytest.raises(stripe.InvalidRequestError):
            sdk.webhook_endpoints.retrieve(endpoint.id)

    @pytest.mark.parametrize(
        "url",
        ["not a url", "ftp://a.example/", "file:///etc/passwd", "http://", "http://a:99999/", "http://a/\r\nX: y"],
    )
    def test_an_address_is_http(self, sdk, url):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})

        assert (refused.value.code, refused.value.param) == ("url_invalid", "url")


class TestDeliver:
    def test_sends_what_the_sdk_can_verify(self, sdk, endpoint, receiver):
        intent = paid(sdk)

        assert deliver() == 3
        path, payload, signature = receiver.received[-1]
        event = stripe.Webhook.construct_event(payload, signature, endpoint.secret)
        assert path == "/hook?shop=1"
        assert event.type == "payment_intent.succeeded"
        assert event.data.object.id == intent.id
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(payload + b" ", signature, endpoint.secret)

    def test_sends_only_what_is_wanted(self, sdk, receiver):
        sdk.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["charge.succeeded"]})
        paid(sdk)

        assert deliver() == 1

    def test_sends_each_event_once_to_whoever_takes_it(self, sdk, endpoint, receiver):
        paid(sdk)
        deliver()

        assert deliver(timezone.now() + timedelta(days=1)) == 0
        assert len(receiver.received) == 3
        assert sdk.events.list({"delivery_success": True}).data[0].pending_webhooks == 0

    def test_tries_again_later_and_less_and_less_often(self, sdk, receiver):
        sdk.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["charge.succeeded"]})
        paid(sdk)
        receiver.status = 500
        now = timezone.now()

        assert deliver(now) == 0
        assert deliver(now) == 0
        assert len(receiver.received) == 1
        assert sdk.events.list({"delivery_success": False}).data[0].pending_webhooks == 1
        receiver.status = 204
        assert deliver(now + PAUSES[0]) == 1

        delivery = Delivery.objects.get()
        assert (delivery.attempts, delivery.response, delivery.next_attempt_at) == (2, "204", None)

    def test_gives_up_in_the_end(self, sdk, receiver):
        sdk.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["charge.succeeded"]})
        paid(sdk)
        receiver.status = 500
        now = timezone.now()

        for _ in range(len(PAUSES) + 3):
            deliver(now)
            now += timedelta(days=2)

        assert Delivery.objects.get().next_attempt_at is None
        assert len(receiver.received) == len(PAUSES) + 1

    def test_follows_no_redirect(self, sdk, endpoint, receiver):
        receiver.status, receiver.location = 302, receiver.url
        paid(sdk)

        assert deliver() == 0
        assert len(receiver.received) == 3

    def test_does_not_mind_an_address_where_nobody_is(self, sdk):
        sdk.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["charge.succeeded"]})
        paid(sdk)

        assert deliver() == 0
        assert "ConnectionRefusedError" in Delivery.objects.get().response

    def test_two_who_deliver_at_once_share_the_work(self, sdk, endpoint, receiver):
        paid(sdk)
        now = timezone.now()
        taken_elsewhere = Delivery.objects.order_by("pk").first()
        Delivery.objects.filter(pk=taken_elsewhere.pk).update(next_attempt_at=now + timedelta(minutes=1))

        assert deliver(now) == 2


class TestCommand:
    def test_delivers_what_is_due(self, sdk, endpoint, receiver, capsys):
        paid(sdk)

        call_command("deliver_webhooks", "--once")

        assert "Delivered 3 event(s)" in capsys.readouterr().out

    def test_forgets_what_is_old(self, sdk):
        paid(sdk)
        Event.objects.update(created_at=timezone.now() - timedelta(days=31))

        call_command("deliver_webhooks", "--once")

        assert not Event.objects.exists()

    def test_has_nothing_to_do_in_a_real_shop(self, settings):
        settings.SANDBOX = False

        with pytest.raises(CommandError):
            call_command("deliver_webhooks", "--once")
