"""The buyer's bank wants to be asked: nothing is charged until it has said yes."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from agents.versioning import SUPPORTED
from catalog.models import Product
from checkout.models import Order
from payments.models import Payment
from payments.sandbox.models import Charge
from tests.caller import Caller, payment
from tests.payments.unreliable import Crash, DiesAfterConfirm, path
from vault.models import VaultToken

ASKS_THE_BUYER = "4000002760003184"
APPROVED = {
    "outcome": "authenticated",
    "outcome_details": {
        "three_ds_cryptogram": "AbCdEfGhIjKlMnOpQrStUvWxY0A=",
        "electronic_commerce_indicator": "05",
        "transaction_id": "dsTransId_123",
        "version": "2.2.0",
    },
}
V1, V2, V3, V4, V5 = reversed(SUPPORTED)


@pytest.fixture
def waiting(caller):
    """A session whose payment waits for the buyer, as `complete` answered it."""
    session = caller.ready("item_456")
    token = caller.delegate(session, number=ASKS_THE_BUYER)
    answer = caller.complete(session, token)
    assert answer.status_code == 200
    return answer.json() | {"token": token}


def bring(caller, session, result):
    body = payment(session["token"]) | ({"authentication_result": result} if result else {})
    return caller.post(f"/checkout_sessions/{session['id']}/complete", body)


def stock():
    return Product.objects.get(id="item_456").stock


class TestWhileTheBuyerIsAsked:
    def test_the_session_says_so(self, waiting):
        """Statement 41: the status is `authentication_required`."""
        assert waiting["status"] == "authentication_required"
        assert [message["code"] for message in waiting["messages"]] == ["requires_3ds"]
        assert waiting["continue_url"].startswith("http")

    def test_the_session_says_how_to_ask(self, waiting):
        """Statement 42: authentication_metadata is there."""
        assert waiting["authentication_metadata"]["directory_server"] == "visa"
        assert waiting["authentication_metadata"]["acquirer_details"]["acquirer_merchant_id"] == "merchant_123"

    def test_nothing_is_charged_and_everything_is_held(self, waiting):
        assert not Charge.objects.filter(status="succeeded").exists()
        assert not Order.objects.exists()
        assert VaultToken.objects.get().state == "reserved"
        assert stock() == 119

    def test_completing_without_a_result_is_refused(self, caller, waiting):
        """Statement 43: 4XX, requires_3ds, $.authentication_result."""
        answer = bring(caller, waiting, None)

        assert (answer.status_code, answer.json()["code"]) == (400, "requires_3ds")
        assert (answer.json()["type"], answer.json()["param"]) == ("invalid_request", "$.authentication_result")

    def test_the_request_that_died_and_is_sent_again_is_told_to_wait_too(self, caller, settings):
        settings.PAYMENT_LEASE = settings.IDEMPOTENCY_LEASE = 0
        session = caller.ready("item_456")
        token = caller.delegate(session, number=ASKS_THE_BUYER)
        with override_settings(PAYMENT_PROCESSOR=path(DiesAfterConfirm)), pytest.raises(Crash):
            caller.complete(session, token, key="one")
        call_command("settle_payments")

        answer = caller.complete(session, token, key="one")

        assert (answer.status_code, answer.json()["status"]) == (200, "authentication_required")

    def test_an_update_is_refused_for_now(self, caller, waiting):
        answer = caller.post(f"/checkout_sessions/{waiting['id']}", {"order_notes": "Hurry"})

        assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")

    @pytest.mark.parametrize("version", [V2, V3, V4, V5])
    def test_every_version_that_knows_the_status_reads_it(self, caller, waiting, version):
        session = caller.get(f"/checkout_sessions/{waiting['id']}", headers={"API-Version": version}).json()

        assert session["status"] == "authentication_required"
        assert session["authentication_metadata"]["channel"]["browser"]["javascript_enabled"] is False

    def test_the_first_version_reads_a_message(self, caller, waiting):
        session = caller.get(f"/checkout_sessions/{waiting['id']}", headers={"API-Version": V1}).json()

        assert session["status"] == "not_ready_for_payment"
        assert session["messages"][0]["code"] == "requires_3ds"
        assert "authentication_metadata" not in session


class TestTheResult:
    def test_that_the_buyer_approved_completes_the_session(self, caller, waiting):
        answer = bring(caller, waiting, APPROVED)

        assert answer.json()["status"] == "completed"
        assert Order.objects.get().payment.is_paid
        assert Charge.objects.filter(status="succeeded").count() == 1
        assert VaultToken.objects.get().state == "consumed"

    @pytest.mark.parametrize("outcome", ["denied", "rejected", "canceled", "abandoned", "not_supported"])
    def test_that_the_buyer_did_not_approve_gives_everything_back(self, caller, waiting, outcome):
        answer = bring(caller, waiting, {"outcome": outcome})

        assert answer.json()["status"] == "ready_for_payment"
        assert [message["code"] for message in answer.json()["messages"]] == ["payment_declined"]
        assert VaultToken.objects.get().state == "active"
        assert stock() == 120
        assert not Charge.objects.filter(status="succeeded").exists()

    @pytest.mark.parametrize("outcome", ["authenticated", "informational", "attempt_acknowledged"])
    def test_that_proves_nothing_is_refused(self, caller, waiting, outcome):
        """Statement 44: these outcomes come with outcome_details."""
        answer = bring(caller, waiting, {"outcome": outcome})

        assert (answer.status_code, answer.json()["param"]) == (400, "$.authentication_result")
        assert Payment.objects.get().state == "requires_action"

    def test_in_the_words_of_an_older_version(self, caller, waiting):
        body = {
            "payment_data": {"token": waiting["token"], "provider": "stripe"},
            "authentication_result": APPROVED | {"outcome": "attempt"},
        }

        answer = caller.post(f"/checkout_sessions/{waiting['id']}/complete", body, {"API-Version": V3})

        assert answer.json()["status"] == "completed"

    def test_a_second_card_can_be_used_after_a_refusal(self, caller, waiting):
        bring(caller, waiting, {"outcome": "denied"})

        assert caller.complete(waiting, "tok_visa").json()["status"] == "completed"
        assert sorted(Payment.objects.values_list("state", flat=True)) == ["canceled", "succeeded"]


class TestGivingUp:
    def test_cancel_withdraws_the_payment(self, caller, waiting):
        answer = caller.post(f"/checkout_sessions/{waiting['id']}/cancel")

        assert answer.json()["status"] == "canceled"
        assert Payment.objects.get().is_settled
        assert (VaultToken.objects.get().state, stock()) == ("active", 120)

    @pytest.mark.parametrize("how", ["by the command", "by whoever reads it"])
    def test_expiry_withdraws_the_payment(self, caller, waiting, how):
        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            call_command("expire_sessions") if how == "by the command" else caller.read(waiting)

        assert Payment.objects.get().is_settled
        assert stock() == 120
        assert caller.read(waiting)["status"] == "expired"


class TestRequiredInterventions:
    def test_stop_an_agent_that_cannot_take_the_buyer_there(self, shop, settings):
        """Statement 57: required, not supported by the agent, enforced always: not ready, and it is told why."""
        settings.REQUIRED_INTERVENTIONS, settings.INTERVENTION_ENFORCEMENT = ["3ds"], "always"

        session = Caller().ready()

        assert session["status"] == "not_ready_for_payment"
        assert [message["code"] for message in session["messages"]] == ["intervention_required"]
        assert session["capabilities"]["interventions"]["required"] == ["3ds"]

    def test_do_not_stop_one_that_can(self, shop, settings):
        settings.REQUIRED_INTERVENTIONS, settings.INTERVENTION_ENFORCEMENT = ["3ds"], "always"

        session = Caller().ready(capabilities={"interventions": {"supported": ["3ds"]}})

        assert session["status"] == "ready_for_payment"

    def test_are_only_mentioned_when_they_are_conditional(self, shop, settings):
        settings.REQUIRED_INTERVENTIONS = ["3ds"]

        session = Caller().ready()

        assert session["status"] == "ready_for_payment"
        assert [message["type"] for message in session["messages"]] == ["info"]
