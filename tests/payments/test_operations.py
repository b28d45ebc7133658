from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from payments.declines import declined
from payments.models import Payment
from payments.money import Money
from payments.operations import (
    InvalidCredential,
    OutcomeUnknown,
    PaymentInProgress,
    charge,
    prepare_payment,
    settle,
)
from payments.processors import processor
from payments.processors.base import Declined, Outcome, RequiresAction, Succeeded, Unknown
from payments.processors.sandbox import SandboxProcessor
from payments.sandbox.models import Charge, PaymentIntent
from tests.payments import unreliable
from tests.payments.factories import VISA, a_minute_later, now_of, prepared_payment, settled, settled_payment
from tests.payments.unreliable import SANDBOX, Crash, path

pytestmark = pytest.mark.django_db


class TestPreparePayment:
    def test_writes_down_what_will_be_charged(self, agent):
        payment = prepared_payment(agent, reference="mug_1", amount=4_299, credential="tok_visa", attempt="a")

        assert payment.id.startswith("pay_")
        assert (payment.state, payment.amount, payment.currency) == ("processing", 4_299, "usd")
        assert (payment.credential, payment.processor, payment.attempt) == ("tok_visa", "sandbox", "a")

    @pytest.mark.parametrize("state", ["processing", "unknown", "succeeded"])
    def test_refuses_a_second_live_payment(self, agent, state):
        first = prepared_payment(agent)
        if state == "succeeded":
            settled(first, charge(first))
        if state == "unknown":
            Payment.objects.update(state=state, unknown_since=timezone.now())

        with pytest.raises(PaymentInProgress):
            prepared_payment(agent)

        assert Payment.objects.count() == 1

    def test_a_race_lost_leaves_the_callers_transaction_usable(self, agent):
        prepared_payment(agent, reference="mug_1")

        with transaction.atomic():
            with pytest.raises(PaymentInProgress):
                prepared_payment(agent, reference="mug_1")
            prepared_payment(agent, reference="mug_2")

        assert Payment.objects.count() == 2

    def test_lets_another_card_be_tried_after_a_decline(self, agent):
        first = prepared_payment(agent, credential="pm_card_chargeDeclined")
        settled(first, charge(first))

        second = prepared_payment(agent, credential="pm_card_visa")

        assert charge(second) == Succeeded(Charge.objects.get(status="succeeded").pk)

    def test_one_attempt_never_begins_two_payments(self, agent):
        first = prepared_payment(agent, attempt="a", credential="pm_card_chargeDeclined")
        settled(first, charge(first))

        with pytest.raises(PaymentInProgress):
            prepared_payment(agent, attempt="a")

    @pytest.mark.parametrize(
        "credential", [VISA, "4242-4242-4242-4242", f"tok_{VISA}", "", "card", "tok_", "tok_ü", "t" * 99 + "_1"]
    )
    def test_takes_names_only_and_never_a_card_number(self, agent, credential):
        with pytest.raises(InvalidCredential) as refused:
            prepared_payment(agent, credential=credential)

        assert VISA not in str(refused.value)
        assert not Payment.objects.exists()

    def test_is_rolled_back_with_the_transaction_it_was_made_in(self, agent):
        with pytest.raises(Crash), transaction.atomic():
            prepared_payment(agent)
            raise Crash

        assert not Payment.objects.exists()


class TestCharge:
    def test_collects_the_money(self, agent):
        payment = prepared_payment(agent, amount=4_299)

        outcome = charge(payment)

        collected = Charge.objects.get()
        assert outcome == Succeeded(collected.pk)
        assert (collected.amount, collected.currency, collected.status) == (4_299, "usd", "succeeded")

    def test_settles_nothing(self, agent):
        payment = prepared_payment(agent)

        charge(payment)

        assert now_of(payment).state == "processing"

    def test_leaves_a_trace_at_the_processor_to_find_the_payment_by(self, agent):
        payment = prepared_payment(agent)

        charge(payment)

        intent = PaymentIntent.objects.get()
        assert now_of(payment).processor_id == intent.pk
        assert intent.metadata == {"payment": payment.pk, "reference": "mug_1"}

    def test_returns_a_decline(self, agent):
        outcome = charge(prepared_payment(agent, credential="pm_card_visa_chargeDeclinedInsufficientFunds"))

        assert outcome == Declined(
            "insufficient_funds", "There is not enough money on the card for this purchase. Use another card."
        )

    @pytest.mark.parametrize("credential", ["tok_nobody", "pm_nobody"])
    def test_a_credential_that_names_nothing_is_a_decline(self, agent, credential):
        outcome = charge(prepared_payment(agent, credential=credential))

        assert outcome == Declined("invalid_credential", "This payment token cannot be used. Send another one.")
        assert not Charge.objects.exists()

    def test_asks_the_buyer_first_where_the_bank_wants_it(self, agent, settings):
        settings.PUBLIC_URL = "http://till.example"

        outcome = charge(prepared_payment(agent, credential="pm_card_authenticationRequired"))

        url = f"http://till.example/sandbox/authenticate/{PaymentIntent.objects.get().pk}"
        assert outcome == RequiresAction(url)
        assert not Charge.objects.exists()

    def test_is_never_called_inside_a_transaction(self, agent):
        payment = prepared_payment(agent)

        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            charge(payment)

        assert not PaymentIntent.objects.exists()

    @pytest.mark.parametrize("credential", ["pm_card_visa", "pm_card_chargeDeclined"])
    def test_a_settled_payment_answers_what_we_know(self, agent, settings, credential):
        payment = prepared_payment(agent, credential=credential)
        outcome = charge(payment)
        settled(payment, outcome)
        settings.PAYMENT_PROCESSOR = path(unreliable.CannotBeReached)

        assert charge(payment) == outcome

    def test_a_payment_that_waits_for_the_buyer_is_looked_up_and_not_started_again(self, agent):
        payment = prepared_payment(agent, credential="pm_card_authenticationRequired")
        first = charge(payment)
        settled(payment, first)

        assert charge(payment) == first

        assert PaymentIntent.objects.count() == 1

    def test_a_payment_stays_with_the_processor_that_has_it(self, agent, settings):
        payment = prepared_payment(agent)
        settings.PAYMENT_PROCESSOR = path(unreliable.Elsewhere)

        with pytest.raises(OutcomeUnknown):
            charge(payment)

        assert not PaymentIntent.objects.exists()


class OvertakenWhileAnnouncing(unreliable.ForgetsItsKeys):
    """It takes so long to announce the payment that another request has announced it too, and was first."""

    def create(self, *, key: str, **what: Any) -> str:
        first = super().create(key=key, **what | {"metadata": {"first": "yes"}})
        Payment.objects.update(processor_id=first)
        return super().create(key=key, **what)


def test_a_payment_has_one_id_at_the_processor(agent, settings):
    settings.PAYMENT_PROCESSOR = path(OvertakenWhileAnnouncing)
    payment = prepared_payment(agent)

    charge(payment)

    assert PaymentIntent.objects.count() == 2
    assert Charge.objects.get().payment_intent.metadata == {"first": "yes"}


class TestUnknown:
    def test_is_neither_success_nor_failure(self, agent, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheAnswer)
        payment = prepared_payment(agent)

        with pytest.raises(OutcomeUnknown) as refused:
            charge(payment)

        assert (refused.value.status, refused.value.code) == (503, "service_unavailable")
        assert refused.value.headers["Retry-After"]
        payment = now_of(payment)
        assert (payment.state, payment.lease_until, payment.settled_at) == ("unknown", None, None)
        assert payment.unknown_since is not None

    @pytest.mark.parametrize(
        "trouble", [unreliable.LosesTheAnswer, unreliable.LosesTheRequest, unreliable.CannotBeReached]
    )
    def test_ends_in_one_charge_when_somebody_asks_again(self, agent, settings, trouble):
        settings.PAYMENT_PROCESSOR = path(trouble)
        payment = prepared_payment(agent)
        with pytest.raises(OutcomeUnknown):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX

        payment, is_first = settled(payment, charge(payment))

        assert (payment.state, payment.charge_id, is_first) == ("succeeded", Charge.objects.get().pk, True)

    def test_lasts_until_the_processor_answers(self, agent, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheAnswer)
        payment = prepared_payment(agent)
        with pytest.raises(OutcomeUnknown):
            charge(payment)
        since = now_of(payment).unknown_since
        settings.PAYMENT_PROCESSOR = path(unreliable.CannotBeReached)

        with a_minute_later(), pytest.raises(OutcomeUnknown):
            charge(payment)

        assert (now_of(payment).state, now_of(payment).unknown_since) == ("unknown", since)

    def test_does_not_let_a_second_payment_begin(self, agent, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheAnswer)
        with pytest.raises(OutcomeUnknown):
            charge(prepared_payment(agent))

        with pytest.raises(PaymentInProgress):
            prepared_payment(agent)

    def test_a_late_silence_does_not_undo_what_was_settled_meanwhile(self, agent, settings):
        payment = prepared_payment(agent)
        settings.PAYMENT_PROCESSOR = path(SettledWhileAsking)

        with pytest.raises(OutcomeUnknown):
            charge(payment)

        assert now_of(payment).state == "succeeded"


class SettledWhileAsking(SandboxProcessor):
    """It charges, another request settles, and only then its answer is lost."""

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        outcome = super().confirm(processor_id, credential=credential, key=key)
        settled(Payment.objects.get(), outcome)
        raise Unknown("timeout")


class TestCrash:
    @pytest.mark.parametrize(
        "where",
        [
            unreliable.DiesBeforeCreate,
            unreliable.DiesAfterCreate,
            unreliable.DiesBeforeConfirm,
            unreliable.DiesAfterConfirm,
        ],
    )
    @pytest.mark.parametrize("afterwards", [SandboxProcessor, unreliable.ForgetsItsKeys])
    def test_anywhere_ends_in_one_charge(self, agent, settings, where, afterwards):
        payment = prepared_payment(agent)
        settings.PAYMENT_PROCESSOR = path(where)
        with pytest.raises(Crash):
            charge(payment)
        settings.PAYMENT_PROCESSOR = path(afterwards)

        with a_minute_later():
            payment, _ = settled(payment, charge(payment))

        assert (payment.state, payment.charge_id) == ("succeeded", Charge.objects.get().pk)

    @pytest.mark.parametrize("afterwards", [SandboxProcessor, unreliable.ForgetsItsKeys])
    def test_after_a_decline_does_not_try_the_card_again(self, agent, settings, afterwards):
        payment = prepared_payment(agent, credential="pm_card_chargeDeclined")
        settings.PAYMENT_PROCESSOR = path(unreliable.DiesAfterConfirm)
        with pytest.raises(Crash):
            charge(payment)
        settings.PAYMENT_PROCESSOR = path(afterwards)

        with a_minute_later():
            assert isinstance(charge(payment), Declined)

        assert Charge.objects.count() == 1

    def test_before_settling_ends_in_one_charge(self, agent):
        payment = prepared_payment(agent)
        outcome = charge(payment)
        with pytest.raises(Crash), transaction.atomic():
            settle(payment.pk, outcome)
            raise Crash
        assert now_of(payment).state == "processing"

        with a_minute_later():
            payment, is_first = settled(payment, charge(payment))

        assert (payment.charge_id, is_first) == (Charge.objects.get().pk, True)

    def test_leaves_others_out_until_the_lease_has_run_out(self, agent, settings):
        payment = prepared_payment(agent)
        settings.PAYMENT_PROCESSOR = path(unreliable.DiesAfterConfirm)
        with pytest.raises(Crash):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX

        with pytest.raises(PaymentInProgress):
            charge(payment)


class TestSettle:
    def test_tells_one_caller_that_it_was_the_first(self, agent):
        payment = prepared_payment(agent)
        outcome = charge(payment)

        answers = [settled(payment, outcome)[1] for _ in range(3)]

        assert answers == [True, False, False]

    def test_writes_a_decline_down_in_words_for_the_buyer(self, agent):
        payment = prepared_payment(agent, credential="pm_card_chargeDeclinedExpiredCard")

        payment, _ = settled(payment, charge(payment))

        assert now_of(payment).decline_code == "expired_card"
        assert now_of(payment).decline_message == "The card has expired. Use another card."

    def test_is_undone_with_the_transaction_it_is_in(self, agent):
        payment = prepared_payment(agent)
        outcome = charge(payment)

        with pytest.raises(Crash), transaction.atomic():
            settle(payment.pk, outcome)
            raise Crash

        assert now_of(payment).settled_at is None

    def test_keeps_what_contradicts_it_for_a_person_to_see(self, agent):
        payment = prepared_payment(agent, credential="pm_card_chargeDeclined")
        settled(payment, charge(payment))

        _, is_first = settled(payment, Succeeded("ch_late"))

        assert is_first is False
        assert (now_of(payment).state, "ch_late" in now_of(payment).contradiction) == ("declined", True)

    def test_another_reason_for_the_same_end_is_no_contradiction(self, agent):
        payment = settled_payment(agent, credential="pm_card_chargeDeclined")

        payment, _ = settled(payment, declined("canceled"))

        assert (payment.state, payment.contradiction) == ("declined", "")

    def test_the_buyers_approval_leads_on(self, agent):
        payment = prepared_payment(agent, credential="pm_card_authenticationRequired")
        assert settled(payment, charge(payment))[1] is False

        payment, is_first = settled(payment, Succeeded("ch_approved"))

        assert (payment.state, is_first) == ("succeeded", True)


def test_prepare_refuses_nothing_else_quietly(agent):
    """What is not a rival's payment is our own mistake, and shows as one."""
    with pytest.raises(Exception, match="a_payment_moves_money"), transaction.atomic():
        prepare_payment(agent=agent, reference="mug_1", amount=Money(-1, "usd"), credential="pm_card_visa")


def test_the_processor_is_the_one_that_settings_name(settings):
    settings.PAYMENT_PROCESSOR = path(unreliable.Elsewhere)

    assert processor().name == "elsewhere"
