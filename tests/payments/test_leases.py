"""One asks the processor at a time: the preparer first, and whoever comes when that one's time is over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Payment
from payments.operations import OutcomeUnknown, PaymentInProgress, charge
from payments.processors.base import Outcome, Succeeded
from payments.sandbox.models import Charge, PaymentIntent
from tests.payments import unreliable
from tests.payments.factories import a_minute_later, now_of, prepared_payment, settled
from tests.payments.unreliable import path

pytestmark = pytest.mark.django_db


class TestLease:
    def test_is_the_preparers_who_asks_first(self, agent):
        payment = prepared_payment(agent)

        with pytest.raises(PaymentInProgress):
            charge(now_of(payment))
        assert not PaymentIntent.objects.exists()

        assert charge(payment) == Succeeded(Charge.objects.get().pk)

    def test_of_a_preparer_who_died_is_taken_over_when_it_has_run_out(self, agent):
        payment = prepared_payment(agent)

        with a_minute_later():
            payment, _ = settled(payment, charge(now_of(payment)))

        assert (payment.state, payment.charge_id) == ("succeeded", Charge.objects.get().pk)

    def test_that_has_run_out_gives_its_preparer_no_right(self, agent):
        payment = prepared_payment(agent)

        with a_minute_later():
            charge(now_of(payment))
            with pytest.raises(PaymentInProgress):
                charge(payment)

        assert Charge.objects.count() == 1

    def test_keeps_a_second_caller_away(self, agent):
        payment = prepared_payment(agent)
        charge(payment)

        with pytest.raises(PaymentInProgress) as refused:
            charge(payment)

        assert (refused.value.status, refused.value.headers) == (409, {"Retry-After": "1"})

    def test_is_taken_over_when_it_has_run_out(self, agent):
        payment = prepared_payment(agent)
        first = charge(payment)

        with a_minute_later():
            assert charge(payment) == first

        assert Charge.objects.count() == 1

    def test_is_given_back_when_the_answer_is_written_down(self, agent):
        payment = prepared_payment(agent)

        payment, _ = settled(payment, charge(payment))

        assert payment.lease_until is None

    def test_of_somebody_else_is_left_alone(self, agent, settings):
        payment = prepared_payment(agent)
        settings.PAYMENT_PROCESSOR = path(OvertakenWhileAsking)

        with pytest.raises(OutcomeUnknown):
            charge(payment)

        assert now_of(payment).is_leased(timezone.now())


class OvertakenWhileAsking(unreliable.LosesTheAnswer):
    """It takes so long that the lease runs out, and another takes it over."""

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        Payment.objects.update(lease_until=timezone.now() + timedelta(seconds=99))
        return super().confirm(processor_id, credential=credential, key=key)
