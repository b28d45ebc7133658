"""Seed 003's calls, as its document prints them (but for the date, which has passed): with all their headers and
without any, for a caller who sends no key and no version."""

import json

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.models import Product
from checkout.models import Order

HEADERS = {"Authorization": "Bearer api_key_123", "API-Version": "2025-09-29"}
ADDRESS = {
    "name": "John Doe",
    "line_one": "123 Main St",
    "city": "San Francisco",
    "state": "CA",
    "country": "US",
    "postal_code": "94102",
}
CREATE = {"items": [{"id": "item_123", "quantity": 1}], "fulfillment_address": ADDRESS}
UPDATE = {
    "buyer": {"first_name": "John", "last_name": "Doe", "email": "john@example.com"},
    "fulfillment_option_id": "standard_shipping",
}
SHORT_UPDATE = UPDATE | {"fulfillment_address": ADDRESS | {"line_one": "123 Main", "city": "SF"}}


def delegation(session_id, *, short):
    payment_method = {
        "type": "card",
        "card_number_type": "fpan",
        "number": "4242424242424242",
        "exp_month": "12",
        "exp_year": "2026",
        "display_card_funding_type": "credit",
        "display_last4": "4242",
        "metadata": {},
    }
    if not short:
        payment_method |= {"name": "John Doe", "cvc": "123", "display_brand": "Visa"}
    body = {
        "payment_method": payment_method,
        "allowance": {
            "reason": "one_time",
            "max_amount": 10000,
            "currency": "usd",
            "checkout_session_id": session_id,
            "merchant_id": "merchant_123",
            "expires_at": "2026-12-31T23:59:59Z",
        },
        "risk_signals": [{"type": "card_testing", "score": 5, "action": "authorized"}],
        "metadata": {},
    }
    return body if short else body | {"billing_address": ADDRESS}


@pytest.fixture(autouse=True)
def demo(db, time_machine):
    time_machine.move_to("2026-11-21T12:00:00Z")
    call_command("seed_demo", verbosity=0)


def post(path, body=None, headers=None):
    return Client().post(path, json.dumps(body or {}), content_type="application/json", headers=headers or {})


@pytest.mark.parametrize("headers", [HEADERS, {}], ids=["with its headers", "without headers"])
class TestEachCall:
    def created(self, headers):
        return post("/checkout_sessions", CREATE, headers)

    def test_creates_a_session(self, headers):
        answer = self.created(headers)

        assert answer.status_code == 201
        assert answer.json()["status"] == "ready_for_payment"
        assert answer.json()["line_items"][0]["item"] == {"id": "item_123", "quantity": 1}

    def test_updates_it(self, headers):
        session_id = self.created(headers).json()["id"]

        answer = post(f"/checkout_sessions/{session_id}", UPDATE, headers)

        assert answer.status_code == 200
        assert answer.json()["fulfillment_option_id"] == "standard_shipping"
        assert answer.json()["buyer"] == UPDATE["buyer"]

    def test_reads_it(self, headers):
        session = self.created(headers).json()

        assert Client().get(f"/checkout_sessions/{session['id']}", headers=headers).json() == session

    def test_cancels_it(self, headers):
        session_id = self.created(headers).json()["id"]

        assert post(f"/checkout_sessions/{session_id}/cancel", headers=headers).json()["status"] == "canceled"

    def test_delegates_a_card_and_completes_with_the_token(self, headers):
        session_id = self.created(headers).json()["id"]
        key = {"Idempotency-Key": "idempotency_key_456"} if headers else {}

        token = post("/agentic_commerce/delegate_payment", delegation(session_id, short=False), headers | key)
        assert token.status_code == 201
        assert token.json()["id"].startswith("vt_")
        body = {"payment_data": {"token": token.json()["id"], "provider": "stripe"}}
        answer = post(f"/checkout_sessions/{session_id}/complete", body, headers)

        assert (answer.status_code, answer.json()["status"]) == (200, "completed")
        assert answer.json()["order"]["id"] == Order.objects.get().id

    def test_completes_with_a_regular_token(self, headers):
        session_id = self.created(headers).json()["id"]

        body = {"payment_data": {"token": "tok_visa", "provider": "stripe"}}

        assert post(f"/checkout_sessions/{session_id}/complete", body, headers).json()["status"] == "completed"

    def test_health_and_readiness(self, headers):
        assert Client().get("/health", headers=headers).status_code == 200
        assert Client().get("/ready", headers=headers).status_code == 200


def test_the_full_script():
    """The document's four-step script: create, delegate, update, complete, with no headers at all."""
    session_id = post("/checkout_sessions", {"items": [{"id": "item_123", "quantity": 1}]}).json()["id"]
    token = post("/agentic_commerce/delegate_payment", delegation(session_id, short=True)).json()["id"]
    post(f"/checkout_sessions/{session_id}", SHORT_UPDATE)

    answer = post(f"/checkout_sessions/{session_id}/complete", {"payment_data": {"token": token, "provider": "stripe"}})

    assert answer.json()["status"] == "completed"
    assert (
        Client().get(answer.json()["order"]["permalink_url"].removeprefix("http://127.0.0.1:8000")).status_code == 200
    )


def test_a_wrong_key_is_refused_even_here():
    assert post("/checkout_sessions", CREATE, {"Authorization": "Bearer wrong"}).status_code == 401


def test_what_is_sold_out_says_so():
    Product.objects.filter(id="item_123").update(stock=0)

    answer = post("/checkout_sessions", CREATE)

    assert answer.json()["status"] == "not_ready_for_payment"
    assert answer.json()["messages"][0]["code"] == "out_of_stock"
