"""Many at once: one intent is paid once, and no charge gives back more than it took."""

import pytest
from django.db import transaction

from payments.sandbox import operations
from payments.sandbox.models import Charge, Delivery, PaymentIntent, Refund
from tests.payments.sandbox.conftest import Wire
from tests.payments.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

INTENT = "amount=4299&currency=usd&payment_method_types[]=card"


def intent(extra: str = "") -> str:
    return Wire().post("/v1/payment_intents", INTENT + extra).json()["id"]


def test_sixteen_confirmations_of_one_intent_charge_once():
    id = intent()

    answers = at_once(16, lambda _: Wire().post(f"/v1/payment_intents/{id}/confirm", "payment_method=pm_card_visa"))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 15
    assert Charge.objects.filter(status="succeeded").count() == 1


def test_sixteen_refunds_never_give_back_too_much():
    id = intent("&confirm=true&payment_method=pm_card_visa")

    answers = at_once(16, lambda _: Wire().post("/v1/refunds", f"payment_intent={id}&amount=1000"))

    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [400] * 12
    assert Charge.objects.get().refunded_amount == sum(Refund.objects.values_list("amount", flat=True)) == 4_000


def test_sixteen_full_refunds_are_one():
    id = intent("&confirm=true&payment_method=pm_card_visa")

    answers = at_once(16, lambda _: Wire().post("/v1/refunds", f"payment_intent={id}"))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 15
    assert Refund.objects.get().amount == 4_299


def test_a_capture_and_a_cancellation_do_not_both_happen():
    id = intent("&confirm=true&payment_method=pm_card_visa&capture_method=manual")

    answers = at_once(16, lambda n: Wire().post(f"/v1/payment_intents/{id}/{'capture' if n % 2 else 'cancel'}"))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 15
    assert PaymentIntent.objects.get().status in ("succeeded", "canceled")


def test_the_buyers_answers_count_once():
    id = intent("&confirm=true&payment_method=pm_card_authenticationRequired")

    def answer(number: int) -> PaymentIntent:
        with transaction.atomic():
            return operations.answer_challenge(payment_intent_id=id, is_approved=bool(number % 2))

    answers = at_once(16, answer)

    assert sum(isinstance(each, PaymentIntent) for each in answers) == 1
    assert all(isinstance(each, PaymentIntent | operations.UnexpectedState) for each in answers)
    assert Charge.objects.count() <= 1


def test_a_token_is_spent_once():
    token = Wire().post("/v1/tokens", "card[token]=tok_visa").json()["id"]

    answers = at_once(16, lambda _: Wire().post("/v1/payment_intents", f"{INTENT}&confirm=true&payment_method={token}"))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 15
    assert Charge.objects.count() == 1


def test_every_event_of_a_busy_moment_is_to_be_delivered():
    Wire().post("/v1/webhook_endpoints", "url=http://127.0.0.1:9/&enabled_events[]=payment_intent.succeeded")

    at_once(16, lambda _: intent("&confirm=true&payment_method=pm_card_visa"))

    assert Delivery.objects.count() == 16
