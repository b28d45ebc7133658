"""The client of seed 001, against a running server: its snippets as printed, and what it keeps to itself."""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

import stripe_ocp
from ocp import headers
from payments.sandbox.models import Customer, PaymentIntent
from stripe_ocp import Refused, StripeAI, StripeOCP, amount_in, parse_payment
from tests.conftest import ROOT
from tests.ocp.conftest import SEEDS_SESSION, Talker
from tests.ocp.sentences import NO_PAYMENTS, PAYMENTS

SCHEMA = ROOT.parent / "shared" / "ocp-schemas" / "HEAD-a0051df" / "ocp-context.json"


@pytest.fixture
def till(transactional_db, live_server, monkeypatch) -> str:
    monkeypatch.setenv("STRIPE_API_BASE", live_server.url)
    return live_server.url


def sent_session(header: str) -> Any:
    """What a server reads of it."""
    return headers.session_in(header)


class TestSeed001:
    def test_its_first_snippet(self, till):
        stripe = StripeOCP("sk_test_your_key_here")
        stripe.context["user"] = "alice"

        customer = stripe.create_customer(email="alice@example.com", name="Alice Johnson")
        intent = stripe.create_payment_intent(
            amount=2000, currency="usd", customer=customer.id, description="OCP Demo Payment"
        )

        assert intent.metadata["ocp_user"] == "alice"
        assert stripe.get_context_summary() == {
            "context_id": stripe.context["context_id"],
            "user": "alice",
            "customers_count": 1,
            "transactions_count": 1,
            "payment_methods_count": 0,
            "total_interactions": 2,
        }
        assert [payment["id"] for payment in stripe.get_payment_history()] == [intent.id]

    def test_its_second_snippet(self, till):
        ai = StripeAI(stripe_key="sk_test_your_key_here", openai_key="sk-...")

        result = ai.process_payment_request("Charge Alice $50 for consulting services", user_email="alice@example.com")

        assert result["success"] is True
        assert result["message"] == "Created payment intent for $50.00"
        assert result["payment_intent_id"].startswith("pi_")
        assert result["context"]["transactions_count"] == 1

    def test_its_demo(self, till):
        told = subprocess.run([sys.executable, "stripe_ocp.py"], cwd=ROOT, capture_output=True, text=True, timeout=60)

        assert told.returncode == 0, told.stderr
        assert "possible_duplicate" in told.stdout
        assert "Created payment intent for $50.00" in told.stdout


def test_its_curl_lines_are_answered_with_the_context(transactional_db):
    call_command("seed_demo", verbosity=0)
    wire = Talker("sk_test_till", OCP_User="alice", OCP_Session=SEEDS_SESSION)

    made = wire.post("/v1/customers", "email=alice@example.com&name=Alice Johnson")
    paid = wire.post("/v1/payment_intents", "amount=2000&currency=usd&customer=cus_abc123")

    assert (made.status_code, paid.status_code) == (200, 200)
    assert paid.json()["ocp"]["summary"]["events"] == 2


class TestTheContext:
    def test_goes_along_and_comes_back(self, till):
        agent = StripeOCP("sk_test_mine", "payment-session-123")
        customer = agent.create_customer("alice@example.com", payment_method="pm_card_visa")
        method = agent.list_payment_methods(customer.id).data[0]
        paid = {"payment_method": method.id, "confirm": True, "payment_method_types": ["card"]}
        agent.create_payment_intent(2_000, customer=customer.id, **paid)
        agent.create_payment_intent(2_000, customer=customer.id)

        assert agent.suggestions["suggested_payment_method"]["id"] == method.id
        assert agent.suggestions["suggested_payment_method"]["reason"] == "used_in_session"
        assert "possible_duplicate" in agent.suggestions
        assert agent.context["context_summary"].startswith("The server remembers")

    def test_is_one_of_the_protocols(self, till):
        if not SCHEMA.exists():
            pytest.skip(f"no OCP schema at {SCHEMA}")
        agent = StripeOCP("sk_test_mine")
        agent.create_customer("alice@example.com")

        sent = sent_session(stripe_ocp.encoded(agent.context))
        assert not list(Draft7Validator(json.loads(SCHEMA.read_text())).iter_errors(sent))

    def test_has_an_id_that_reaches_the_server_whole(self):
        """One in fifty random ones would not: its digits look like a card's number."""
        contexts = [stripe_ocp.new_context() for _ in range(500)]

        assert all(stripe_ocp.headers_of(each)["OCP-Context-ID"] == each["context_id"] for each in contexts)

    def test_with_an_id_of_ones_own_has_the_first_examples_shape(self):
        agent = StripeOCP("sk_test_mine", "payment-session-123")
        agent.context["session"]["customers"].append({"id": "cus_1"})

        sent = sent_session(stripe_ocp.headers_of(agent.context)["OCP-Session"])
        assert (sent["customer_id"], sent["payment_history"]) == ("cus_1", [])

    def test_never_outgrows_its_header(self):
        agent = StripeOCP("sk_test_mine")
        for number in range(1_000):
            agent._log(
                "create_customer", "POST /v1/customers", f"result {number * 7919}", {"email": f"{number}@example.com"}
            )
            agent.context["session"]["payment_history"].append({"id": f"pi_{number * 104729}", "amount": number})

        encoded = stripe_ocp.encoded(agent.context)

        assert encoded.startswith("gzip:")
        assert len(encoded) <= 8_192
        kept = sent_session(encoded)["session"]["payment_history"]
        assert kept[-1]["amount"] == 999

    def test_holds_no_key_and_no_card(self):
        agent = StripeOCP("sk_test_mine_and_secret")
        agent.context["session"]["note"] = "4242 4242 4242 4242, and sk_live_abc"
        agent.context["session"]["card"] = {"number": "4242424242424242"}
        agent.context["current_goal"] = "pay with 4242424242424242"

        sent = stripe_ocp.headers_of(agent.context)
        told = json.dumps(sent_session(sent.pop("OCP-Session"))) + json.dumps(sent)

        assert "secret" not in told
        assert "42424242" not in told and "4242 " not in told
        assert "sk_live" not in told

    @given(st.text())
    def test_makes_headers_of_whatever_it_holds(self, text):
        agent = StripeOCP("sk_test_mine")
        agent.context["user"] = agent.context["current_goal"] = text

        assert all(value.isascii() and value.isprintable() for value in stripe_ocp.headers_of(agent.context).values())


class TestSentences:
    @pytest.mark.parametrize(("sentence", "amount", "currency"), PAYMENTS)
    def test_that_ask_for_a_payment(self, sentence, amount, currency):
        proposal = parse_payment(sentence)

        assert (proposal.amount, proposal.currency) == (amount, currency)

    @pytest.mark.parametrize(("sentence", "reason"), NO_PAYMENTS)
    def test_that_ask_for_none(self, sentence, reason):
        with pytest.raises(Refused) as refused:
            parse_payment(sentence)

        assert refused.value.reason == reason

    def test_half_of_them_are_refused_and_there_are_many(self):
        assert len(PAYMENTS) + len(NO_PAYMENTS) >= 60
        assert len(NO_PAYMENTS) >= len(PAYMENTS)

    @pytest.mark.parametrize(
        "spelling", ["Charge Alice ${} for tea", "Charge Alice {} USD", "Charge Alice {} dollars."]
    )
    def test_every_price_is_exact(self, spelling):
        for cents in range(10_000):
            assert amount_in(spelling.format(f"{cents // 100}.{cents % 100:02}")) == (cents, "usd")

    def test_a_description_is_what_it_is_for(self):
        assert parse_payment("Charge Alice $50 for consulting services").description == "consulting services"


class TestTheAssistant:
    def test_makes_one_customer_per_address(self, till):
        for _ in range(2):
            StripeAI("sk_test_mine").process_payment_request("Charge Alice $50", "alice@example.com")

        assert Customer.objects.count() == 1
        assert PaymentIntent.objects.count() == 2

    def test_charges_nothing_unless_told(self, till):
        ai = StripeAI("sk_test_mine")
        customer = ai.stripe.create_customer(
            "alice@example.com",
            payment_method="pm_card_visa",
            invoice_settings={"default_payment_method": "pm_card_visa"},
        )
        ai.process_payment_request("Charge Alice $50", "alice@example.com")

        assert PaymentIntent.objects.get(customer=customer.id).status == "requires_payment_method"

    def test_says_why_not(self, till):
        refused = StripeAI("sk_test_mine").process_payment_request("Refund Alice $50", "alice@example.com")

        assert (refused["success"], refused["reason"]) == (False, "refund")
        assert refused["context"]["transactions_count"] == 0
        assert not Customer.objects.exists()

    def test_tells_what_stripe_refuses(self, till):
        refused = StripeAI("sk_test_mine").process_payment_request("Charge Alice $0.20", "alice@example.com")

        assert (refused["success"], refused["reason"]) == (False, "amount_too_small")


@pytest.fixture
def model():
    """A chat-completions server on this machine, that proposes what it is told to."""

    class Server(ThreadingHTTPServer):
        arguments: object = {}
        asked = 0

    class Handler(BaseHTTPRequestHandler):
        server: Server

        def do_POST(self):
            self.server.asked += 1
            call = {"function": {"name": "propose_payment", "arguments": json.dumps(self.server.arguments)}}
            body = json.dumps({"choices": [{"message": {"tool_calls": [call]}}]}).encode()
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class TestAModel:
    @pytest.fixture
    def ai(self, till, model):
        return StripeAI("sk_test_mine", "any key", base_url=f"http://127.0.0.1:{model.server_port}")

    def test_is_asked_where_the_rules_give_up(self, ai, model):
        model.arguments = {"amount_minor": 2_000, "currency": "usd"}
        result = ai.process_payment_request("Alice owes us $20 for pizza", "alice@example.com")

        assert result["message"] == "Created payment intent for $20.00"

    @pytest.mark.parametrize(
        "arguments", [{"amount_minor": 2_001, "currency": "usd"}, {"amount_minor": "2000"}, [], {"currency": "usd"}]
    )
    def test_is_not_believed_what_is_not_in_the_text(self, ai, model, arguments):
        model.arguments = arguments
        result = ai.process_payment_request("Alice owes us $20 for pizza", "alice@example.com")

        assert (result["success"], result["reason"]) == (False, "no_payment")

    def test_is_not_asked_where_the_rules_are_sure(self, ai, model):
        ai.process_payment_request("Charge Alice $20", "alice@example.com")
        ai.process_payment_request("Don't charge Alice $20", "alice@example.com")

        assert model.asked == 0

    def test_that_does_not_answer_is_done_without(self, till):
        ai = StripeAI("sk_test_mine", "any key", base_url="http://127.0.0.1:9")

        assert ai.process_payment_request("Alice owes us $20", "alice@example.com")["reason"] == "no_payment"
