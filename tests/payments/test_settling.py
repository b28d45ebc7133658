import json
from datetime import timedelta
from io import StringIO
from typing import Any

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
from tests.payments.factories import prepared_payment, prepared_refund, settled_payment, settled_refund
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


def settle_payments(**options: Any) -> str:
    output = StringIO()
    call_command("settle_payments", stdout=output, **options)
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

    @pytest.mark.parametrize("where", [unreliable.DiesBeforeCapture, unreliable.DiesAfterCapture])
    def test_takes_what_is_held(self, agent, shop, settings, where):
        settings.PAYMENT_CAPTURE, settings.PAYMENT_PROCESSOR = "manual", path(where)
        payment = prepared_payment(agent)
        with pytest.raises(Crash):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX

        with a_minute_later():
            assert f"{payment.pk}  succeeded" in settle_payments()

        assert (shop.sold, Charge.objects.get().captured_amount) == (1, 4_299)


class TestRefunds:
    @pytest.mark.parametrize("where", [unreliable.DiesBeforeRefund, unreliable.DiesAfterRefund])
    def test_are_finished_after_a_crash(self, agent, settings, where):
        settings.PAYMENT_PROCESSOR = path(where)
        refund = prepared_refund(settled_payment(agent))
        with pytest.raises(Crash):
            settling.finish_refund(refund)
        settings.PAYMENT_PROCESSOR = SANDBOX

        with a_minute_later():
            assert f"{refund.pk}  succeeded" in settle_payments()

        assert Charge.objects.get().refunded_amount == 1_000

    def test_that_nobody_has_sent_are_sent(self, agent):
        prepared_refund(settled_payment(agent))
        assert "0 unfinished refunds" in settle_payments()

        with a_minute_later():
            settle_payments()

        assert Charge.objects.get().refunded_amount == 1_000

    def test_that_a_bank_thinks_about_are_asked_about_once_in_a_while(self, agent):
        refund = settled_refund(settled_payment(agent, credential="pm_card_pendingRefund"))
        assert "0 unfinished refunds" in settle_payments()

        with a_minute_later():
            assert f"{refund.pk}  succeeded" in settle_payments()

    def test_that_stay_unknown_say_so(self, agent, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.Elsewhere)
        prepared_refund(settled_payment_at_the_sandbox(agent, settings))

        with a_minute_later():
            assert "will be found out" in settle_payments()


class TestTheCommand:
    def test_tells_programs_in_json(self, agent, shop):
        payment = prepared_payment(agent)

        with a_minute_later():
            told = json.loads(settle_payments(json=True))

        assert told == {
            "payments": [{"id": payment.pk, "result": "succeeded", "finished": True}],
            "refunds": [],
            "events": [],
        }

    @pytest.mark.django_db(transaction=True)
    def test_goes_on_until_it_is_stopped(self, shop):
        class StopsAfterThreeRounds(StringIO):
            def write(self, text: str) -> int:
                if self.getvalue().count("unfinished payments") == 2:
                    raise KeyboardInterrupt
                return super().write(text)

        with pytest.raises(KeyboardInterrupt):
            call_command("settle_payments", every=0.01, stdout=StopsAfterThreeRounds())


class TestCheck:
    def test_finishes_what_is_unfinished(self, agent, shop):
        assert settling.check(prepared_payment(agent)).state == "succeeded"

    def test_finds_nothing_wrong_on_a_good_day(self, agent, shop):
        payment = settled_payment(agent)

        assert settling.check(payment).contradiction == ""
        assert shop.sold == 0

    def test_of_a_payment_that_never_reached_the_processor_changes_nothing(self, agent, shop):
        payment = settled_payment(agent, credential="pm_nobody")

        assert settling.check(payment).state == "declined"


def settled_payment_at_the_sandbox(agent, settings) -> Payment:
    elsewhere, settings.PAYMENT_PROCESSOR = settings.PAYMENT_PROCESSOR, SANDBOX
    payment = settled_payment(agent)
    settings.PAYMENT_PROCESSOR = elsewhere
    return payment
