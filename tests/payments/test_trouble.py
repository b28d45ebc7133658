"""What needs a human: nothing on a good day, and everything else until somebody has dealt with it."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from payments.models import Dispute, Event, Payment, Trouble
from payments.money import Money
from payments.operations import OutcomeUnknown, charge, settle
from payments.processors.base import DisputeFacts, RefundFailed, RefundPending, Succeeded
from payments.refunds import settle_refund
from tests.payments import unreliable
from tests.payments.factories import prepared_payment, prepared_refund, settled_payment, settled_refund
from tests.payments.unreliable import path

pytestmark = pytest.mark.django_db

SOON, LATER = timedelta(minutes=14), timedelta(minutes=16)


def troubles(after: timedelta = LATER) -> list[str]:
    now = timezone.now() + after
    return [reason for trouble in Trouble.all_at(now).order_by("pk") for reason in trouble.reasons(now)]


def failed_refund(payment: Payment) -> None:
    refund = prepared_refund(payment)
    with transaction.atomic():
        settle_refund(
            refund.pk, RefundFailed(f"{refund.pk}_theirs", "declined", "The bank would not take the money back.")
        )


def test_a_good_day_has_none(agent):
    settled_refund(settled_payment(agent, reference="mug_1"))
    settled_payment(agent, reference="mug_2", credential="pm_card_chargeDeclined")
    settled_payment(agent, reference="mug_3", credential="pm_card_authenticationRequired")
    slow = prepared_refund(settled_payment(agent, reference="mug_4"))
    with transaction.atomic():
        settle_refund(slow.pk, RefundPending("re_1"))

    assert troubles() == []


def test_a_payment_that_stays_unknown(agent, settings):
    settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheAnswer)
    with pytest.raises(OutcomeUnknown):
        charge(prepared_payment(agent))

    assert troubles(SOON) == []
    assert troubles(LATER)[0].startswith("unknown since")


def test_a_payment_that_nobody_could_settle(agent):
    charge(prepared_payment(agent))

    assert troubles(LATER)[0].startswith("processing since")


def test_a_contradiction(agent):
    payment = settled_payment(agent, credential="pm_card_chargeDeclined")
    with transaction.atomic():
        settle(payment.pk, Succeeded("ch_late"))

    assert troubles() == ["Contradicted: declined, then heard Succeeded(charge_id='ch_late')"]


def test_a_refund_that_failed(agent):
    failed_refund(settled_payment(agent))

    assert troubles() == ["Refund of $10.00 failed: The bank would not take the money back."]


def test_a_refund_that_stays_unknown(agent, settings):
    prepared_refund(settled_payment(agent))

    assert troubles(SOON) == []
    assert troubles(LATER)[0].startswith("Refund of $10.00: prepared since")


@pytest.mark.parametrize(("status", "count"), [("needs_response", 1), ("under_review", 1), ("won", 0), ("lost", 0)])
def test_a_dispute_until_it_is_decided(agent, status, count):
    payment = settled_payment(agent)
    with transaction.atomic():
        Dispute.hear(payment, DisputeFacts("du_1", Money(4_299, "usd"), "fraudulent", status, timezone.now()))

    assert len(troubles(SOON)) == count


def test_an_event_that_cannot_be_acted_on(agent):
    payment = settled_payment(agent)
    Event.objects.create(pk="evt_1", payment=payment, type="charge.refunded", trouble="Only $2.99 is left")

    assert troubles(SOON) == []
    assert troubles(LATER) == ["charge.refunded not acted on: Only $2.99 is left"]


class TestAttend:
    def test_takes_what_was_dealt_with_off_the_list(self, agent):
        payment = settled_payment(agent)
        failed_refund(payment)

        payment.attend("ada", timezone.now())

        assert troubles() == []

    def test_does_not_hide_what_goes_wrong_afterwards(self, agent):
        payment = settled_payment(agent)
        failed_refund(payment)
        payment.attend("ada", timezone.now())

        failed_refund(payment)

        assert len(troubles()) == 2
        assert Payment.objects.get().attended_by == ""
