"""For a session, every call the agent made and every answer it got, in order, next to the state after each."""

import json
from datetime import timedelta
from threading import Event

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from agents import inspector
from agents.models import Exchange
from agents.operations import forget_old_requests
from tests.caller import ADDRESS, BUYER, CARD, Api, Caller, delegation, payment
from tests.payments.unreliable import CannotBeReached, path
from tests.traces import tells

pytestmark = pytest.mark.django_db


def told():
    return list(Exchange.objects.order_by("id").values_list("method", "path", "response_status", "state_after"))


def test_a_purchase_is_told_from_the_first_call_to_the_last(caller):
    session = caller.create()
    address = f"/checkout_sessions/{session['id']}"
    caller.update(session, buyer=BUYER)
    session = caller.update(session, fulfillment_details={"address": ADDRESS})
    token = caller.delegate(session)
    caller.complete(session, token)
    caller.complete(session, token)
    caller.read(session)

    assert told() == [
        ("POST", "/checkout_sessions", 201, "not_ready_for_payment"),
        ("POST", address, 200, "not_ready_for_payment"),
        ("POST", address, 200, "ready_for_payment"),
        ("POST", "/agentic_commerce/delegate_payment", 201, ""),
        ("POST", f"{address}/complete", 200, "completed"),
        ("POST", f"{address}/complete", 409, ""),
        ("GET", address, 200, "completed"),
    ]
    assert set(Exchange.objects.values_list("subject", "agent")) == {(session["id"], caller.agent.pk)}


@pytest.mark.django_db(transaction=True)  # the thread that writes has a connection of its own
class TestWrittenBehind:
    """As a server has it."""

    @pytest.fixture(autouse=True)
    def server(self, monkeypatch):
        monkeypatch.setattr(inspector, "_writer", None)
        inspector.write_behind()

    @pytest.fixture
    def moment(self):
        """One that lasts until it is said to be over."""
        is_over = Event()
        inspector._writer.submit(is_over.wait)
        yield is_over
        is_over.set()

    def end(self):
        """As a process ends."""
        inspector._writer.shutdown()

    def test_exchanges_are_written_a_moment_later(self, caller, moment):
        caller.read(caller.create())
        assert told() == []

        moment.set()
        self.end()
        assert [method for method, *_ in told()] == ["POST", "GET"]

    def test_whoever_comes_after_that_moment_waits_for_the_next(self, caller):
        session = caller.create()
        inspector._writer.submit(lambda: None).result()
        assert len(told()) == 1

        caller.read(session)
        self.end()
        assert len(told()) == 2

    def test_no_more_wait_than_there_is_room_for(self, caller, moment, monkeypatch):
        monkeypatch.setattr(inspector, "MOST", 2)

        session = caller.create()
        for _ in range(3):
            caller.read(session)

        moment.set()
        self.end()
        assert len(told()) == 2

    def test_those_that_could_not_be_written_hold_up_no_others(self, caller, monkeypatch, caplog):
        with monkeypatch.context() as broken:
            broken.setattr(Exchange.objects, "bulk_create", fails)
            session = caller.create()
            inspector._writer.submit(lambda: None).result()
        assert "1 exchanges were not kept" in caplog.text

        caller.read(session)
        self.end()
        assert [method for method, *_ in told()] == ["GET"]


def fails(*args, **kwargs):
    raise RuntimeError("disk full")


def test_the_state_is_the_shops_own_in_whatever_version_the_agent_speaks(caller):
    session = caller.ready()

    caller.speaking("2025-09-29").get(f"/checkout_sessions/{session['id']}")

    assert Exchange.objects.latest("id").state_after == "ready_for_payment"
    assert Exchange.objects.latest("id").version == "2025-09-29"


def test_a_decline_shows_what_was_said_and_that_the_session_is_payable_again(caller):
    session = caller.ready()

    caller.complete(session, caller.delegate(session, number="4000000000009995"))

    exchange = Exchange.objects.latest("id")
    assert exchange.state_after == "ready_for_payment"
    assert "payment_declined" in exchange.answered


def test_a_retry_is_told_as_a_call_of_its_own(caller):
    session = caller.ready()
    token = caller.delegate(session)

    caller.complete(session, token, key="again")
    caller.complete(session, token, key="again")

    first, second = Exchange.objects.filter(idempotency_key="again").order_by("id")
    assert first.answered == second.answered


def test_what_was_compressed_is_kept_as_it_was_before(caller):
    body = {"currency": "usd", "capabilities": {}, "line_items": [{"id": "item_123"}]}
    for _ in range(2):
        answer = caller.post("/checkout_sessions", body, {"Accept-Encoding": "gzip", "Idempotency-Key": "again"})
        assert answer["Content-Encoding"] == "gzip"

    first, second = Exchange.objects.order_by("id")
    assert first.answered == second.answered
    assert json.loads(first.answered)["id"] == first.subject


def test_neither_cards_nor_keys_are_kept(caller):
    session = caller.ready(order_notes=f"my card is {CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}, key {caller.key}")
    caller.delegate(session)
    caller.post("/agentic_commerce/delegate_payment", delegation(session) | {"metadata": {CARD: CARD}})
    caller.post(f"/checkout_sessions/{session['id']}", {CARD: {"cvc": "737"}})

    for exchange in Exchange.objects.all():
        kept = exchange.sent + exchange.answered
        assert CARD not in kept.replace(" ", "")
        assert '"cvc":"1' not in kept and not tells(kept, "737")
        assert caller.key not in kept
    assert Exchange.objects.count() == 4


@pytest.mark.parametrize(("key", "kept"), [("a4242424242424242b", "a4242424242424242b"), (CARD, "[hidden]")])
def test_a_key_whose_digits_are_there_by_chance_is_kept(caller, key, kept):
    caller.post(
        "/checkout_sessions",
        {"currency": "usd", "capabilities": {}, "line_items": [{"id": "item_123"}]},
        {"Idempotency-Key": key, "Request-Id": key},
    )

    exchange = Exchange.objects.get()
    assert (exchange.idempotency_key, exchange.request_id) == (kept, kept)


@pytest.mark.parametrize("sent", [CARD, "till_x9Kq2"])
def test_a_secret_in_a_path_is_not_kept_with_the_refusal(caller, sent):
    refused = caller.get(f"/checkout_sessions/{sent}", {"API-Version": "1999-01-01"})

    assert refused.status_code == 400
    assert sent not in str(Exchange.objects.values().get())


def test_a_body_that_is_not_json_is_not_kept(caller):
    session = caller.ready()

    answer = caller.post(f"/checkout_sessions/{session['id']}", b'{"number": "' + CARD.encode())

    assert answer.status_code == 400
    assert Exchange.objects.latest("id").sent == ""


def test_what_is_long_is_shortened(caller):
    caller.ready(metadata={str(number): "word " * 99 for number in range(50)})

    assert Exchange.objects.latest("id").sent.endswith("more characters)")


def test_calls_about_nothing_are_not_kept(caller, settings):
    caller.post("/checkout_sessions", {"line_items": []})
    caller.get("/checkout_sessions/cs_unknown")
    Caller("stranger").get(f"/checkout_sessions/{caller.create()['id']}")

    assert told() == [("POST", "/checkout_sessions", 201, "not_ready_for_payment")]


def test_nobody_fills_the_books_without_a_key(caller):
    session = caller.create()
    caller = Api("wrong")

    assert caller.get(f"/checkout_sessions/{session['id']}").status_code == 401
    assert Exchange.objects.count() == 1


def test_it_costs_a_call_one_insert(caller, settings, django_assert_max_num_queries):
    def asked():
        with django_assert_max_num_queries(30) as captured:
            caller.read(session)
        return [query for query in captured if "SAVEPOINT" not in query["sql"]]  # a test's transaction, not a shop's

    session = caller.ready()
    with_it = asked()
    settings.INSPECTOR_RETENTION = 0

    assert len(with_it) - len(asked()) == 1


def test_a_failure_of_it_fails_no_call(caller, monkeypatch, caplog):
    session = caller.create()
    monkeypatch.setattr(Exchange.objects, "bulk_create", fails)

    assert caller.read(session)["id"] == session["id"]
    assert "an exchange was not kept" in caplog.text


def test_they_are_forgotten_when_their_time_is_over(caller, settings):
    caller.ready()
    later = timezone.now() + timedelta(seconds=settings.INSPECTOR_RETENTION)
    with time_machine.travel(later - timedelta(minutes=1)):
        caller.ready()

    assert forget_old_requests(now=later) == {"answers": 1, "exchanges": 1}
    assert Exchange.objects.count() == 1


def test_the_command_says_what_it_forgot(caller, settings, capsys):
    caller.ready()

    with time_machine.travel(timezone.now() + timedelta(days=30)):
        call_command("forget_old_requests")

    assert capsys.readouterr().out == "Forgot 1 answer(s) and 1 exchange(s)\n"


def test_a_payment_that_is_unknown_is_told_as_such(caller, settings):
    settings.PAYMENT_PROCESSOR = path(CannotBeReached)
    session = caller.ready()

    answer = caller.post(f"/checkout_sessions/{session['id']}/complete", payment("tok_visa"))

    assert answer.status_code == 503
    assert Exchange.objects.latest("id").has_failed
