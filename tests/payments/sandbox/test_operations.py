import pytest
from django.db import IntegrityError

from payments.money import Money
from payments.sandbox.models import Charge, PaymentIntent, PaymentMethod
from payments.sandbox.operations import (
    InvalidRequest,
    UnexpectedState,
    confirm_payment_intent,
    create_payment_intent,
    create_payment_method,
)
from tests.payments.factories import card

pytestmark = pytest.mark.django_db


@pytest.fixture
def intent() -> PaymentIntent:
    return create_payment_intent(amount=Money(4_299, "usd"), metadata={"order": "1"})


def confirmed(intent: PaymentIntent, payment_method: str) -> PaymentIntent:
    return confirm_payment_intent(payment_intent_id=intent.pk, payment_method=payment_method)


def test_an_intent_begins_without_a_card(intent):
    assert intent.pk.startswith("pi_")
    assert (intent.status, intent.payment_method, intent.latest_charge) == ("requires_payment_method", None, None)
    assert intent.metadata == {"order": "1"}


def test_a_paid_intent_names_its_charge_and_card(intent):
    method = create_payment_method(card=card())

    intent = confirmed(intent, method.pk)

    assert (intent.status, intent.payment_method, intent.last_payment_error) == ("succeeded", method, None)
    assert intent.latest_charge == Charge.objects.get(payment_intent=intent, payment_method=method)


def test_another_card_can_be_tried_after_a_decline(intent):
    confirmed(intent, "pm_card_chargeDeclined")

    intent = confirmed(intent, "pm_card_visa")

    assert (intent.status, intent.last_payment_error) == ("succeeded", None)
    assert sorted(Charge.objects.values_list("status", flat=True)) == ["failed", "succeeded"]


def test_another_card_can_be_tried_while_the_buyer_is_asked(intent):
    confirmed(intent, "pm_card_authenticationRequired")

    intent = confirmed(intent, "pm_card_visa")

    assert (intent.status, intent.next_action) == ("succeeded", None)


def test_a_paid_intent_cannot_be_confirmed_again(intent):
    confirmed(intent, "pm_card_visa")

    with pytest.raises(UnexpectedState) as refused:
        confirmed(intent, "pm_card_visa")

    assert refused.value.code == "payment_intent_unexpected_state"


def test_an_intent_has_one_successful_charge(intent):
    confirmed(intent, "pm_card_visa")
    method = PaymentMethod.objects.get()

    with pytest.raises(IntegrityError):
        Charge.objects.create(
            payment_intent=intent, payment_method=method, amount=1, currency="usd", status="succeeded"
        )


@pytest.mark.parametrize(
    ("name", "message"),
    [("pm_nobody", "No such PaymentMethod: 'pm_nobody'"), ("tok_nobody", "No such token: 'tok_nobody'")],
)
def test_what_does_not_exist_cannot_be_charged(intent, name, message):
    with pytest.raises(InvalidRequest) as refused:
        confirmed(intent, name)

    assert (refused.value.code, refused.value.message) == ("resource_missing", message)
