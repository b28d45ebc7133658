from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from payments import settling
from payments.models import Payment
from payments.operations import OutcomeUnknown, charge, settle
from payments.processors.base import Declined, Outcome, RequiresAction, Succeeded
from payments.sandbox.models import Charge
from tests.payments import unreliable
from tests.payments.factories import prepared_payment
from tests.payments.unreliable import SANDBOX, Crash, path

pytestmark = pytest.mark.django_db


class Shop:
    """A higher room that sells mugs: it settles its payments and counts what it owes."""

    def __init__(self) -> None:
        self.heard: list[Outcome] = []
        self.sold = 0

    def settle(self, payment: Payment, outcome: Outcome) -> None:
        self.heard.append(outcome)
        payment, is_first = settle(payment.pk, outcome)
        self.sold += is_first and payment.is_paid


@pytest.fixture
def shop(monkeypatch):
    shop = Shop()
    monkeypatch.setitem(settling._SETTLERS, "mug_", shop.settle)
    return shop


def settle_payments() -> str:
    output = StringIO()
    call_command("settle_payments", stdout=output)
    return output.getvalue()


def a_minute_later() -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(seconds=61))


class TestFinish:
    def test_charges_a_payment_and_tells_whose_it_is(self, agent, shop):
        payment = settling.finish(prepared_payment(agent))

        assert (payment.state, shop.sold) == ("succeeded", 1)
        assert shop.heard == [Succeeded(Charge.objects.get().pk)]

    def test_a_second_time_sells_nothing_more(self, agent, shop):
        payment = settling.finish(prepared_payment(agent))

        settling.finish(payment)

        assert (shop.sold, Charge.objects.count()) == (1, 1)

    def test_tells_of_a_decline(self, agent, shop):
        payment = settling.finish(prepared_payment(agent, credential="pm_card_chargeDeclined"))

        assert (payment.state, shop.sold) == ("declined", 0)
        assert isinstance(shop.heard[0], Declined)

    def test_charges_nothing_for_a_reference_nobody_answers_for(self, agent, shop):
        with pytest.raises(LookupError):
            settling.finish(prepared_payment(agent, reference="cup_1"))

        assert not Charge.objects.exists()

    def test_what_follows_happens_with_the_settling_or_not_at_all(self, agent, shop, monkeypatch):
        def out_of_mugs(payment: Payment, outcome: Outcome) -> None:
            shop.settle(payment, outcome)
            raise RuntimeError("no mug")

        monkeypatch.setitem(settling._SETTLERS, "mug_", out_of_mugs)
        payment = prepared_payment(agent)

        with pytest.raises(RuntimeError, match="no mug"):
            settling.finish(payment)

        payment.refresh_from_db()
        assert payment.state == "processing"


class TestSettlePayments:
    @pytest.mark.parametrize(
        "where",
        [
            unreliable.DiesBeforeCreate,
            unreliable.DiesAfterCreate,
            unreliable.DiesBeforeConfirm,
            unreliable.DiesAfterConfirm,
        ],
    )
    def test_finishes_what_a_crash_left(self, agent, shop, settings, where):
        payment = prepared_payment(agent)
        settings.PAYMENT_PROCESSOR = path(where)
        with pytest.raises(Crash):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX

        with a_minute_later():
            output = settle_payments()

        assert f"{payment.pk}  succeeded" in output
        assert (shop.sold, Charge.objects.count()) == (1, 1)

    def test_finishes_what_nobody_has_charged(self, agent, shop):
        prepared_payment(agent)

        with a_minute_later():
            settle_payments()

        assert shop.sold == 1

    def test_leaves_a_payment_to_the_request_that_prepared_it(self, agent, shop):
        prepared_payment(agent)

        assert "0 unfinished payments" in settle_payments()

        assert not Charge.objects.exists()

    def test_leaves_a_payment_that_somebody_is_asking_about(self, agent, shop):
        charge(prepared_payment(agent))

        assert "0 unfinished payments" in settle_payments()

    def test_asks_at_once_about_an_unknown_payment(self, agent, shop, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheAnswer)
        with pytest.raises(OutcomeUnknown):
            charge(prepared_payment(agent))
        settings.PAYMENT_PROCESSOR = SANDBOX

        settle_payments()

        assert (shop.sold, Charge.objects.count()) == (1, 1)

    def test_goes_on_when_one_payment_stays_unknown(self, agent, shop, settings):
        prepared_payment(agent, reference="cup_1")
        prepared_payment(agent, reference="mug_1")

        with a_minute_later():
            output = settle_payments()

        assert "failed: see the log" in output
        assert shop.sold == 1

    def test_says_what_is_still_unknown(self, agent, shop, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.CannotBeReached)
        prepared_payment(agent)

        with a_minute_later():
            output = settle_payments()

        assert "not known yet" in output

    def test_waits_for_the_buyer(self, agent, shop):
        payment = settling.finish(prepared_payment(agent, credential="pm_card_authenticationRequired"))

        output = settle_payments()

        assert f"{payment.pk}  requires_action" in output
        assert isinstance(shop.heard[-1], RequiresAction)
        assert shop.sold == 0

    def test_does_not_ask_about_what_is_settled(self, agent, shop):
        settling.finish(prepared_payment(agent, reference="mug_1"))
        settling.finish(prepared_payment(agent, reference="mug_2", credential="pm_card_chargeDeclined"))

        with a_minute_later():
            assert "0 unfinished payments" in settle_payments()
