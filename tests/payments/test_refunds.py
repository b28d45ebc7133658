from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from payments import settling
from payments.models import Payment, Refund
from payments.money import Money
from payments.operations import OutcomeUnknown, PaymentInProgress
from payments.processors.base import RefundFailed, RefundOutcome, RefundPending, RefundSucceeded
from payments.processors.sandbox import SandboxProcessor
from payments.refunds import NotRefundable, RefundTooLarge, send_refund, settle_refund
from payments.sandbox.models import Charge
from payments.sandbox.models import Refund as TheirRefund
from payments.settling import finish_refund, refund_payment
from payments.status import REFUND_MOVES, RefundState
from tests.payments import unreliable
from tests.payments.factories import prepared_payment, prepared_refund, settled_payment, settled_refund
from tests.payments.unreliable import SANDBOX, Crash, path

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(agent) -> Payment:
    return settled_payment(agent, amount=4_299)


def now_of(row):
    return type(row).objects.get(pk=row.pk)


def settled(refund: Refund, outcome: RefundOutcome) -> tuple[Refund, bool]:
    with transaction.atomic():
        return settle_refund(refund.pk, outcome)


def a_minute_later() -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(seconds=61))


class TestPrepareRefund:
    def test_sets_the_amount_aside(self, payment):
        refund = prepared_refund(payment, 1_000, reason="broken mug")

        assert refund.pk.startswith("re_")
        assert (refund.state, refund.money) == ("prepared", Money(1_000, "usd"))
        assert (refund.reason, refund.requested_by) == ("broken mug", "ada")
        assert now_of(payment).refundable == Money(3_299, "usd")

    def test_never_more_than_was_paid(self, payment):
        prepared_refund(payment, 4_000)

        with pytest.raises(RefundTooLarge, match=r"Only \$2.99 is left"):
            prepared_refund(payment, 300)

        assert (Refund.objects.count(), now_of(payment).refunded_amount) == (1, 4_000)

    def test_to_the_last_cent(self, payment):
        prepared_refund(payment, 4_298)
        prepared_refund(payment, 1)

        assert now_of(payment).refundable == Money(0, "usd")

    def test_a_second_click_finds_the_refund_of_the_first(self, payment):
        first = prepared_refund(payment, 3_000, attempt="form_1")

        assert prepared_refund(payment, 3_000, attempt="form_1") == first

        assert now_of(payment).refunded_amount == 3_000

    def test_an_attempt_is_for_one_amount(self, payment):
        prepared_refund(payment, 3_000, attempt="form_1")

        with pytest.raises(NotRefundable, match="another amount"):
            prepared_refund(payment, 1_000, attempt="form_1")

    @pytest.mark.parametrize("credential", ["pm_card_chargeDeclined", "pm_card_authenticationRequired"])
    def test_what_was_not_paid_is_not_given_back(self, agent, credential):
        payment = settled_payment(agent, credential=credential)

        with pytest.raises(NotRefundable):
            prepared_refund(payment)

    @pytest.mark.parametrize("amount", [0, -1])
    def test_a_refund_gives_something_back(self, payment, amount):
        with pytest.raises(NotRefundable):
            prepared_refund(payment, amount)

    def test_in_the_currency_that_was_paid(self, payment):
        with pytest.raises(NotRefundable):
            refund_payment(payment=payment, amount=Money(100, "eur"), requested_by="ada")

    def test_what_is_left_is_decided_by_the_database(self, payment):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(refunded_amount=4_300)

        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(refunded_amount=-1)

    def test_is_undone_with_the_transaction_it_was_made_in(self, payment):
        with pytest.raises(Crash), transaction.atomic():
            prepared_refund(payment)
            raise Crash

        assert now_of(payment).refunded_amount == 0


class TestSendRefund:
    def test_gives_the_money_back_and_settles_nothing(self, payment):
        refund = prepared_refund(payment)

        outcome = send_refund(refund)

        theirs = TheirRefund.objects.get()
        assert outcome == RefundSucceeded(theirs.pk)
        assert (theirs.amount, theirs.metadata) == (1_000, {"refund": refund.pk, "payment": payment.pk})
        assert now_of(refund).state == "processing"

    def test_is_never_called_inside_a_transaction(self, payment):
        refund = prepared_refund(payment)

        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            send_refund(refund)

    def test_keeps_a_second_caller_away(self, payment):
        refund = prepared_refund(payment)
        send_refund(refund)

        with pytest.raises(PaymentInProgress):
            send_refund(refund)

    def test_a_settled_refund_answers_what_we_know(self, payment, settings):
        refund = settled_refund(payment)
        settings.PAYMENT_PROCESSOR = path(unreliable.CannotBeReached)

        assert send_refund(refund) == refund.outcome

    def test_silence_leaves_it_unknown_and_set_aside(self, payment, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheRefund)
        refund = prepared_refund(payment)

        with pytest.raises(OutcomeUnknown):
            send_refund(refund)

        refund = now_of(refund)
        assert (refund.state, refund.lease_until) == ("unknown", None)
        assert refund.unknown_since is not None
        assert now_of(payment).refunded_amount == 1_000

    @pytest.mark.parametrize("afterwards", [SandboxProcessor, unreliable.ForgetsItsKeys])
    def test_after_silence_gives_it_back_once(self, payment, settings, afterwards):
        """A processor forgets its keys after a day; then only our id in its books keeps us from paying twice."""
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheRefund)
        refund = prepared_refund(payment)
        with pytest.raises(OutcomeUnknown):
            send_refund(refund)
        settings.PAYMENT_PROCESSOR = path(afterwards)

        refund, _ = settled(refund, send_refund(refund))

        assert (refund.state, refund.unknown_since) == ("succeeded", None)
        assert refund.processor_id == TheirRefund.objects.get().pk
        assert Charge.objects.get().refunded_amount == 1_000

    @pytest.mark.parametrize("where", [unreliable.DiesBeforeRefund, unreliable.DiesAfterRefund])
    @pytest.mark.parametrize("afterwards", [SandboxProcessor, unreliable.ForgetsItsKeys])
    def test_after_a_crash_gives_it_back_once(self, payment, settings, where, afterwards):
        settings.PAYMENT_PROCESSOR = path(where)
        refund = prepared_refund(payment)
        with pytest.raises(Crash):
            send_refund(refund)
        settings.PAYMENT_PROCESSOR = path(afterwards)

        with a_minute_later():
            refund, _ = settled(refund, send_refund(refund))

        assert refund.state == "succeeded"
        assert Charge.objects.get().refunded_amount == 1_000


class TestSettleRefund:
    def test_tells_what_is_news(self, payment):
        refund = prepared_refund(payment)
        outcome = send_refund(refund)

        assert [settled(refund, outcome)[1] for _ in range(3)] == [True, False, False]

    def test_what_failed_is_shown_and_may_be_given_back_again(self, payment):
        refund = prepared_refund(payment, 4_299)

        refund, is_news = settled(refund, RefundFailed("re_1", "declined", "No."))

        assert (refund.state, refund.failure_code, refund.failure_message) == ("failed", "declined", "No.")
        assert (is_news, refund.payment.refunded_amount) == (True, 0)
        prepared_refund(payment, 4_299)

    def test_what_failed_is_not_given_back_to_us_twice(self, payment):
        refund = prepared_refund(payment, 1_000)
        prepared_refund(payment, 2_000)

        for _ in range(2):
            settled(refund, RefundFailed("re_1", "declined", "No."))

        assert now_of(payment).refunded_amount == 2_000

    def test_a_bank_may_take_its_time(self, payment):
        refund = prepared_refund(payment)

        refund, _ = settled(refund, RefundPending("re_1"))
        assert (refund.state, refund.settled_at, refund.processor_id) == ("pending", None, "re_1")

        refund, is_news = settled(refund, RefundSucceeded("re_1"))
        assert (refund.state, is_news) == ("succeeded", True)

    def test_a_bank_may_send_it_back(self, payment):
        refund = settled_refund(payment)

        refund, is_news = settled(refund, RefundFailed(refund.processor_id, "unknown", "It came back."))

        assert (refund.state, is_news, refund.payment.refunded_amount) == ("failed", True, 0)

    @pytest.mark.parametrize("late", [RefundPending("re_1"), RefundSucceeded("re_1")])
    def test_nothing_leads_out_of_failed(self, payment, late):
        refund = prepared_refund(payment)
        settled(refund, RefundFailed("re_1", "declined", "No."))

        refund, is_news = settled(refund, late)

        assert (refund.state, is_news, refund.payment.refunded_amount) == ("failed", False, 0)


class TestRefundPayment:
    def test_does_the_three_steps(self, payment):
        refund = refund_payment(payment=payment, amount=Money(1_000, "usd"), requested_by="ada", attempt="form_1")

        assert (refund.state, refund.processor_id) == ("succeeded", TheirRefund.objects.get().pk)

    def test_twice_is_once(self, payment):
        first, second = (
            refund_payment(payment=payment, amount=Money(1_000, "usd"), requested_by="ada", attempt="form_1")
            for _ in range(2)
        )

        assert first == second
        assert Charge.objects.get().refunded_amount == 1_000

    @pytest.mark.parametrize(
        ("credential", "state", "left"),
        [("pm_card_pendingRefund", "pending", 3_299), ("pm_card_createDispute", "failed", 4_299)],
    )
    def test_shows_a_refund_for_what_it_is(self, agent, credential, state, left):
        payment = settled_payment(agent, amount=4_299, credential=credential)

        refund = refund_payment(payment=payment, amount=Money(1_000, "usd"), requested_by="ada")

        assert (refund.state, now_of(payment).refundable.amount) == (state, left)

    def test_tells_whose_payment_it_was(self, payment, monkeypatch):
        heard = []

        def settle(refund: Refund, outcome: RefundOutcome) -> None:
            heard.append((refund.payment.reference, outcome))
            settle_refund(refund.pk, outcome)

        monkeypatch.setattr(settling, "_REFUND_SETTLERS", {})
        settling.register_refunds("mug_", settle)

        refund = refund_payment(payment=payment, amount=Money(1_000, "usd"), requested_by="ada")

        assert heard == [("mug_1", RefundSucceeded(refund.processor_id))]
        assert refund.state == "succeeded"

    def test_what_follows_happens_with_the_settling_or_not_at_all(self, payment, monkeypatch):
        def settle(refund: Refund, outcome: RefundOutcome) -> None:
            settle_refund(refund.pk, outcome)
            raise RuntimeError("no such order")

        monkeypatch.setattr(settling, "_REFUND_SETTLERS", {"mug_": settle})
        refund = prepared_refund(payment)

        with pytest.raises(RuntimeError):
            finish_refund(refund)

        assert now_of(refund).state == "processing"


class TestStates:
    def test_every_state_has_a_row(self):
        assert set(REFUND_MOVES) == set(RefundState)
        assert {state for state in RefundState if not REFUND_MOVES[state]} == {"failed"}

    def test_constraints_know_them(self, payment):
        refund = prepared_refund(payment)

        for change in ({"state": "succeeded"}, {"state": "unknown"}, {"amount": 0}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Refund.objects.filter(pk=refund.pk).update(**change)


def test_a_refund_of_a_payment_that_is_elsewhere_waits(agent, settings):
    payment = settled_payment(agent)
    settings.PAYMENT_PROCESSOR = path(unreliable.Elsewhere)
    refund = prepared_refund(payment)

    with pytest.raises(OutcomeUnknown):
        send_refund(refund)

    settings.PAYMENT_PROCESSOR = SANDBOX
    assert finish_refund(now_of(refund)).state == "succeeded"


def test_a_payment_in_progress_is_not_refunded(agent):
    with pytest.raises(NotRefundable):
        prepared_refund(prepared_payment(agent))
