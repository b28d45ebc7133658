"""Events arrive: signed, at least once, in order per subject, whatever the other side does."""

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
import stripe
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from agents import operations, webhooks
from agents.models import Endpoint, EventState, OutgoingEvent, Try
from agents.models.events import REFUSALS_TOO_MANY
from agents.receiver import Receiver
from agents.relay import Relay, deliver_all, is_late
from agents.webhooks import BadSignature, verify
from tests.agents.receivers import SECRET, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def inbox():
    with receiving() as inbox:
        yield inbox


@pytest.fixture
def endpoint(agent, inbox):
    return operations.set_endpoint(agent=agent, url=inbox.url, secret=SECRET)[0]


@pytest.fixture
def happen(agent):
    def write(subject="ord_1", **data):
        return webhooks.write(
            agent=agent, subject=subject, type="order_update", data={"id": subject, **data}, api_version="2026-04-17"
        )

    return write


def later(**pause):
    return timezone.now() + timedelta(**pause)


class TestADelivery:
    def test_verifies_with_the_sdk_of_stripe(self, endpoint, inbox, happen):
        happen(note="für dich")
        assert deliver_all() == 1

        ((headers, body),) = inbox.requests
        stripe.WebhookSignature.verify_header(body.decode(), headers["merchant-signature"], SECRET, tolerance=300)
        assert json.loads(body) == {"type": "order_update", "data": {"id": "ord_1", "note": "für dich"}}

    @pytest.mark.parametrize("scheme", ["hex", "base64"])
    def test_can_be_signed_as_older_receivers_expect(self, agent, endpoint, inbox, happen, scheme):
        options = {"signature_scheme": scheme, "signature_header": "Nordhem-Signature", "event_names": "past"}
        operations.set_endpoint(agent=agent, url=inbox.url, secret=SECRET, **options)
        happen()
        deliver_all()

        ((headers, body),) = inbox.requests
        mac = hmac.new(SECRET.encode(), body, hashlib.sha256)
        expected = mac.hexdigest() if scheme == "hex" else base64.b64encode(mac.digest()).decode()
        assert headers["nordhem-signature"] == expected
        assert json.loads(body)["type"] == "order_updated"

    def test_that_failed_is_made_again_with_the_same_id_and_a_fresh_signature(self, endpoint, inbox, happen):
        event = happen()
        inbox.answers = [500]
        deliver_all()
        assert deliver_all() == 0  # not yet

        deliver_all(later(seconds=6))

        (first, _), (second, _) = inbox.requests
        assert first["request-id"] == second["request-id"] == event.id
        assert first["timestamp"] != second["timestamp"]
        assert first["merchant-signature"] != second["merchant-signature"]
        assert [each.status for each in Try.objects.order_by("id")] == [500, 200]

    @pytest.mark.parametrize("answer", [301, 307, 404, 408, 429, 503, b"garbage\r\n\r\n", b""])
    def test_of_another_answer_than_2xx_is_none(self, endpoint, inbox, happen, answer):
        inbox.answers, inbox.location = [answer], inbox.url
        happen()

        assert deliver_all() == 0
        assert len(inbox.requests) == 1  # no redirect is followed
        assert OutgoingEvent.objects.get().state == EventState.PENDING

    def test_happens_outside_of_transactions(self, endpoint, happen):
        event = happen()
        with pytest.raises(RuntimeError), transaction.atomic(), transaction.atomic(durable=True):
            webhooks.deliver(event.sequence)

    def test_survives_an_hour_of_silence(self, endpoint, inbox, happen):
        happen()
        inbox.answers = [503] * 1000
        for minute in range(60):
            deliver_all(later(minutes=minute))
        tries = len(inbox.requests)
        inbox.answers = []

        deliver_all(later(hours=6))

        assert 5 < tries < 20
        assert OutgoingEvent.objects.get().state == EventState.DELIVERED

    def test_is_given_up_after_three_days_and_can_be_replayed(self, endpoint, inbox, happen):
        event = happen()
        inbox.answers = [503, 503]
        deliver_all()
        deliver_all(later(days=3, minutes=1))
        assert OutgoingEvent.objects.get().state == EventState.GIVEN_UP

        assert operations.replay_failed_events() == 1
        deliver_all()

        assert inbox.ids == [event.id] * 3
        assert OutgoingEvent.objects.get().state == EventState.DELIVERED

    def test_to_nobody_is_kept(self, happen):
        happen()

        assert deliver_all() == 0
        assert OutgoingEvent.objects.get().state == EventState.UNADDRESSED


class TestForgetting:
    def test_what_arrived_a_month_ago_goes_with_its_tries(self, endpoint, inbox, happen):
        old, young = happen("ord_old"), happen("ord_young")
        inbox.answers = [500]
        deliver_all()
        deliver_all(later(minutes=1))
        OutgoingEvent.objects.filter(pk=young.pk).update(delivered_at=later(days=3))

        assert operations.forget_delivered_events(now=later(days=29)) == 0
        assert operations.forget_delivered_events(now=later(days=31)) == 1

        assert OutgoingEvent.objects.get() == young
        assert not Try.objects.filter(event_id=old.pk).exists()
        assert Try.objects.filter(event=young).exists()

    def test_what_did_not_arrive_stays(self, endpoint, happen):
        for state in (EventState.PENDING, EventState.GIVEN_UP, EventState.UNADDRESSED):
            next_try_at = timezone.now() if state == EventState.PENDING else None
            OutgoingEvent.objects.filter(pk=happen(f"ord_{state}").pk).update(state=state, next_try_at=next_try_at)

        assert operations.forget_delivered_events(now=later(days=400)) == 0

    def test_goes_on_until_nothing_old_is_left(self, endpoint, happen, monkeypatch):
        monkeypatch.setattr(operations, "FORGOTTEN_AT_ONCE", 2)
        for number in range(5):
            happen(f"ord_{number}")
        deliver_all()

        assert operations.forget_delivered_events(now=later(days=31)) == 5
        assert not OutgoingEvent.objects.exists()


class TestOrder:
    def test_of_one_subject_is_kept(self, endpoint, inbox, happen):
        first, second, other = happen(), happen(), happen("ord_2")
        inbox.answers = [500]

        deliver_all()
        assert inbox.ids == [first.id, other.id]

        deliver_all(later(minutes=1))
        assert inbox.ids == [first.id, other.id, first.id, second.id]

    def test_is_kept_while_somebody_is_at_it(self, endpoint, inbox, happen):
        first = happen()
        happen()
        first.lease(timezone.now())

        assert deliver_all() == 0

    def test_goes_on_when_who_was_at_it_has_died(self, endpoint, inbox, happen):
        happen().lease(timezone.now())

        assert deliver_all(later(minutes=2)) == 1


class TestAnEndpoint:
    def test_that_keeps_refusing_is_paused_until_staff_resume_it(self, endpoint, inbox, happen, caplog):
        for number in range(REFUSALS_TOO_MANY + 2):
            happen(f"ord_{number}")
        inbox.answers = [400] * REFUSALS_TOO_MANY
        deliver_all()
        assert len(inbox.requests) == REFUSALS_TOO_MANY
        assert "is paused" in caplog.text

        operations.resume_endpoint(endpoint=endpoint)

        assert deliver_all() == REFUSALS_TOO_MANY + 2

    def test_that_is_busy_is_not_paused(self, endpoint, inbox, happen):
        for number in range(REFUSALS_TOO_MANY + 1):
            happen(f"ord_{number}")
        inbox.answers = [429] * (REFUSALS_TOO_MANY + 1)
        deliver_all()

        assert Endpoint.objects.get().paused_at is None

    def test_that_is_switched_off_waits(self, endpoint, inbox, happen):
        Endpoint.objects.update(is_enabled=False)
        happen()

        assert deliver_all() == 0

    def test_may_use_the_old_secret_for_a_day(self, endpoint, inbox, happen):
        new = operations.rotate_endpoint_secret(endpoint=endpoint)
        inbox.answers = [401, 200, 200, 401]
        happen()
        assert deliver_all() == 1
        for secret, (headers, body) in zip((new, SECRET), inbox.requests, strict=True):
            verify(body, headers["merchant-signature"], secret=secret, now=timezone.now())

        happen("ord_2")
        deliver_all(later(hours=25))

        assert len(inbox.requests) == 3

    def test_keeps_its_secret_sealed(self, endpoint):
        assert SECRET not in str(Endpoint.objects.values().get())

    @pytest.mark.parametrize(
        "url", ["ftp://a.example", "https://", "http://a b/", "https://me:pw@a.example/", "http://a:x/", "nonsense"]
    )
    def test_has_the_url_of_a_web_server(self, agent, url):
        with pytest.raises(ValidationError):
            operations.set_endpoint(agent=agent, url=url)

    def test_of_a_shop_is_https(self, agent, settings):
        settings.SANDBOX = False
        with pytest.raises(ValidationError, match="https"):
            operations.set_endpoint(agent=agent, url="http://agent.example/")


@pytest.mark.django_db(transaction=True)
class TestTheWorker:
    def test_is_not_held_up_by_a_slow_endpoint(self, agent, inbox, happen):
        operations.set_endpoint(agent=agent, url=inbox.url, secret=SECRET)
        other, _ = operations.create_agent(name="slow")
        with receiving() as slow:
            operations.set_endpoint(agent=other, url=slow.url, secret=SECRET)
            slow.answers = [5.0] * 4
            for number in range(4):
                webhooks.write(
                    agent=other, subject=f"ord_s{number}", type="order_update", data={}, api_version="2026-04-17"
                )
            events = [happen(f"ord_{number}") for number in range(8)]
            relay = Relay()
            relay.run()
            began = timezone.now()
            relay.close()

        assert sorted(inbox.ids) == sorted(event.id for event in events)
        assert all(event.delivered_at < began + timedelta(seconds=4.5) for event in agent.events.all())

    def test_that_does_not_come_is_missed(self, agent, inbox, happen, client):
        operations.set_endpoint(agent=agent, url=inbox.url, secret=SECRET)
        happen()
        assert not is_late()

        OutgoingEvent.objects.update(next_try_at=later(minutes=-2))

        assert client.get("/ready").json() == {"status": "ready", "worker": "late"}


HANDED_OVER: list[int] = []


@pytest.mark.django_db(transaction=True)
def test_an_engine_gets_numbers_and_the_row_decides(agent, inbox, happen, settings):
    """It is told once the event is committed, and once more by the worker if it lost that."""
    settings.EVENT_ENGINE = f"{__name__}.hand_over"
    HANDED_OVER.clear()
    operations.set_endpoint(agent=agent, url=inbox.url, secret=SECRET)
    with transaction.atomic():
        event = happen()
        assert not HANDED_OVER
    relay = Relay()
    relay.run()
    relay.run()
    relay.close()

    assert [event.sequence] * 2 == HANDED_OVER
    assert [webhooks.deliver(number) for number in HANDED_OVER] == [True, False]
    assert inbox.ids == [event.id]


def hand_over(sequence):
    HANDED_OVER.append(sequence)


class TestVerify:
    BODY = b'{"type":"order_update"}'

    def test_a_genuine_one(self):
        verify(self.BODY, self.header(), secret=SECRET, now=timezone.now())

    @pytest.mark.parametrize("header", ["", "v1=aa", "t=1,v1=zz", "t=x,v1=" + "a" * 64])
    def test_what_is_malformed_is_refused(self, header):
        with pytest.raises(BadSignature):
            verify(self.BODY, header, secret=SECRET, now=timezone.now())

    @pytest.mark.parametrize("seconds", [-310, 310])
    def test_another_time_is_refused(self, seconds):
        with pytest.raises(BadSignature, match="window"):
            verify(self.BODY, self.header(), secret=SECRET, now=later(seconds=seconds))

    def test_another_body_or_secret_is_refused(self):
        for body, secret in ((b"{}", SECRET), (self.BODY, "other")):
            with pytest.raises(BadSignature, match="failed"):
                verify(body, self.header(), secret=secret, now=timezone.now())

    def header(self):
        return webhooks.sign(self.BODY, secret=SECRET, scheme="timed", now=timezone.now())


class TestTheReceiver:
    @pytest.fixture
    def heard(self):
        return []

    @pytest.fixture
    def post(self, heard):
        import threading

        with Receiver(0, secret=SECRET, show=lambda *news: heard.append(news), refused=heard.append) as receiver:
            threading.Thread(target=receiver.serve_forever, args=[0.02], daemon=True).start()

            def send(body, signature):
                headers = {"Merchant-Signature": signature, "Request-Id": "evt_1"}
                try:
                    with urllib.request.urlopen(urllib.request.Request(receiver.url, body, headers)) as answer:
                        return answer.status, json.load(answer)
                except urllib.error.HTTPError as refused:
                    return refused.code, json.load(refused)

            yield send
            receiver.shutdown()

    def test_shows_what_is_genuine(self, post, heard):
        body = b'{"type":"order_create","data":{}}'
        signature = webhooks.sign(body, secret=SECRET, scheme="timed", now=timezone.now())

        assert post(body, signature) == (200, {"received": True, "request_id": "evt_1"})
        assert heard == [({"type": "order_create", "data": {}}, "evt_1")]

    def test_refuses_a_wrong_secret_and_a_stale_time(self, post, heard):
        for secret, now in (("other", timezone.now()), (SECRET, later(minutes=-10))):
            status, answer = post(b"{}", webhooks.sign(b"{}", secret=secret, scheme="timed", now=now))
            assert (status, answer["code"]) == (401, "invalid_signature")
        assert len(heard) == 2
