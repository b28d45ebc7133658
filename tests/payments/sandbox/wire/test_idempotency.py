from datetime import timedelta

import pytest
import stripe
from django.db import OperationalError
from django.utils import timezone

from payments.sandbox.models import Charge, Customer, HttpRequest, PaymentIntent
from payments.sandbox.wire.idempotency import forget_old_requests
from tests.payments.sandbox.conftest import Wire, paid
from tests.payments.sandbox.vouchers import Voucher, vouchers
from tests.payments.threads import at_once

INTENT = (
    "amount=100&currency=usd&confirm=true&payment_method={}"
    "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
)

VOUCHER = "amount=100&currency=usd&payment_method_data[voucher]=v_1"


class Killed(BaseException):
    """What no handler catches, like SIGKILL."""


@pytest.fixture(autouse=True)
def voucher() -> None:
    vouchers.all["v_1"] = Voucher(left=5_000)


def post(path: str, body: str = "", key: str | None = "k", api_key: str = "sk_test_till"):
    return Wire(api_key).post(path, body, **({"Idempotency_Key": key} if key else {}))


@pytest.mark.django_db
class TestOnce:
    def test_the_same_key_does_it_once_and_answers_the_same(self):
        first = post("/v1/customers", "name=Ada")
        second = post("/v1/customers", "name=Ada")

        assert second.content == first.content
        assert second.status_code == 200
        assert (first.get("Idempotent-Replayed"), second["Idempotent-Replayed"]) == (None, "true")
        assert second["Original-Request"] == first["Request-Id"] != second["Request-Id"]
        assert Customer.objects.count() == 1

    def test_a_decline_is_an_answer_too(self):
        first = post("/v1/payment_intents", INTENT.format("pm_card_chargeDeclined"))
        second = post("/v1/payment_intents", INTENT.format("pm_card_chargeDeclined"))

        assert first.status_code == second.status_code == 402
        assert first.content == second.content
        assert second["Stripe-Should-Retry"] == "false"
        assert PaymentIntent.objects.count() == Charge.objects.count() == 1

    def test_so_is_a_refusal_that_came_after_a_look(self):
        intent = post("/v1/payment_intents", INTENT.format("pm_card_visa"), key=None).json()["id"]

        first = post(f"/v1/payment_intents/{intent}/capture")
        second = post(f"/v1/payment_intents/{intent}/capture")

        assert first.status_code == 400
        assert (second.content, second["Idempotent-Replayed"]) == (first.content, "true")

    def test_so_is_our_own_failure(self, trouble):
        trouble(ZeroDivisionError())
        assert post("/v1/payment_intents", VOUCHER).status_code == 500
        vouchers.trouble = None
        again = post("/v1/payment_intents", VOUCHER)

        assert (again.status_code, again["Idempotent-Replayed"]) == (500, "true")

    def test_a_parameter_that_was_wrong_may_be_put_right(self):
        assert post("/v1/customers", "nmae=Ada").status_code == 400
        assert post("/v1/customers", "name=Ada").status_code == 200

    def test_a_database_that_was_silent_may_be_asked_again(self, trouble):
        trouble(OperationalError())
        response = post("/v1/payment_intents", VOUCHER)
        vouchers.trouble = None

        assert (response.status_code, response["Stripe-Should-Retry"], response["Retry-After"]) == (503, "true", "5")
        assert post("/v1/payment_intents", VOUCHER).status_code == 200

    def test_without_a_key_each_request_is_its_own(self):
        post("/v1/customers", key=None)
        post("/v1/customers", key=None)

        assert Customer.objects.count() == 2
        assert not HttpRequest.objects.exists()

    def test_a_key_is_the_accounts_own(self):
        post("/v1/customers")
        post("/v1/customers", api_key="sk_test_other")

        assert Customer.objects.count() == 2

    def test_a_browser_is_not_told_what_a_server_was(self):
        post("/v1/tokens", "card[token]=tok_visa")

        assert post("/v1/tokens", "card[token]=tok_visa", api_key="pk_test_till").get("Idempotent-Replayed") is None

    def test_other_parameters_under_the_same_key_are_a_mistake(self):
        post("/v1/customers", "name=Ada")

        for path, body in (("/v1/customers", "name=Bob"), ("/v1/webhook_endpoints", "name=Ada")):
            refused = post(path, body)
            assert refused.status_code == 400
            assert refused.json()["error"]["type"] == "idempotency_error"
            assert "Try using a key other than 'k'" in refused.json()["error"]["message"]
        assert Customer.objects.count() == 1

    def test_the_order_of_parameters_does_not_matter(self):
        post("/v1/customers", "name=Ada&email=ada@example.com")

        assert post("/v1/customers", "email=ada@example.com&name=Ada")["Idempotent-Replayed"] == "true"

    @pytest.mark.parametrize("key", ["k" * 256, "k\t"])
    def test_a_key_has_its_limits(self, key):
        assert post("/v1/customers", key=key).status_code == 400
        assert post("/v1/customers", key="k" * 255).status_code == 200

    def test_reading_takes_no_key(self):
        Wire().get("/v1/customers", Idempotency_Key="k")

        assert not HttpRequest.objects.exists()

    def test_what_is_kept_is_sealed(self):
        secret = post("/v1/webhook_endpoints", "url=http://a.example/&enabled_events[]=*").json()["secret"]

        assert secret not in str(HttpRequest.objects.values().get())

    def test_a_key_is_forgotten_after_a_day(self, settings):
        post("/v1/customers")
        HttpRequest.objects.update(created_at=timezone.now() - timedelta(seconds=settings.IDEMPOTENCY_RETENTION))

        assert post("/v1/customers").get("Idempotent-Replayed") is None
        assert Customer.objects.count() == 2

    def test_old_keys_can_be_swept_away(self):
        post("/v1/customers")

        assert forget_old_requests(timezone.now()) == 0
        assert forget_old_requests(timezone.now() + timedelta(days=2)) == 1


@pytest.mark.django_db
class TestCrash:
    @pytest.fixture
    def dead(self, trouble) -> HttpRequest:
        """A request whose process was killed at work: its claim is there, and nothing else."""
        trouble(Killed())
        with pytest.raises(Killed):
            post("/v1/payment_intents", VOUCHER)
        vouchers.trouble = None
        return HttpRequest.objects.get()

    def test_leaves_the_key_in_use_for_a_while(self, dead):
        refused = post("/v1/payment_intents", VOUCHER)

        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_key_in_use")
        assert refused["Stripe-Should-Retry"] == "true"

    def test_and_then_the_next_one_does_the_work(self, dead, settings):
        HttpRequest.objects.update(claimed_at=timezone.now() - timedelta(seconds=settings.IDEMPOTENCY_LEASE))

        response = post("/v1/payment_intents", VOUCHER)

        assert response.status_code == 200
        assert response["Original-Request"] == response["Request-Id"]
        assert PaymentIntent.objects.count() == 1

    def test_whoever_comes_back_to_life_finds_the_claim_gone_and_does_nothing(self, trouble):
        def sleeps_while_somebody_takes_over(intent: PaymentIntent) -> None:
            HttpRequest.objects.update(claim="another")

        vouchers.trouble = sleeps_while_somebody_takes_over
        response = post("/v1/payment_intents", VOUCHER)

        assert response.status_code == 409
        assert not PaymentIntent.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestWithTheSdk:
    def test_a_replay_is_the_same_object(self, sdk):
        first = paid(sdk)
        body = {"payment_intent": first.id, "amount": 5}

        refunds = [sdk.refunds.create(body, {"idempotency_key": "refund-1"}) for _ in range(2)]

        assert refunds[0].id == refunds[1].id
        assert refunds[1].last_response.headers["Idempotent-Replayed"] == "true"

    def test_other_parameters_are_an_idempotency_error(self, sdk):
        sdk.customers.create({"name": "Ada"}, {"idempotency_key": "k"})

        with pytest.raises(stripe.IdempotencyError):
            sdk.customers.create({"name": "Bob"}, {"idempotency_key": "k"})

    def test_a_retry_by_the_sdk_changes_nothing(self, live_server):
        """It sends a key of its own with every POST, and the same one again when it retries."""
        client = stripe.StripeClient("sk_test_till", base_addresses={"api": live_server.url}, max_network_retries=2)

        assert client.v1.customers.create({"name": "Ada"}).name == "Ada"
        assert HttpRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sixteen_requests_with_one_key_do_it_once():
    answers = at_once(16, lambda _: post("/v1/payment_intents", INTENT.format("pm_card_visa")))

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 200}) == 1
    assert Charge.objects.count() == 1
