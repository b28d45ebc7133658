"""Seed 002's eight steps, as its test collection takes them: the calls, in order, and what each of them answers."""

import pytest
from django.core.management import call_command
from django.test import Client

from agents.operations import create_agent

pytestmark = pytest.mark.django_db(transaction=True)


def call(method, path, **body):
    """A call as the document prints it: JSON, no key, no version."""
    send = getattr(Client(), method)
    answer = send(f"/stripe/{path}", body, content_type="application/json") if body else send(f"/stripe/{path}")
    return answer.status_code, answer.json()


def test_somebody_buys_coins_for_a_game():
    create_agent(name="demo")
    call_command("seed_packages")

    # 1. Get available packages
    status, answer = call("get", "packages")
    assert status == 200
    assert [(each["package_id"], each["price_cents"]) for each in answer["packages"]] == [
        ("package_1", 1000),
        ("package_2", 2500),
        ("package_3", 5000),
    ]

    # 2. Create customer, 3. get customer info
    status, answer = call("post", "create-customer", email="customer@example.com", name="Customer Name")
    user_id = answer["user_id"]
    assert (status, answer["status"], answer["message"]) == (200, "success", "Customer created successfully")
    assert call("get", f"customer/{user_id}")[1]["currency_balance"] == 0

    # 4. Attach payment method
    status, answer = call("post", "attach-payment-method", user_id=user_id, payment_method_id="pm_card_visa")
    assert (status, answer["message"]) == (200, "Test payment method configured for customer")

    # 5. Purchase currency: all three packages
    for package_id, coins, balance in [("package_1", 100, 100), ("package_2", 300, 400), ("package_3", 700, 1100)]:
        status, answer = call("post", "purchase-currency", user_id=user_id, package_id=package_id)
        assert (status, answer["currency_purchased"], answer["new_balance"]) == (200, coins, balance)

    # 6. Get updated balance, 7. get transaction history
    assert call("get", f"customer/{user_id}")[1]["currency_balance"] == 1100
    status, answer = call("get", f"transactions/{user_id}")
    assert [each["package_name"] for each in answer["transactions"]] == ["Premium Pack", "Popular Pack", "Starter Pack"]

    # 8. Test error cases
    no_package, no_user = (400, {"detail": "Invalid package ID"}), (404, {"detail": "Customer not found"})
    assert call("post", "purchase-currency", user_id=user_id, package_id="package_4") == no_package
    assert call("post", "purchase-currency", user_id="nobody", package_id="package_1") == no_user
    for card, detail in [
        ("pm_card_chargeDeclined", "Card was declined"),
        ("pm_card_insufficient_funds", "Insufficient funds"),
    ]:
        call("post", "attach-payment-method", user_id=user_id, payment_method_id=card)
        refused = call("post", "purchase-currency", user_id=user_id, package_id="package_1")
        assert refused == (400, {"detail": detail})
    assert call("get", f"customer/{user_id}")[1]["currency_balance"] == 1100
    call_command("verify_ledger")
