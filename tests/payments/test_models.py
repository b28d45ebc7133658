from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from payments.models import Payment
from payments.processors.base import Declined, RequiresAction, Succeeded
from payments.status import State
from tests.payments.factories import prepared_payment

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
A_MINUTE = timedelta(seconds=60)


def processing_payment() -> Payment:
    payment = Payment(amount=4_299, currency="usd")
    payment.lease(NOW)
    return payment


class TestRecord:
    def test_a_charge_ends_the_payment(self):
        payment = processing_payment()

        assert payment.record(Succeeded("ch_1"), NOW) is True

        assert (payment.state, payment.charge_id, payment.settled_at) == ("succeeded", "ch_1", NOW)
        assert payment.lease_until is None
        assert payment.outcome == Succeeded("ch_1")

    def test_a_decline_ends_the_payment(self):
        payment = processing_payment()

        assert payment.record(Declined("expired_card", "The card has expired."), NOW) is True

        assert payment.state == "declined"
        assert payment.outcome == Declined("expired_card", "The card has expired.")

    def test_a_question_to_the_buyer_ends_nothing(self):
        payment = processing_payment()

        assert payment.record(RequiresAction("https://bank.example/approve"), NOW) is False

        assert (payment.state, payment.settled_at, payment.lease_until) == ("requires_action", None, None)
        assert payment.outcome == RequiresAction("https://bank.example/approve")

    def test_the_same_answer_twice_ends_it_once(self):
        payment = processing_payment()
        payment.record(Succeeded("ch_1"), NOW)

        assert payment.record(Succeeded("ch_1"), NOW + A_MINUTE) is False

        assert payment.settled_at == NOW
        assert payment.contradiction == ""

    def test_old_news_changes_nothing(self):
        payment = processing_payment()
        payment.record(Succeeded("ch_1"), NOW)

        assert payment.record(RequiresAction("https://bank.example/approve"), NOW) is False

        assert (payment.state, payment.action_url, payment.contradiction) == ("succeeded", "", "")

    def test_nothing_leads_back_from_succeeded(self, caplog):
        payment = processing_payment()
        payment.record(Succeeded("ch_1"), NOW)

        assert payment.record(Declined("card_declined", "No."), NOW) is False

        assert (payment.state, payment.charge_id, payment.decline_code) == ("succeeded", "ch_1", "")
        assert "contradicted" in caplog.text

    @pytest.mark.parametrize("first", [Declined("card_declined", "No."), Succeeded("ch_2")])
    def test_money_we_did_not_expect_is_never_passed_over(self, first):
        payment = processing_payment()
        payment.record(first, NOW)

        payment.record(Succeeded("ch_1"), NOW)

        assert "ch_1" in payment.contradiction

    def test_the_end_of_an_unknown_payment_leaves_nothing_unknown(self):
        payment = processing_payment()
        payment.doubt(NOW)
        assert (payment.state, payment.unknown_since) == ("unknown", NOW)

        payment.record(Succeeded("ch_1"), NOW + A_MINUTE)

        assert (payment.state, payment.unknown_since) == ("succeeded", None)


class TestDoubt:
    def test_remembers_since_when(self):
        payment = processing_payment()
        payment.doubt(NOW)

        payment.lease(NOW + A_MINUTE)
        payment.doubt(NOW + A_MINUTE)

        assert (payment.state, payment.unknown_since) == ("unknown", NOW)

    def test_a_payment_that_waits_for_the_buyer_goes_on_waiting(self):
        payment = processing_payment()
        payment.record(RequiresAction("https://bank.example/approve"), NOW)

        payment.doubt(NOW)

        assert payment.state == "requires_action"


class TestLease:
    def test_lasts_as_long_as_the_setting_says(self, settings):
        settings.PAYMENT_LEASE = 60
        payment = processing_payment()

        assert payment.is_leased(NOW + timedelta(seconds=59))
        assert not payment.is_leased(NOW + timedelta(seconds=60))


@pytest.mark.django_db
class TestConstraints:
    def test_a_payment_moves_money(self, agent):
        with pytest.raises(IntegrityError):
            prepared_payment(agent, amount=0)

    @pytest.mark.parametrize("state", ["succeeded", "authorized", "unknown", "requires_action"])
    def test_one_live_payment_per_reference(self, agent, state):
        first = prepared_payment(agent, reference="mug_1")
        first.state, first.charge_id = state, "ch_1"
        if state == "succeeded":
            first.settled_at, first.lease_until = NOW, None
        first.unknown_since = NOW if state == "unknown" else None
        first.save()

        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.create(agent=agent, reference="mug_1", amount=1, currency="usd", credential="pm_2")

    def test_a_settled_payment_says_when(self, agent):
        payment = prepared_payment(agent)

        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(state=State.DECLINED)

    def test_an_unknown_payment_says_since_when(self, agent):
        payment = prepared_payment(agent)

        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(state=State.UNKNOWN)

    def test_a_succeeded_payment_names_its_charge(self, agent):
        payment = prepared_payment(agent)

        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(state=State.SUCCEEDED, settled_at=NOW)
