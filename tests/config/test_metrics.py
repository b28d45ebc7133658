"""What Prometheus reads at /metrics."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from agents.operations import set_endpoint
from payments.models import Payment
from tests.payments.unreliable import LosesTheAnswer, path
from tests.spt.conftest import issued

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(client):
    """Scrape, and look a number up by its name and labels; of what is not there, None."""

    def scrape():
        answer = client.get("/metrics")
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for each in families
            for sample in each.samples
        }
        return lambda name, **labels: samples.get((name, frozenset(labels.items())))

    return scrape


class TestRequests:
    def test_are_counted_by_wire_route_and_status(self, read, caller):
        labels = {"wire": "acp", "route": "/checkout_sessions/<str:session_id>", "method": "GET"}
        before = read()("till_requests_total", **labels, status="200") or 0
        unknown = read()("till_requests_total", **labels, status="404") or 0

        caller.read(caller.create())
        caller.get("/checkout_sessions/cs_unknown")

        now = read()
        assert now("till_requests_total", **labels, status="200") == before + 1
        assert now("till_requests_total", **labels, status="404") == unknown + 1

    @pytest.mark.parametrize(
        ("address", "wire", "route"),
        [
            ("/agentic_commerce/delegate_payment", "acp", "/agentic_commerce/delegate_payment"),
            ("/v1/payment_intents/pi_1", "stripe", "/v1/payment_intents/<str:id>"),
            ("/v1/nothing/of/the/kind", "stripe", "/^v1(/.*)?$"),
            ("/stripe/packages", "coins", "/stripe/packages"),
            ("/stripe/webhook", "webhook", "/stripe/webhook"),
            ("/ocp/contexts/ctx_1", "ocp", "/ocp/contexts/<str:context_id>"),
            ("/health", "probe", "/health"),
            ("/docs", "pages", "/docs"),
            ("/admin/checkout/order/ord_1/change/", "admin", "/admin/"),
            ("/nowhere/4242", "none", "none"),
        ],
    )
    def test_are_told_by_the_address_as_it_is_written_never_as_it_was_called(self, client, read, address, wire, route):
        status = client.get(address).status_code

        assert read()("till_requests_total", wire=wire, route=route, method="GET", status=str(status)) >= 1

    def test_of_a_method_nobody_knows_are_one_kind(self, client, read):
        client.generic("X-4242", "/nowhere")

        assert read()("till_requests_total", wire="none", route="none", method="other", status="404") >= 1

    def test_are_timed(self, client, read):
        client.get("/health")

        labels = {"wire": "probe", "route": "/health"}
        now = read()
        assert now("till_request_duration_seconds_count", **labels) >= 1
        assert now("till_request_duration_seconds_bucket", **labels, le="+Inf") >= 1
        assert now("till_request_duration_seconds_sum", **labels) > 0


class TestTheShop:
    def test_orders_payments_and_declines(self, read, caller):
        for number in ("4242424242424242", "4242424242424242", "4000000000009995"):
            session = caller.ready()
            caller.complete(session, caller.delegate(session, number))

        now = read()
        assert now("till_orders_total", currency="usd") == 2
        assert now("till_order_amount_total", currency="usd") == 2 * 8499
        assert now("till_payments_total", outcome="succeeded", code="") == 2
        assert now("till_payments_total", outcome="declined", code="insufficient_funds") == 1
        assert now("till_sessions", status="completed") == 2
        assert now("till_sessions", status="ready_for_payment") == 1

    def test_counters_begin_again_at_midnight(self, read, caller):
        with time_machine.travel(datetime(2026, 3, 31, 23, 59, 50, tzinfo=UTC)) as clock:
            caller.complete(caller.ready(), "tok_visa")
            before = read()("till_orders_total", currency="usd")
            clock.shift(60)
            after = read()

        assert (before, after("till_orders_total", currency="usd")) == (1, 0)
        assert after("till_sessions", status="completed") == 1  # of the last 24 hours

    def test_a_payment_whose_end_nobody_knows(self, read, caller, settings):
        settings.PAYMENT_PROCESSOR = path(LosesTheAnswer)
        caller.complete(caller.ready(), "tok_visa")
        Payment.objects.update(unknown_since=timezone.now() - timedelta(minutes=20))

        now = read()

        assert now("till_payments_unsettled", state="unknown") == 1
        assert 1200 <= now("till_payment_unknown_seconds") < 1300

    def test_what_only_a_person_can_put_right(self, read, caller):
        caller.complete(caller.ready(), "tok_visa")
        assert read()("till_needs_human") == 0

        Payment.objects.update(contradiction="paid twice")

        assert read()("till_needs_human") == 1

    def test_tokens_by_what_became_of_them(self, read, caller):
        session = caller.ready()
        caller.complete(session, caller.delegate(session))
        caller.delegate(caller.ready())
        issued()
        issued(expires_at=timezone.now() + timedelta(minutes=5))

        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            caller.delegate(caller.ready())
            now = read()

        assert [now("till_tokens", kind="vt", state=state) for state in ("consumed", "expired", "active")] == [1, 1, 1]
        assert [now("till_tokens", kind="spt", state=state) for state in ("expired", "active")] == [1, 1]

    def test_events_that_wait(self, read, caller):
        endpoint, _ = set_endpoint(agent=caller.agent, url="http://127.0.0.1:9/")
        caller.complete(caller.ready(), "tok_visa")
        assert (read()("till_events_waiting"), read()("till_events_late")) == (1, 0)

        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            assert read()("till_events_late") == 1
        for _ in range(5):
            endpoint.note_failure(timezone.now(), is_refusal=True)

        assert read()("till_endpoints_paused") == 1

    def test_nothing_yet_is_a_nought_and_no_gap(self, read):
        now = read()

        assert now("till_database_up") == 1
        assert now("till_orders_total", currency="usd") == 0
        assert now("till_payments_total", outcome="succeeded", code="") == 0
        assert now("till_payments_unsettled", state="unknown") == 0
        assert now("till_tokens", kind="vt", state="consumed") == 0

    @pytest.mark.needs_postgres
    def test_connections(self, read):
        before = read()("till_pool_requests_total")
        now = read()

        assert now("till_database_connections", state="active") is not None
        assert now("till_pool_requests_total") >= before

    def test_a_database_that_does_not_answer_is_told_beside_what_processes_know(self, read):
        def refuse(*args):
            raise OperationalError("the server closed the connection")

        with connection.execute_wrapper(refuse):
            now = read()

        assert now("till_database_up") == 0
        assert now("till_orders_total", currency="usd") is None
        assert now("till_requests_total", wire="probe", route="/metrics", method="GET", status="200") is not None

    def test_it_asks_no_more_for_more_purchases(self, read, caller):
        def questions():
            with CaptureQueriesContext(connection) as asked:
                read()
            return len(asked)

        caller.complete(caller.ready(), "tok_visa")
        for_one = questions()
        for number in ("4242424242424242", "4000000000009995") * 3:
            session = caller.ready()
            caller.complete(session, caller.delegate(session, number))

        assert questions() == for_one <= 15


class TestWhoMayRead:
    def test_in_the_sandbox_anybody(self, client):
        assert client.get("/metrics").status_code == 200

    def test_in_a_shop_nobody_without_a_token(self, client, settings):
        settings.SANDBOX = False

        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    @pytest.mark.parametrize("is_sandbox", [True, False])
    def test_with_a_token_who_has_it(self, client, settings, is_sandbox):
        settings.SANDBOX, settings.METRICS_TOKEN = is_sandbox, "a-token-for-prometheus"

        def status(**headers):
            return client.get("/metrics", headers=headers).status_code

        assert status(Authorization="Bearer a-token-for-prometheus") == 200
        assert status() == status(Authorization="Bearer a-token") == status(Authorization="Bearer ä") == 404
        assert status(Authorization="a-token-for-prometheus") == 404

    def test_who_may_not_cannot_tell_that_it_is_there(self, client, settings):
        settings.SANDBOX = False

        assert client.get("/metrics").json() == client.get("/nowhere").json()
