from datetime import timedelta

import pytest
import stripe
import time_machine
from django.utils import timezone

from payments.sandbox.operations.refunds import THINKING_TIME
from tests.payments.sandbox.conftest import paid

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def intent(sdk) -> stripe.PaymentIntent:
    return paid(sdk)


@pytest.fixture
def later():
    """When every bank has made up its mind."""
    return timezone.now() + THINKING_TIME + timedelta(seconds=1)


def test_all_of_it_goes_back(sdk, intent):
    refund = sdk.refunds.create({"payment_intent": intent.id})

    charge = sdk.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]})
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 4_299, charge.id)
    assert (charge.refunded, charge.amount_refunded) == (True, 4_299)
    assert [each.id for each in charge.refunds.data] == [refund.id]
    assert [event.type for event in sdk.events.list({"limit": 2}).data] == ["charge.refunded", "refund.created"]


def test_or_a_part_of_it(sdk, intent):
    refund = sdk.refunds.create(
        {"charge": intent.latest_charge, "amount": 300, "reason": "duplicate", "metadata": {"a": "b"}}
    )

    assert (refund.amount, refund.reason, refund.metadata.a) == (300, "duplicate", "b")
    assert sdk.charges.retrieve(intent.latest_charge).refunded is False
    assert sdk.refunds.create({"payment_intent": intent.id}).amount == 3_999


def test_but_never_more_than_was_collected(sdk, intent):
    sdk.refunds.create({"payment_intent": intent.id, "amount": 4_000})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.refunds.create({"payment_intent": intent.id, "amount": 300})

    assert refused.value.param == "amount"
    assert "($3.00) is greater than unrefunded amount on charge ($2.99)" in str(refused.value)
    assert sdk.charges.retrieve(intent.latest_charge).amount_refunded == 4_000


def test_nor_twice(sdk, intent):
    sdk.refunds.create({"payment_intent": intent.id})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.refunds.create({"payment_intent": intent.id})

    assert refused.value.code == "charge_already_refunded"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "parameter_missing", None),
        ({"payment_intent": "pi_nobody"}, "resource_missing", "payment_intent"),
        ({"charge": "ch_nobody"}, "resource_missing", "charge"),
        ({"charge": "ch_nobody", "amount": -1}, "parameter_invalid_integer", "amount"),
        ({"charge": "ch_nobody", "reason": "whim"}, None, "reason"),
    ],
)
def test_what_is_wrong_is_named(sdk, body, code, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.refunds.create(body)

    assert (refused.value.code, refused.value.param) == (code, param)


def test_what_was_not_collected_is_not_given_back(sdk):
    with pytest.raises(stripe.CardError) as declined:
        paid(sdk, "pm_card_chargeDeclined")

    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge to refund"):
        sdk.refunds.create({"payment_intent": declined.value.error.payment_intent.id})


def test_a_bank_may_take_its_time(sdk, later):
    intent = paid(sdk, "pm_card_pendingRefund")

    refund = sdk.refunds.create({"payment_intent": intent.id})
    with time_machine.travel(later):
        settled = sdk.refunds.retrieve(refund.id)

    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert settled.status == "succeeded"
    assert {event.type for event in sdk.events.list({"limit": 2}).data} == {"refund.updated", "charge.refund.updated"}


def test_a_refund_may_come_back(sdk, later):
    intent = paid(sdk, "pm_card_refundFail")

    refund = sdk.refunds.create({"payment_intent": intent.id})
    with time_machine.travel(later):
        (failed,) = sdk.refunds.list({"payment_intent": intent.id}).data

    assert refund.status == "succeeded"
    assert (failed.status, failed.failure_reason) == ("failed", "unknown")
    assert failed.failure_balance_transaction.startswith("txn")
    assert sdk.charges.retrieve(intent.latest_charge).amount_refunded == 0
    assert "refund.failed" in {event.type for event in sdk.events.list({"limit": 2}).data}


def test_what_came_back_can_be_sent_again(sdk, later):
    intent = paid(sdk, "pm_card_refundFail")
    sdk.refunds.create({"payment_intent": intent.id})

    with time_machine.travel(later):
        sdk.refunds.list()
        assert sdk.refunds.create({"payment_intent": intent.id}).amount == 4_299


def test_labels_can_be_changed(sdk, intent):
    refund = sdk.refunds.create({"payment_intent": intent.id, "metadata": {"a": "1"}})

    assert sdk.refunds.update(refund.id, {"metadata": {"b": "2"}}).metadata.to_dict() == {"a": "1", "b": "2"}


def test_refunds_are_listed_by_what_they_are_of(sdk, intent):
    other = paid(sdk)
    refund = sdk.refunds.create({"payment_intent": intent.id, "amount": 1})
    sdk.refunds.create({"payment_intent": other.id})

    assert [each.id for each in sdk.refunds.list({"payment_intent": intent.id}).data] == [refund.id]
    assert [each.id for each in sdk.refunds.list({"charge": intent.latest_charge}).data] == [refund.id]
