"""The counter remembers what an agent did in a conversation, for that agent alone, and changes nothing else."""

import random
import re
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from agents.versioning import LATEST
from ocp.models import Context, ContextEvent
from tests.caller import total_of
from tests.ocp.conftest import CONTEXT, SEEDS_SESSION, Talker, packed
from tests.ocp.test_headers import BOMB, DEEP, NAMES, any_headers
from tests.payments.sandbox.conftest import Wire

pytestmark = pytest.mark.django_db(transaction=True)

PAYMENT = (
    "amount=2000&currency=usd&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
)


def kinds() -> list[str]:
    return list(ContextEvent.objects.order_by("id").values_list("kind", flat=True))


def in_context(caller):
    """The same agent, in a conversation."""
    spoken = caller._headers
    caller._headers = lambda headers=None: spoken({**CONTEXT, **(headers or {})})
    return caller


class TestWhatIsRemembered:
    def test_the_seeds_own_calls(self, talker):
        talker.context["OCP-Session"] = SEEDS_SESSION
        customer = talker.post("/v1/customers", "email=alice@example.com&name=Alice Johnson").json()["id"]
        paid = talker.post("/v1/payment_intents", f"amount=2000&currency=usd&customer={customer}")

        assert kinds() == ["customer.created", "payment_intent.created"]
        assert paid["OCP-Context-ID"] == "payment-session-123"
        assert paid["OCP-Context-Status"] == "applied"
        assert paid.json()["ocp"]["summary"] == {
            "events": 2,
            "by_kind": {"customer.created": 1, "payment_intent.created": 1},
        }

    def test_a_purchase_over_the_counter(self, caller):
        in_context(caller)
        session = caller.ready()
        caller.complete(session, caller.delegate(session))

        assert kinds() == ["checkout_session.created", "vault_token.created", "order.created"]
        assert ContextEvent.objects.last().amount == total_of(session)

    def test_a_shared_token_and_coins(self, talker, caller):
        call_command("seed_packages", verbosity=0)
        talker.post(
            "/v1/shared_payment/issued_tokens",
            "payment_method=pm_card_visa&seller_details[external_id]=m&usage_limits[currency]=usd"
            "&usage_limits[max_amount]=500",
        )
        in_context(caller)
        user = caller.post("/stripe/create-customer", {"email": "ada@example.com", "name": "Ada"}).json()["user_id"]
        caller.post("/stripe/attach-payment-method", {"user_id": user, "payment_method_id": "pm_card_visa"})
        caller.post("/stripe/purchase-currency", {"user_id": user, "package_id": "package_1"})

        assert kinds() == ["shared_payment.issued_token.created", "customer.created", "purchase.completed"]

    def test_nothing_that_was_undone(self, caller):
        body = {"currency": "usd", "capabilities": {}, "line_items": [{"id": "no"}]}
        assert in_context(caller).post("/checkout_sessions", body).status_code == 400

        assert kinds() == []

    def test_nothing_of_what_the_headers_claim(self, talker):
        talker.context["OCP-Session"] = packed({"payment_history": [{"id": "pi_1", "amount": 1}]})
        talker.get("/v1/customers")

        assert kinds() == []

    def test_no_card_number_in_a_goal(self, talker):
        talker.context["OCP-Current-Goal"] = "pay with 4242424242424242"
        talker.get("/v1/customers")

        assert Context.objects.get().goal == "pay with …"

    def test_only_so_many_events_and_only_for_so_long(self, talker, settings):
        settings.OCP_CONTEXT_EVENTS = 3
        for _ in range(5):
            talker.post("/v1/customers", "email=a@example.com")
        assert len(kinds()) == 3

        with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
            assert talker.get("/ocp/contexts/payment-session-123").status_code == 404
            call_command("forget_contexts", verbosity=0)
        assert not Context.objects.exists()


class TestWhoseItIs:
    def test_two_accounts_with_the_same_id_never_see_each_others(self, talker):
        talker.post("/v1/customers", "email=a@example.com")
        other = Talker("sk_test_other")

        assert other.get("/ocp/contexts/payment-session-123").status_code == 404
        other.get("/v1/customers")
        assert other.get("/ocp/contexts/payment-session-123").json()["events"] == []
        assert len(talker.get("/ocp/contexts/payment-session-123").json()["events"]) == 1

    def test_nor_do_two_agents(self, caller):
        in_context(caller).ready()
        from tests.caller import Caller

        assert len(caller.get("/ocp/contexts/payment-session-123").json()["events"]) == 1
        assert Caller("another").get("/ocp/contexts/payment-session-123").status_code == 404

    def test_a_browsers_key_has_none(self, talker):
        intent = talker.post("/v1/payment_intents", "amount=2000&currency=usd").json()
        browser = Talker("pk_test_talker")

        seen = browser.get(f"/v1/payment_intents/{intent['id']}?client_secret={intent['client_secret']}")

        assert seen.status_code == 200 and "ocp" not in seen.json()
        assert seen["OCP-Context-Status"] == "ignored;unauthenticated"

    def test_it_takes_a_key(self, db, settings):
        settings.ANONYMOUS_AGENT = ""

        assert Client().get("/ocp/contexts/x").status_code == 401
        refused = Client().get("/checkout_sessions/cs_1", headers=CONTEXT)
        assert refused["OCP-Context-Status"] == "ignored;unauthenticated"
        assert not Context.objects.exists()


# Every family of addresses, as somebody asks who may, and somebody who may not.
READ = [
    *("/health", "/ready", "/openapi.json", "/docs", "/admin/login/", "/.well-known/acp.json", "/", "/coins", "/terms"),
    *("/nothing/here", "/orders/ord_none", "/checkout_sessions/cs_none", "/ocp/contexts/none"),
    *("/stripe/packages", "/stripe/customer/none", "/stripe/transactions/none", "/stripe/webhook"),
    *("/v1/customers", "/v1/customers/none", "/v1/payment_methods", "/v1/payment_intents", "/v1/tokens/none"),
    *("/v1/charges", "/v1/refunds", "/v1/disputes", "/v1/events", "/v1/webhook_endpoints", "/v1/nothing"),
    "/v1/shared_payment/granted_tokens/none",
]
WRITTEN = [
    *("/checkout_sessions", "/checkout_sessions/cs_none", "/checkout_sessions/cs_none/complete"),
    *("/agentic_commerce/delegate_payment", "/stripe/create-customer", "/stripe/purchase-currency", "/stripe/webhook"),
    *("/v1/customers", "/v1/payment_intents", "/v1/payment_methods", "/v1/shared_payment/issued_tokens", "/coins/buy"),
]


class TestWithoutHeaders:
    @pytest.fixture(autouse=True)
    def one_moment(self):
        """A page says when it expires."""
        with time_machine.travel(timezone.now(), tick=False):
            yield

    @pytest.mark.parametrize("path", READ)
    def test_every_answer_is_the_same_to_the_byte(self, path, caller, settings):
        Wire("sk_test_till").post("/v1/customers", "email=a@example.com")
        with_us, talking = asked(path, caller), asked(path, caller, CONTEXT)
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "ocp.middleware.OcpMiddleware"]
        without = asked(path, caller)

        assert (with_us.status_code, bytes_of(with_us)) == (without.status_code, bytes_of(without))
        assert dict(with_us.headers) == dict(without.headers)
        assert talking.status_code == without.status_code
        if not path.startswith(("/v1/", "/stripe/")):
            assert bytes_of(talking) == bytes_of(without)

    @pytest.mark.parametrize("path", WRITTEN)
    def test_so_is_what_a_post_is_answered(self, path, caller, settings):
        """The first answer is kept, and a retry's can be compared."""
        body = {"currency": "usd", "capabilities": {}, "line_items": [{"id": "item_123"}]}
        body = body if path == "/checkout_sessions" else {"email": "ada@example.com", "name": "Ada"}
        asked(path, caller, {}, body)
        with_us, talking = asked(path, caller, {}, body), asked(path, caller, CONTEXT, body)
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "ocp.middleware.OcpMiddleware"]
        without = asked(path, caller, {}, body)

        assert (with_us.status_code, bytes_of(with_us)) == (without.status_code, bytes_of(without))
        assert dict(with_us.headers) == dict(without.headers)
        assert talking.status_code == without.status_code

    def test_acps_bodies_stay_as_they_are_with_them_too(self, caller):
        session = caller.ready()
        path = f"/checkout_sessions/{session['id']}"

        assert caller.get(path).content == caller.get(path, CONTEXT).content

    def test_a_replay_is_a_replay(self, talker):
        first = talker.post("/v1/customers", "email=a@example.com", Idempotency_Key="k")
        again = talker.post("/v1/customers", "email=a@example.com", Idempotency_Key="k")

        assert again["Idempotent-Replayed"] == "true"
        assert again.json()["id"] == first.json()["id"]
        assert kinds() == ["customer.created"]


def asked(path, caller, more=None, body=None):
    key = "sk_test_till" if path.startswith("/v1") else caller.key
    headers = {"Authorization": f"Bearer {key}", "API-Version": LATEST, "Request-Id": "r", **(more or {})}
    if body is None:
        return Client().get(path, headers=headers)
    headers["Idempotency-Key"] = f"key of {path}"
    return Client().post(path, body, content_type="application/json", headers=headers)


def bytes_of(response):
    """An answer, but for what a page makes new each time: a form's token, the number of an attempt."""
    return re.sub(rb"\b(\w{64}|[0-9a-f]{32})\b", b"", response.content)


class TestHostileHeaders:
    def test_cause_no_error_on_real_endpoints(self, caller):
        chance = random.Random(7)
        good = dict.fromkeys(NAMES, ["payment-session-123", "x" * 300, "", "a b"])
        good["OCP-Session"] = [SEEDS_SESSION, BOMB, DEEP, "A" * 9_000, packed(b"\xff")]
        wire = Talker("sk_test_till")

        for _ in range(60):
            said = any_headers(chance, good)
            wire.context = {name: value.replace("\n", "").replace("\r", "") for name, value in said.items()}
            assert caller.get("/stripe/packages", wire.context).status_code == 200
            assert wire.get("/v1/customers").status_code == 200

    def test_a_context_that_cannot_be_kept_fails_nothing(self, talker, settings):
        settings.OCP_CONTEXT_EVENTS = "not a number"

        assert talker.post("/v1/customers", "email=a@example.com").status_code == 200


def test_a_call_in_a_conversation_takes_a_few_queries_however_long_it_is(talker, django_assert_max_num_queries):
    talker.get("/v1/customers")
    context = Context.objects.get()
    happened = {"context": context, "kind": "customer.created"}
    ContextEvent.objects.bulk_create(ContextEvent(object_id=f"cus_{n}", **happened) for n in range(150))

    with django_assert_max_num_queries(12):
        talker.get("/v1/customers")
