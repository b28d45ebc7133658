"""Payments that do not end at once: the buyer must approve, the money is held first, somebody calls it off."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from payments.declines import declined
from payments.models import Payment
from payments.operations import OutcomeUnknown, PaymentInProgress, authenticate, cancel, charge, settle
from payments.processors.base import Authentication, Declined, Outcome, PaymentRefused, Succeeded
from payments.processors.sandbox import SandboxProcessor
from payments.sandbox.models import Charge, PaymentIntent
from tests.payments import unreliable
from tests.payments.factories import approve, prepared_payment, settled_payment
from tests.payments.unreliable import SANDBOX, Crash, path

pytestmark = pytest.mark.django_db

PROOF = Authentication("AAIBBYNoEwAAAAAAhAdoAAAAAAA=", "05", "tx_1", "2.2.0")


def settled(payment: Payment, outcome: Outcome) -> tuple[Payment, bool]:
    with transaction.atomic():
        return settle(payment.pk, outcome)


def now_of(payment: Payment) -> Payment:
    return Payment.objects.get(pk=payment.pk)


def a_minute_later() -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(seconds=61))


class TestAuthenticate:
    @pytest.fixture
    def waiting(self, agent) -> Payment:
        return settled_payment(agent, credential="pm_card_authenticationRequired")

    def test_collects_the_money_that_the_buyer_has_approved(self, waiting):
        payment, is_first = settled(waiting, authenticate(waiting, PROOF))

        assert (payment.state, payment.charge_id, is_first) == ("succeeded", Charge.objects.get().pk, True)

    def test_begins_a_payment_that_nobody_has_begun(self, agent):
        payment = prepared_payment(agent, credential="pm_card_authenticationRequired")

        assert authenticate(payment, PROOF) == Succeeded(Charge.objects.get().pk)

    def test_finds_that_the_buyer_has_approved_at_their_bank(self, waiting):
        approve(waiting)

        assert authenticate(waiting, PROOF) == Succeeded(Charge.objects.get().pk)

    def test_after_silence_charges_once(self, waiting, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheProof)
        with pytest.raises(OutcomeUnknown):
            authenticate(waiting, PROOF)
        assert now_of(waiting).state == "requires_action"
        settings.PAYMENT_PROCESSOR = SANDBOX

        assert authenticate(waiting, PROOF) == Succeeded(Charge.objects.get().pk)

    def test_another_proof_is_another_request(self, waiting):
        other = Authentication("another", "02", "tx_2", "2.2.0")

        assert waiting.authenticate_key(PROOF) == waiting.authenticate_key(PROOF) != waiting.authenticate_key(other)
        assert PROOF.cryptogram not in waiting.authenticate_key(PROOF) + repr(PROOF)

    def test_a_settled_payment_answers_what_we_know(self, agent):
        payment = settled_payment(agent, credential="pm_card_chargeDeclined")

        assert isinstance(authenticate(payment, PROOF), Declined)

    def test_is_never_called_inside_a_transaction(self, waiting):
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            authenticate(waiting, PROOF)


class TestCancel:
    @pytest.mark.parametrize("credential", ["pm_card_authenticationRequired", "pm_card_visa"])
    def test_no_money_moves(self, agent, credential):
        payment = prepared_payment(agent, credential=credential)
        if credential != "pm_card_visa":
            payment, _ = settled(payment, charge(payment))

        payment, is_first = settled(payment, cancel(payment))

        assert (payment.state, payment.decline_code, is_first) == ("canceled", "canceled", True)
        assert PaymentIntent.objects.get().status == "canceled"
        assert not Charge.objects.exists()

    def test_makes_room_for_another_payment(self, agent):
        payment = prepared_payment(agent, reference="mug_1")
        settled(payment, cancel(payment))

        prepared_payment(agent, reference="mug_1")

    def test_too_late_it_was_paid(self, agent):
        payment = settled_payment(agent, credential="pm_card_authenticationRequired")
        approve(payment)

        payment, _ = settled(payment, cancel(payment))

        assert (payment.state, payment.charge_id) == ("succeeded", Charge.objects.get().pk)

    def test_of_a_payment_we_do_not_know_the_end_of_finds_out(self, agent, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheAnswer)
        payment = prepared_payment(agent)
        with pytest.raises(OutcomeUnknown):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX

        assert cancel(payment) == Succeeded(Charge.objects.get().pk)

    def test_keeps_away_from_whoever_is_charging(self, agent):
        payment = prepared_payment(agent)
        charge(payment)

        with pytest.raises(PaymentInProgress):
            cancel(payment)

    def test_a_settled_payment_answers_what_we_know(self, agent):
        payment = settled_payment(agent)

        assert cancel(payment) == Succeeded(payment.charge_id)

    def test_what_was_canceled_stays_so(self, agent):
        payment = prepared_payment(agent)
        payment, _ = settled(payment, cancel(payment))

        assert charge(payment) == payment.outcome == declined("canceled")

    def test_is_never_called_inside_a_transaction(self, agent):
        payment = prepared_payment(agent)

        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            cancel(payment)


class TestManualCapture:
    @pytest.fixture(autouse=True)
    def _manual(self, settings):
        settings.PAYMENT_CAPTURE = "manual"

    def test_holds_the_money_and_takes_it(self, agent):
        payment = prepared_payment(agent)

        outcome = charge(payment)

        assert outcome == Succeeded(Charge.objects.get().pk)
        assert PaymentIntent.objects.get().capture_method == "manual"
        assert now_of(payment).state == "authorized"
        assert settled(payment, outcome)[1] is True

    @pytest.mark.parametrize("where", [unreliable.DiesBeforeCapture, unreliable.DiesAfterCapture])
    def test_after_a_crash_takes_it_once(self, agent, settings, where):
        settings.PAYMENT_PROCESSOR = path(where)
        payment = prepared_payment(agent)
        with pytest.raises(Crash):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX

        with a_minute_later():
            payment, _ = settled(payment, charge(payment))

        assert (payment.state, Charge.objects.get().captured_amount) == ("succeeded", 4_299)

    def test_after_silence_is_still_held_as_far_as_we_know(self, agent, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheCapture)
        payment = prepared_payment(agent)
        with pytest.raises(OutcomeUnknown):
            charge(payment)
        assert now_of(payment).state == "authorized"
        settings.PAYMENT_PROCESSOR = SANDBOX

        assert charge(payment) == Succeeded(Charge.objects.get().pk)

    def test_a_hold_that_was_let_go_is_no_charge(self, agent, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.DiesBeforeCapture)
        payment = prepared_payment(agent)
        with pytest.raises(Crash):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX
        SandboxProcessor().cancel(now_of(payment).processor_id, key="expired")

        with a_minute_later():
            payment, _ = settled(payment, charge(payment))

        assert payment.state == "canceled"

    def test_a_payment_keeps_the_manner_it_was_begun_in(self, agent, settings):
        payment = prepared_payment(agent)
        settings.PAYMENT_CAPTURE = "automatic"

        charge(payment)

        assert PaymentIntent.objects.get().capture_method == "manual"

    def test_what_the_buyer_approved_is_taken_too(self, agent):
        payment = settled_payment(agent, credential="pm_card_authenticationRequired")

        assert authenticate(payment, PROOF) == Succeeded(Charge.objects.get().pk)


class RefusesToBegin(SandboxProcessor):
    """No such amount can be paid by card."""

    def create(self, *, key: str, **what: Any) -> str:
        raise PaymentRefused("amount_not_accepted")


@pytest.mark.parametrize("ask", [charge, cancel])
def test_a_payment_that_the_processor_will_not_take_is_declined(agent, settings, ask):
    settings.PAYMENT_PROCESSOR = path(RefusesToBegin)
    payment = prepared_payment(agent, amount=1)

    payment, _ = settled(payment, ask(payment))

    assert (payment.state, payment.decline_message) == ("declined", "This amount cannot be paid by card.")
