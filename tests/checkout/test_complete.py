"""Completing a session: the money path as an agent sees it."""

import pytest
import time_machine
from django.test import override_settings

from catalog.models import Product
from checkout.models import Order
from payments.models import Payment
from tests.caller import Caller, delegation, payment, total_of
from tests.payments.unreliable import Crash, DiesBeforeCreate, path
from vault.models import VaultToken


def complete_in_a_server_that_dies(caller, session, token):
    """It dies between begin and charge: all that is left is the payment."""
    with override_settings(PAYMENT_PROCESSOR=path(DiesBeforeCreate)), pytest.raises(Crash):
        caller.complete(session, token)
    Payment.objects.update(lease_until=None)


def stock_of(product_id):
    return Product.objects.get(id=product_id).stock


class TestWithAVaultToken:
    def test_makes_an_order_and_uses_the_token_up(self, caller):
        session = caller.ready("item_456")
        token = caller.delegate(session)
        before = stock_of("item_456")

        answer = caller.complete(session, token)

        assert answer.status_code == 200
        assert answer.json()["status"] == "completed"
        order = Order.objects.get()
        assert answer.json()["order"]["id"] == order.id
        assert (order.total_amount, order.payment.amount) == (total_of(session), total_of(session))
        assert VaultToken.objects.get().state == "consumed"
        assert stock_of("item_456") == before - 1

    def test_a_second_complete_is_409(self, caller):
        session = caller.ready()
        caller.complete(session, caller.delegate(session))

        answer = caller.complete(session, "tok_visa")

        assert (answer.status_code, answer.json()["code"]) == (409, "session_completed")
        assert Payment.objects.count() == 1

    def test_a_replay_is_the_same_order(self, caller):
        session = caller.ready()
        token = caller.delegate(session)
        first = caller.complete(session, token, key="pay")

        again = caller.complete(session, token, key="pay")

        assert again.content == first.content
        assert Payment.objects.count() == 1

    def test_a_token_of_another_agent_does_not_exist(self, caller):
        session = caller.ready()
        token = Caller("another").delegate(session)

        answer = caller.complete(session, token)

        assert (answer.status_code, answer.json()["code"]) == (400, "token_not_found")

    def test_manual_review_marks_the_order(self, caller):
        session = caller.ready()
        doubtful = {"risk_signals": [{"type": "card_testing", "score": 60, "action": "manual_review"}]}
        token = caller.post("/agentic_commerce/delegate_payment", delegation(session) | doubtful).json()["id"]

        answer = caller.complete(session, token)

        assert answer.json()["order"]["status"] == "manual_review"


class TestADecline:
    def test_leaves_the_session_payable_and_says_why(self, caller):
        session = caller.ready()

        answer = caller.complete(session, "tok_visa_chargeDeclinedInsufficientFunds")

        assert answer.status_code == 200
        assert answer.json()["status"] == "ready_for_payment"
        assert [message["code"] for message in answer.json()["messages"]] == ["payment_declined"]
        assert "order" not in answer.json()

    def test_gives_stock_and_token_back(self, caller):
        session = caller.ready("item_456")
        token = caller.delegate(session, number="4000000000000002")
        before = stock_of("item_456")

        caller.complete(session, token)

        assert stock_of("item_456") == before
        assert VaultToken.objects.get().state == "active"

    def test_is_followed_by_another_card(self, caller):
        session = caller.ready()
        caller.complete(session, "tok_visa_chargeDeclined")

        answer = caller.complete(session, "tok_visa")

        assert answer.json()["status"] == "completed"
        assert sorted(Payment.objects.values_list("state", flat=True)) == ["declined", "succeeded"]


class TestARefusal:
    """Nothing changes: no payment, no stock taken, the token still good."""

    def test_of_a_session_that_is_not_ready(self, caller):
        session = caller.create()

        answer = caller.complete(session, "tok_visa")

        assert (answer.status_code, answer.json()["code"]) == (409, "session_not_ready_for_payment")
        assert answer.json()["param"] == "$.fulfillment_details.address"
        assert not Payment.objects.exists()

    def test_of_a_token_for_less(self, caller):
        session = caller.ready()
        token = caller.delegate(session, max_amount=total_of(session) - 1)

        answer = caller.complete(session, token)

        assert (answer.status_code, answer.json()["code"]) == (400, "token_amount_exceeded")
        assert answer.json()["param"] == "$.payment_data.instrument.credential.token"
        assert VaultToken.objects.get().state == "active"

    def test_of_a_token_at_the_second_it_expires(self, caller):
        with time_machine.travel("2026-11-21T10:00:00Z", tick=False):
            session = caller.ready()
            token = caller.delegate(session, expires_at="2026-11-21T10:30:00Z")
        with time_machine.travel("2026-11-21T10:30:00Z", tick=False):
            answer = caller.complete(session, token)

        assert (answer.status_code, answer.json()["code"]) == (400, "token_expired")

    def test_of_a_delegated_card_by_the_name_the_processor_has_for_it(self, caller):
        session = caller.ready()
        caller.delegate(session, max_amount=1)

        answer = caller.complete(session, VaultToken.objects.get().credential)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_payment_credential")
        assert not Payment.objects.exists()

    def test_of_something_that_is_no_token(self, caller):
        answer = caller.complete(caller.ready(), "tok_ü")

        assert answer.status_code == 400
        assert answer.json()["param"] == "$.payment_data.instrument.credential.token"

    def test_of_an_undeclared_handler(self, caller):
        session = caller.ready()
        body = payment("tok_visa")
        body["payment_data"]["handler_id"] = "card_imaginary"

        answer = caller.post(f"/checkout_sessions/{session['id']}/complete", body)

        assert (answer.status_code, answer.json()["param"]) == (400, "$.payment_data.handler_id")

    def test_of_a_direct_token_where_delegation_is_asked_for(self, caller):
        """Statement 61: `requires_delegate_payment` means only a delegated token is accepted."""
        session = caller.ready()
        body = payment("tok_visa")
        body["payment_data"]["handler_id"] = "card_tokenized"

        answer = caller.post(f"/checkout_sessions/{session['id']}/complete", body)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_payment_credential")


class TestAnotherRequestsPayment:
    def test_that_came_to_nothing_is_not_this_requests_answer(self, caller):
        session = caller.ready()
        complete_in_a_server_that_dies(caller, session, "tok_visa_chargeDeclined")

        joined = caller.complete(session, "tok_visa", key="mine")
        again = caller.complete(session, "tok_visa", key="mine")

        assert (joined.status_code, joined.headers["Retry-After"]) == (409, "1")
        assert again.json()["status"] == "completed"

    def test_that_succeeded_is_everybodys(self, caller):
        session = caller.ready()
        complete_in_a_server_that_dies(caller, session, "tok_visa")

        assert caller.complete(session, "tok_visa").json()["status"] == "completed"
        assert Payment.objects.count() == 1


class TestStock:
    def test_that_went_meanwhile_is_told_not_raised(self, caller):
        session = caller.ready("item_456")
        Product.objects.filter(id="item_456").update(stock=0)

        answer = caller.complete(session, "tok_visa")

        assert answer.status_code == 200
        assert answer.json()["status"] == "not_ready_for_payment"
        assert answer.json()["messages"][0]["code"] == "out_of_stock"
        assert not Payment.objects.exists()


class TestNothingToPay:
    def test_a_free_session_becomes_an_order_without_a_payment(self, caller):
        Product.objects.filter(id="ebook_123").update(unit_amount=0, discount_amount=0)
        session = caller.create("ebook_123")

        answer = caller.complete(session, "tok_visa")

        assert answer.json()["status"] == "completed"
        assert Order.objects.get().payment is None
