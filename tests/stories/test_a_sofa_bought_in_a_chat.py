"""Seed 004, flow 1, message by message: a sofa bought inside an assistant, with every version its callers name."""

import pytest
from django.core.management import call_command
from django.test import Client

from checkout.models import Order
from tests.caller import ADDRESS
from vault.models import VaultToken

CALLS = {"Authorization": "Bearer api_key_demo_123", "API-Version": "2025-09-12"}
DELEGATES = CALLS | {"API-Version": "2025-09-29"}


@pytest.fixture(autouse=True)
def demo(db, time_machine):
    time_machine.move_to("2026-11-21T12:00:00Z")
    call_command("seed_demo", verbosity=0)


def post(path, body, headers):
    return Client().post(path, body, content_type="application/json", headers=headers)


def test_a_sofa_bought_in_a_chat():
    created = post("/checkout_sessions", {"items": [{"id": "sofa_123", "quantity": 1}]}, CALLS).json()
    assert created["status"] == "not_ready_for_payment"
    assert [message["param"] for message in created["messages"]] == ["$.fulfillment_address"]
    path = f"/checkout_sessions/{created['id']}"

    addressed = post(path, {"fulfillment_address": ADDRESS}, CALLS).json()
    assert "standard_shipping" in [option["id"] for option in addressed["fulfillment_options"]]

    ready = post(path, {"fulfillment_option_id": "shipping_standard"}, CALLS).json()
    assert ready["status"] == "ready_for_payment"
    assert {"type": "total", "display_text": "Total", "amount": 199900} in ready["totals"]

    delegation = {
        "payment_method": {
            "type": "card",
            "number": "4242424242424242",
            "exp_month": "12",
            "exp_year": "2026",
            "cvc": "123",
            "display_card_funding_type": "credit",
            "display_brand": "visa",
            "display_last4": "4242",
        },
        "allowance": {
            "reason": "one_time",
            "max_amount": 199900,
            "currency": "usd",
            "checkout_session_id": created["id"],
            "merchant_id": "merchant_rtg",
            "expires_at": "2026-11-26T23:59:59Z",
        },
        "risk_signals": [{"type": "card_testing", "score": 1, "action": "authorized"}],
        "metadata": {"source": "chatgpt"},
    }
    token = post("/agentic_commerce/delegate_payment", delegation, DELEGATES).json()
    assert token["metadata"]["source"] == "chatgpt"

    completion = {"payment_data": {"token": token["id"], "provider": "stripe"}}
    completed = post(f"{path}/complete", completion, CALLS).json()

    order = Order.objects.get()
    assert completed["status"] == "completed"
    assert completed["order"] == {
        "id": order.id,
        "checkout_session_id": created["id"],
        "permalink_url": f"http://127.0.0.1:8000/orders/{order.id}",
    }
    assert order.payment.amount == 199900
    assert order.payment.charge_id.startswith("ch_")
    assert VaultToken.objects.get().state == "consumed"
    assert "Thank you" in Client().get(f"/orders/{order.id}").content.decode()


def test_a_sofa_bought_on_the_shops_own_page():
    """Flow 2: the browser turned the card into a token; our server never saw it."""
    created = post("/checkout_sessions", {"items": [{"id": "sofa_123", "quantity": 1}]}, CALLS).json()
    path = f"/checkout_sessions/{created['id']}"
    post(path, {"fulfillment_address": ADDRESS}, CALLS)
    post(path, {"fulfillment_option_id": "shipping_standard"}, CALLS)

    completed = post(f"{path}/complete", {"payment_data": {"token": "tok_visa", "provider": "stripe"}}, CALLS).json()

    assert completed["status"] == "completed"
    assert not VaultToken.objects.exists()
