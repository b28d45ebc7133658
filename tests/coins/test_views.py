"""The wire of seed 002: bodies, fields, status codes and messages as its document prints them."""

import re
import uuid

import pytest
from django.core.management import call_command

from agents.operations import create_agent
from coins.models import Customer, Purchase
from payments.models import Payment
from payments.sandbox.models import PaymentMethod
from payments.sandbox.operations import create_payment_method
from tests.caller import Api
from tests.coins.factories import DECLINED, NO_FUNDS, VISA, balance, buy
from tests.payments import unreliable
from tests.payments.factories import card

pytestmark = pytest.mark.django_db(transaction=True)

ADA = {"email": "ada@example.com", "name": "Ada"}


@pytest.fixture
def caller(key, packages):
    """The demo's agent, as the document's clients call: no version, no Idempotency-Key."""
    return Caller(key)


class Caller(Api):
    def _headers(self, headers):
        return super()._headers({"API-Version": None, **(headers or {})})

    def post(self, path, body=None, key=None):
        return super().post(path, body, headers={"Idempotency-Key": key})


@pytest.fixture
def ada(caller):
    """Her user_id, with a card that pays."""
    user_id = caller.post("/stripe/create-customer", ADA).json()["user_id"]
    caller.post("/stripe/attach-payment-method", {"user_id": user_id, "payment_method_id": VISA})
    return user_id


def purchase(caller, user_id, package_id="package_1", key=None):
    return caller.post("/stripe/purchase-currency", {"user_id": user_id, "package_id": package_id}, key=key)


class TestCreateCustomer:
    def test_answers_as_the_document_prints_it(self, caller):
        answer = caller.post("/stripe/create-customer", ADA)

        assert answer.status_code == 200
        assert answer.json() == {
            "status": "success",
            "user_id": str(uuid.UUID(answer.json()["user_id"])),
            "stripe_customer_id": answer.json()["stripe_customer_id"],
            "message": "Customer created successfully",
        }
        assert answer.json()["stripe_customer_id"].startswith("cus_")

    def test_happens_once_per_key(self, caller):
        first, again = (caller.post("/stripe/create-customer", ADA, key="k") for _ in range(2))

        assert first.content == again.content
        assert again["Idempotent-Replayed"] == "true"
        assert Customer.objects.count() == 1

    def test_without_an_answer_from_the_processor_may_be_sent_again(self, caller, settings):
        settings.PAYMENT_PROCESSOR = unreliable.path(unreliable.CannotBeReached)
        silence = caller.post("/stripe/create-customer", ADA, key="k")
        settings.PAYMENT_PROCESSOR = unreliable.SANDBOX

        assert (silence.status_code, list(silence.json())) == (503, ["detail"])
        assert caller.post("/stripe/create-customer", ADA, key="k").status_code == 200

    @pytest.mark.parametrize(
        ("body", "detail"),
        [
            ({"name": "Ada"}, "email: Field required"),
            ({**ADA, "email": "nobody"}, "email: .*"),
            ({**ADA, "name": ""}, "name: .*"),
            ({**ADA, "name": 7}, "name: .*"),
            ([], "The request body must be a JSON object"),
        ],
    )
    def test_refuses_with_400_and_a_detail(self, caller, body, detail):
        answer = caller.post("/stripe/create-customer", body)

        assert answer.status_code == 400
        assert list(answer.json()) == ["detail"]
        assert re.search(detail, answer.json()["detail"])

    def test_leaves_aside_what_it_does_not_know(self, caller):
        assert caller.post("/stripe/create-customer", {**ADA, "phone": "1"}).status_code == 200


class TestAttachPaymentMethod:
    def test_stores_a_test_card_as_it_is(self, caller, ada):
        answer = caller.post("/stripe/attach-payment-method", {"user_id": ada, "payment_method_id": "pm_card_amex"})

        assert (answer.status_code, answer.json()) == (
            200,
            {
                "status": "success",
                "message": "Test payment method configured for customer",
                "payment_method_id": "pm_card_amex",
            },
        )

    def test_keeps_a_real_card_at_the_processor_and_pays_with_it(self, caller, ada):
        method = create_payment_method(card=card()).id
        answer = caller.post("/stripe/attach-payment-method", {"user_id": ada, "payment_method_id": method})

        assert answer.json()["message"] == "Payment method attached and set as default"
        kept_for = Customer.objects.get().stripe_customer_id
        assert PaymentMethod.objects.get(pk=method).customer_id == kept_for
        assert purchase(caller, ada).json()["new_balance"] == 100
        assert Payment.objects.get().customer == kept_for

    def test_takes_no_card_of_somebody_else(self, caller, ada):
        method = create_payment_method(card=card()).id
        other = caller.post("/stripe/create-customer", ADA).json()["user_id"]
        bodies = [{"user_id": user_id, "payment_method_id": method} for user_id in (other, ada)]
        answers = [caller.post("/stripe/attach-payment-method", body) for body in bodies]

        assert [answer.status_code for answer in answers] == [200, 400]
        assert answers[1].json() == {"detail": "Invalid payment method"}

    def test_says_so_if_a_bank_does_not_want_its_card_kept(self, caller, ada):
        method = create_payment_method(card=card("4000000000000002")).id
        answer = caller.post("/stripe/attach-payment-method", {"user_id": ada, "payment_method_id": method})

        assert (answer.status_code, answer.json()) == (400, {"detail": "Card was declined"})

    def test_does_not_know_everybody(self, caller):
        answer = caller.post("/stripe/attach-payment-method", {"user_id": "x", "payment_method_id": VISA})

        assert (answer.status_code, answer.json()) == (404, {"detail": "Customer not found"})

    def test_takes_no_card_number(self, caller, ada):
        answer = caller.post("/stripe/attach-payment-method", {"user_id": ada, "payment_method_id": "4242424242424242"})

        assert (answer.status_code, answer.json()) == (400, {"detail": "Invalid payment method"})


class TestPurchaseCurrency:
    def test_answers_as_the_document_prints_it(self, caller, ada):
        answer = purchase(caller, ada)

        assert answer.status_code == 200
        assert answer.json() == {
            "status": "success",
            "transaction_id": Purchase.objects.get().transaction_id,
            "currency_purchased": 100,
            "new_balance": 100,
            "message": "Currency purchase successful",
        }

    def test_two_clicks_are_two_purchases(self, caller, ada):
        assert [purchase(caller, ada).json()["new_balance"] for _ in range(2)] == [100, 200]

    def test_happens_once_per_key(self, caller, ada):
        first, again = purchase(caller, ada, key="k"), purchase(caller, ada, key="k")

        assert first.content == again.content
        assert Payment.objects.count() == 1

    @pytest.mark.parametrize(
        ("user", "package", "status", "detail"),
        [
            ("nobody", "package_1", 404, "Customer not found"),
            ("ada", "package_9", 400, "Invalid package ID"),
            ("cardless", "package_1", 400, "No payment method attached"),
        ],
    )
    def test_refuses_in_the_documents_words(self, caller, ada, user, package, status, detail):
        if user == "cardless":
            user = caller.post("/stripe/create-customer", ADA).json()["user_id"]
        answer = purchase(caller, ada if user == "ada" else user, package)

        assert (answer.status_code, answer.json()) == (status, {"detail": detail})

    @pytest.mark.parametrize(
        ("card", "detail"),
        [
            (DECLINED, "Card was declined"),
            (NO_FUNDS, "Insufficient funds"),
            ("pm_card_chargeDeclinedExpiredCard", "The card has expired. Use another card."),
        ],
    )
    def test_says_why_a_card_was_declined(self, caller, ada, card, detail):
        caller.post("/stripe/attach-payment-method", {"user_id": ada, "payment_method_id": card})
        answer, again = purchase(caller, ada, key="k"), purchase(caller, ada, key="k")

        assert (answer.status_code, answer.json()) == (400, {"detail": detail})
        assert again.content == answer.content
        assert caller.get(f"/stripe/customer/{ada}").json()["currency_balance"] == 0

    def test_says_where_the_buyer_approves_it(self, caller, ada):
        caller.post(
            "/stripe/attach-payment-method", {"user_id": ada, "payment_method_id": "pm_card_authenticationRequired"}
        )
        answer = purchase(caller, ada).json()

        assert (answer["status"], answer["currency_purchased"]) == ("requires_action", 0)
        assert answer["action_url"].startswith("http")

    def test_of_an_unknown_outcome_is_503_and_a_retry_finds_out(self, caller, ada, settings):
        settings.PAYMENT_PROCESSOR = unreliable.path(unreliable.LosesTheAnswer)
        silence = purchase(caller, ada, key="k")
        settings.PAYMENT_PROCESSOR = unreliable.SANDBOX

        assert (silence.status_code, list(silence.json())) == (503, ["detail"])
        assert silence["Retry-After"]
        assert purchase(caller, ada, key="k").json()["new_balance"] == 100
        call_command("verify_ledger")


class TestSpendCurrency:
    def spend(self, caller, ada, amount, key=None):
        body = {"user_id": ada, "amount": amount, "reason": "a sword"}
        return caller.post("/stripe/spend-currency", body, key=key)

    def test_takes_coins(self, caller, ada):
        purchase(caller, ada)
        answer = self.spend(caller, ada, 30)

        assert answer.status_code == 200
        assert answer.json() == {
            "status": "success",
            "transaction_id": answer.json()["transaction_id"],
            "currency_spent": 30,
            "new_balance": 70,
            "message": "Currency spent successfully",
        }

    def test_happens_once_per_key(self, caller, ada):
        purchase(caller, ada)

        assert [self.spend(caller, ada, 30, key="k").json()["new_balance"] for _ in range(2)] == [70, 70]

    def test_needs_the_coins(self, caller, ada):
        answer = self.spend(caller, ada, 1)

        assert (answer.status_code, answer.json()) == (400, {"detail": "Insufficient balance"})

    @pytest.mark.parametrize("amount", [0, -5, 1.5, "7", 10**16, True, None])
    def test_takes_a_whole_number_above_zero(self, caller, ada, amount):
        assert self.spend(caller, ada, amount).status_code == 400


class TestReading:
    def test_a_customer(self, caller, ada):
        answer = caller.get(f"/stripe/customer/{ada}").json()

        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", answer.pop("created_at"))
        assert answer.pop("stripe_customer_id").startswith("cus_")
        assert answer == {"user_id": ada, "email": "ada@example.com", "name": "Ada", "currency_balance": 0}

    def test_the_packages(self, caller):
        assert caller.get("/stripe/packages").json() == {
            "packages": [
                {
                    "package_id": f"package_{n}",
                    "name": name,
                    "price_cents": cents,
                    "price_dollars": cents / 100,
                    "currency_amount": coins,
                }
                for n, name, cents, coins in [
                    (1, "Starter Pack", 1000, 100),
                    (2, "Popular Pack", 2500, 300),
                    (3, "Premium Pack", 5000, 700),
                ]
            ]
        }
        assert b'"price_dollars":10.0' in caller.get("/stripe/packages").content

    def test_the_history(self, caller, ada):
        transaction_id = purchase(caller, ada).json()["transaction_id"]
        answer = caller.get(f"/stripe/transactions/{ada}").json()

        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", answer["transactions"][0].pop("timestamp"))
        assert answer == {
            "user_id": ada,
            "transactions": [
                {
                    "transaction_id": transaction_id,
                    "amount_paid": 1000,
                    "currency_purchased": 100,
                    "package_name": "Starter Pack",
                    "status": "completed",
                }
            ],
        }

    def test_a_long_history_page_by_page_newest_first(self, caller, ada):
        made = [purchase(caller, ada).json()["transaction_id"] for _ in range(5)]
        path, read, pages = f"/stripe/transactions/{ada}?limit=2", [], 0
        while path:
            answer = caller.get(path).json()
            read += [each["transaction_id"] for each in answer["transactions"]]
            path, pages = answer.get("next_page"), pages + 1

        assert (read, pages) == (made[::-1], 3)

    @pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=9999", "limit=²", "starting_after=nothing"])
    def test_no_page_that_cannot_be(self, caller, ada, query):
        assert caller.get(f"/stripe/transactions/{ada}?{query}").status_code == 400

    @pytest.mark.parametrize("path", ["customer", "transactions"])
    def test_nobody_unknown(self, caller, path):
        answer = caller.get(f"/stripe/{path}/nobody")

        assert (answer.status_code, answer.json()) == (404, {"detail": "Customer not found"})


class TestWhoCalls:
    def test_another_agents_customers_do_not_exist(self, customer, agent):
        stranger = Caller(create_agent(name="Mallory")[1])
        buy(customer)

        for path in ("customer", "transactions"):
            assert stranger.get(f"/stripe/{path}/{customer.id}").status_code == 404
        assert purchase(stranger, customer.id).status_code == 404
        assert balance(customer) == 100

    def test_a_call_without_a_key_acts_as_the_demo_agent(self, packages):
        create_agent(name="demo")
        made = Caller(None).post("/stripe/create-customer", ADA)

        assert made.status_code == 200
        assert Customer.objects.get().agent.name == "demo"

    def test_a_wrong_key_is_refused_in_this_wires_words(self, packages):
        answer = Caller("wrong").get("/stripe/packages")

        assert (answer.status_code, answer.json()) == (401, {"detail": "This API key is not valid"})
