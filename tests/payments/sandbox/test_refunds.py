"""Refunds in process, as `SandboxProcessor` makes them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from payments.money import Money
from payments.sandbox import operations
from payments.sandbox.models import Charge, PaymentIntent
from payments.sandbox.models.intents import IllegalMove
from payments.sandbox.operations.refunds import THINKING_TIME

pytestmark = pytest.mark.django_db


def collected(card: str = "pm_card_visa", **more) -> PaymentIntent:
    intent = operations.create_payment_intent(amount=Money(4_299, "usd"), **more)
    return operations.confirm_payment_intent(payment_intent_id=intent.pk, payment_method=card)


def test_a_refund_belongs_to_the_charge_that_succeeded():
    refund = operations.create_refund(payment_intent_id=collected().pk, amount=1_000, metadata={"refund": "ref_1"})

    assert (refund.status, refund.amount, refund.metadata) == ("succeeded", 1_000, {"refund": "ref_1"})
    assert refund.charge.refunded_amount == 1_000


def test_what_is_refused_changes_nothing():
    intent = collected()

    with pytest.raises(operations.InvalidRequest), transaction.atomic():
        operations.create_refund(payment_intent_id=intent.pk, amount=4_300)

    assert Charge.objects.get().refunded_amount == 0


def test_the_database_would_not_let_it_pass():
    charge = collected().latest_charge

    with pytest.raises(IntegrityError, match="a_charge_refunds_what_it_captured"), transaction.atomic():
        Charge.objects.filter(pk=charge.pk).update(refunded_amount=4_300)


def test_a_bank_that_thinks_is_asked_again_later():
    refund = operations.create_refund(payment_intent_id=collected("pm_card_pendingRefund").pk)
    assert operations.retrieve_refund(refund_id=refund.pk).status == "pending"

    operations.settle_due_refunds(timezone.now() + THINKING_TIME)

    assert operations.retrieve_refund(refund_id=refund.pk).status == "succeeded"


def test_a_refund_that_failed_stays_so():
    refund = operations.create_refund(payment_intent_id=collected("pm_card_refundFail").pk)
    operations.settle_due_refunds(timezone.now() + THINKING_TIME)
    operations.settle_due_refunds(timezone.now() + timedelta(days=1))
    refund.refresh_from_db()

    assert refund.status == "failed"
    assert refund.charge.refunded_amount == 0
    with pytest.raises(IllegalMove):
        refund.succeed()


def test_only_what_was_captured_can_be_refunded():
    intent = collected(capture_method="manual")
    operations.capture_payment_intent(payment_intent_id=intent.pk, amount=1_000)

    assert operations.create_refund(payment_intent_id=intent.pk).amount == 1_000
