"""Suggestions rest on our own books, name their reason, and decide nothing."""

from typing import Any

import pytest
from django.core.management import call_command

from tests.ocp.conftest import CONTEXT, Talker, packed
from tests.ocp.test_conversations import PAYMENT, in_context

pytestmark = pytest.mark.django_db(transaction=True)


def customer_of(wire: Talker, *cards: str) -> tuple[str, list[str]]:
    customer = wire.post("/v1/customers", "email=alice@example.com").json()["id"]
    methods = [wire.post(f"/v1/payment_methods/{card}/attach", f"customer={customer}").json()["id"] for card in cards]
    return customer, methods


def pay(wire: Talker, customer: str, method: str, amount: int = 2_000) -> dict:
    body = PAYMENT.replace("amount=2000", f"amount={amount}")
    return wire.post("/v1/payment_intents", f"{body}&customer={customer}&payment_method={method}&confirm=true").json()


def suggested(wire: Talker, customer: str) -> Any:
    return wire.get(f"/v1/customers/{customer}").json()["ocp"].get("suggested_payment_method")


class TestPaymentMethod:
    def test_the_one_used_in_this_conversation_comes_first(self, talker):
        customer, (visa, amex) = customer_of(talker, "pm_card_visa", "pm_card_amex")
        pay(Talker(OCP_Context_ID="earlier"), customer, amex)
        pay(talker, customer, visa)
        pay(Talker(OCP_Context_ID="later"), customer, amex, 100)

        found = suggested(talker, customer)

        assert (found["id"], found["reason"]) == (visa, "used_in_session")
        assert found["last_used"]

    def test_then_the_last_that_worked(self, talker):
        customer, (visa, amex) = customer_of(talker, "pm_card_visa", "pm_card_amex")
        elsewhere = Talker(OCP_Context_ID="earlier")
        pay(elsewhere, customer, visa)
        pay(elsewhere, customer, amex)

        assert (suggested(talker, customer)["id"], suggested(talker, customer)["reason"]) == (amex, "last_successful")

    def test_then_the_default(self, talker):
        customer, (visa,) = customer_of(talker, "pm_card_visa")
        talker.post(f"/v1/customers/{customer}", f"invoice_settings[default_payment_method]={visa}")

        assert (suggested(talker, customer)["id"], suggested(talker, customer)["reason"]) == (visa, "default")

    def test_never_one_that_was_taken_off(self, talker):
        customer, (visa,) = customer_of(talker, "pm_card_visa")
        pay(talker, customer, visa)
        talker.post(f"/v1/payment_methods/{visa}/detach")

        assert suggested(talker, customer) is None

    def test_the_session_may_name_the_customer_but_only_ones_own(self, talker):
        customer, (visa,) = customer_of(talker, "pm_card_visa")
        pay(talker, customer, visa)
        session = packed({"customer_id": customer})

        mine = Talker(OCP_Session=session).get("/v1/payment_intents?limit=1&customer=cus_none").json()["ocp"]
        theirs = Talker("sk_test_other", OCP_Session=session).get("/v1/payment_intents").json()["ocp"]
        nobodys = Talker("sk_test_other").get("/v1/payment_intents").json()["ocp"]

        assert mine["suggested_payment_method"]["id"] == visa
        assert theirs == nobodys


class TestDuplicate:
    def test_the_same_again_is_noticed_and_made_all_the_same(self, talker):
        customer, (visa,) = customer_of(talker, "pm_card_visa")
        first, second = pay(talker, customer, visa), pay(talker, customer, visa)

        assert second["status"] == "succeeded"
        assert second["ocp"]["possible_duplicate"]["payment_intent"] == first["id"]
        assert "possible_duplicate" not in first["ocp"]

    def test_another_amount_is_another_payment(self, talker):
        customer, (visa,) = customer_of(talker, "pm_card_visa")
        pay(talker, customer, visa)

        assert "possible_duplicate" not in pay(talker, customer, visa, 2_001)["ocp"]


class TestPackage:
    @pytest.fixture
    def player(self, caller):
        call_command("seed_packages", verbosity=0)
        in_context(caller)
        user = caller.post("/stripe/create-customer", {"email": "ada@example.com", "name": "Ada"}).json()["user_id"]
        caller.post("/stripe/attach-payment-method", {"user_id": user, "payment_method_id": "pm_card_visa"})
        return user

    def test_the_smallest_that_covers_what_is_missing(self, caller, player):
        body = {"user_id": player, "amount": 150, "reason": "a sword"}
        refused = caller.post("/stripe/spend-currency", body)

        assert refused.status_code == 400
        assert refused.json()["detail"] == "Insufficient balance"
        assert refused.json()["ocp"]["suggested_package"] == {"package_id": "package_2", "reason": "covers_shortfall"}

    def test_else_the_last_one_bought(self, caller, player):
        caller.post("/stripe/purchase-currency", {"user_id": player, "package_id": "package_1"})

        shown = caller.get(f"/stripe/customer/{player}").json()
        assert shown["ocp"]["suggested_package"] == {"package_id": "package_1", "reason": "bought_in_session"}
        elsewhere = caller.get(f"/stripe/customer/{player}", CONTEXT | {"OCP-Context-ID": "later"}).json()
        assert elsewhere["ocp"]["suggested_package"] == {"package_id": "package_1", "reason": "last_bought"}


def test_the_context_itself_tells_what_it_suggests(talker):
    customer, (visa,) = customer_of(talker, "pm_card_visa")
    pay(talker, customer, visa)

    told = talker.get("/ocp/contexts/payment-session-123").json()

    assert told["suggestions"]["suggested_payment_method"]["id"] == visa
    assert [event["kind"] for event in told["events"]][:2] == ["customer.created", "payment_method.attached"]
