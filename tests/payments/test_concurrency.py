"""Money moves once, whoever else is at it: real threads on PostgreSQL."""

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from payments import settling
from payments.hearing import hear
from payments.models import Event, Payment, Refund
from payments.money import Money
from payments.operations import OutcomeUnknown, PaymentInProgress, charge, prepare_payment, settle
from payments.processors import base
from payments.processors.base import NoSuchCredential, Succeeded, Unknown
from payments.processors.sandbox import SandboxProcessor
from payments.refunds import RefundTooLarge
from payments.sandbox import operations
from payments.sandbox.models import Charge, KeyedRequest, PaymentIntent, PaymentMethod
from payments.settling import finish, finish_refund, refund_payment
from payments.sweeping import sweep
from tests.payments.factories import approve, card, prepared_payment, prepared_refund, settled_payment
from tests.payments.threads import at_once
from tests.payments.unreliable import SANDBOX, ForgetsItsKeys, LosesTheAnswer, LosesTheRefund, path

pytestmark = [pytest.mark.needs_postgres, pytest.mark.django_db(transaction=True)]

THREADS = 16


def kinds(answers):
    return Counter(type(answer) for answer in answers)


class TestPayment:
    def test_one_reference_gets_one_payment(self, agent):
        def prepare(number):
            with transaction.atomic():
                return prepare_payment(
                    agent=agent,
                    reference="mug_1",
                    amount=Money(4_299, "usd"),
                    credential="pm_card_visa",
                    attempt=str(number),
                )

        answers = at_once(THREADS, prepare)

        assert kinds(answers) == {Payment: 1, PaymentInProgress: THREADS - 1}

    def test_its_preparer_charges_and_the_others_are_told_to_wait(self, agent):
        prepared = prepared_payment(agent)
        found = [prepared, *(Payment.objects.get() for _ in range(THREADS - 1))]

        answers = at_once(THREADS, lambda number: charge(found[number]))

        assert kinds(answers) == {Succeeded: 1, PaymentInProgress: THREADS - 1}
        assert Charge.objects.count() == 1

    def test_without_any_lease_it_is_still_charged_once(self, agent, settings):
        settings.PAYMENT_LEASE = 0
        payment = prepared_payment(agent)

        answers = at_once(THREADS, lambda _: charge(payment))

        assert set(answers) == {Succeeded(Charge.objects.get().pk)}
        assert Payment.objects.get().processor_id == PaymentIntent.objects.get(status="succeeded").pk

    def test_with_neither_lease_nor_keys_it_is_still_charged_once(self, agent, settings):
        settings.PAYMENT_LEASE = 0
        settings.PAYMENT_PROCESSOR = path(ForgetsItsKeys)
        payment = prepared_payment(agent)

        answers = at_once(THREADS, lambda _: charge(payment))

        assert set(answers) == {Succeeded(Charge.objects.get().pk)}

    def test_a_lease_that_has_run_out_is_taken_over_by_one(self, agent):
        payment = prepared_payment(agent)
        charge(payment)
        Payment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

        answers = at_once(THREADS, lambda _: charge(payment))

        assert kinds(answers) == {Succeeded: 1, PaymentInProgress: THREADS - 1}

    def test_one_of_all_who_settle_is_the_first(self, agent):
        payment = prepared_payment(agent)
        outcome = charge(payment)

        def settled(_):
            with transaction.atomic():
                return settle(payment.pk, outcome)[1]

        assert Counter(at_once(THREADS, settled)) == {True: 1, False: THREADS - 1}


class TestRefund:
    def test_sixteen_at_once_never_pass_what_was_paid(self, agent):
        payment = settled_payment(agent, amount=4_299)

        answers = at_once(
            THREADS,
            lambda _: refund_payment(payment=payment, amount=Money(1_000, "usd"), requested_by="ada"),
        )

        assert kinds(answers) == {Refund: 4, RefundTooLarge: THREADS - 4}
        assert Payment.objects.get().refunded_amount == Charge.objects.get().refunded_amount == 4_000

    def test_sixteen_clicks_give_it_back_once(self, agent):
        payment = settled_payment(agent, amount=4_299)

        at_once(
            THREADS,
            lambda _: refund_payment(payment=payment, amount=Money(1_000, "usd"), requested_by="ada", attempt="form_1"),
        )

        assert Refund.objects.get().state == "succeeded"
        assert Payment.objects.get().refunded_amount == Charge.objects.get().refunded_amount == 1_000

    def test_without_lease_or_keys_a_refund_is_still_sent_once(self, agent, settings):
        """Whoever comes second looks whether the processor has it."""
        settings.PAYMENT_PROCESSOR = path(LosesTheRefund)
        refund = prepared_refund(settled_payment(agent, amount=4_299))
        with pytest.raises(OutcomeUnknown):
            finish_refund(refund)
        settings.PAYMENT_LEASE, settings.PAYMENT_PROCESSOR = 0, path(ForgetsItsKeys)

        at_once(THREADS, lambda _: finish_refund(refund))

        assert Charge.objects.get().refunded_amount == 1_000

    def test_one_made_elsewhere_is_adopted_once(self, agent):
        payment = settled_payment(agent, amount=4_299)
        with transaction.atomic():
            operations.create_refund(payment_intent_id=payment.processor_id, amount=1_000)

        at_once(THREADS, lambda number: hear(base.Event(f"evt_{number % 4}", "charge.refunded", payment.processor_id)))

        assert (Refund.objects.count(), Payment.objects.get().refunded_amount) == (1, 1_000)
        assert not Event.objects.filter(handled_at__isnull=True).exists()


class TestSettlingFromEverywhere:
    @pytest.fixture
    def sold(self, monkeypatch):
        """What a higher room has sold: a mug for each time it was told that it was the first."""
        sold = []

        def settle_mug(payment, outcome):
            payment, is_first = settle(payment.pk, outcome)
            if is_first and payment.is_paid:
                sold.append(payment.pk)

        monkeypatch.setitem(settling._SETTLERS, "mug_", settle_mug)
        return sold

    @pytest.mark.parametrize("lease", [0, 60])
    @pytest.mark.parametrize("credential", ["pm_card_visa", "pm_card_authenticationRequired"])
    def test_event_retry_sweep_and_buyer_at_once_settle_once(self, agent, settings, sold, lease, credential):
        settings.PAYMENT_LEASE = lease
        payment = prepared_payment(agent, credential=credential)
        settings.PAYMENT_PROCESSOR = path(LosesTheAnswer)
        with pytest.raises(OutcomeUnknown):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX
        payment.refresh_from_db()
        if credential != "pm_card_visa":
            approve(payment)
        event = base.Event("evt_1", "payment_intent.succeeded", payment.processor_id)
        ways = [
            lambda: hear(event),
            lambda: finish(payment),
            lambda: list(sweep()),
            lambda: Client().get("/payments/return", {"payment_intent": payment.processor_id}),
        ]

        at_once(THREADS, lambda number: ways[number % 4]())
        list(sweep())

        assert sold == [payment.pk]
        assert Charge.objects.count() == 1
        assert Event.objects.get().handled_at is not None


class TestSandbox:
    def test_one_key_stores_one_card(self):
        stored = at_once(THREADS, lambda _: SandboxProcessor().store_card(card(), key="k"))

        assert set(stored) == {stored[0]}
        assert PaymentMethod.objects.count() == 1

    def test_one_key_announces_one_payment(self):
        ids = at_once(THREADS, lambda _: announced("k"))

        assert set(ids) == {PaymentIntent.objects.get().pk}

    @pytest.mark.parametrize("credential", ["pm_card_visa", "tok_visa", "pm_card_chargeDeclined"])
    def test_one_key_charges_once(self, credential):
        intent = announced("create")

        outcomes = at_once(THREADS, lambda _: SandboxProcessor().confirm(intent, credential=credential, key="k"))

        assert len(set(outcomes)) == 1
        assert Charge.objects.count() == 1
        assert KeyedRequest.objects.filter(key="k").count() == 1

    def test_sixteen_keys_charge_one_intent_once(self):
        intent = announced("create")

        outcomes = at_once(
            THREADS, lambda n: SandboxProcessor().confirm(intent, credential="pm_card_visa", key=f"k{n}")
        )

        assert set(outcomes) == {Succeeded(Charge.objects.get().pk)}

    def test_a_token_is_used_once(self):
        method = PaymentMethod.objects.get(pk=SandboxProcessor().store_card(card(), key="store").id)
        token = operations.create_token(payment_method=method).pk
        intents = [announced(f"create{n}") for n in range(THREADS)]

        outcomes = at_once(THREADS, lambda n: SandboxProcessor().confirm(intents[n], credential=token, key=f"k{n}"))

        assert kinds(outcomes) == {Succeeded: 1, NoSuchCredential: THREADS - 1}
        assert Charge.objects.count() == 1

    def test_whoever_waits_for_a_request_that_dies_does_the_work_itself(self):
        intent = announced("create")
        is_written = threading.Event()

        def confirm(number):
            if number:
                is_written.wait()
                return SandboxProcessor().confirm(intent, credential="pm_card_visa", key="k")
            with transaction.atomic():
                KeyedRequest.objects.create(key="k", fingerprint="of one who dies before it commits")
                is_written.set()
                time.sleep(0.2)  # the others arrive, and wait at the key
                raise RuntimeError("killed")

        answers = at_once(THREADS, confirm)

        assert kinds(answers) == {RuntimeError: 1, Succeeded: THREADS - 1}
        assert Charge.objects.count() == 1

    def test_a_database_that_does_not_answer_leaves_the_outcome_unknown(self):
        intent = announced("create")
        is_locked, is_over = threading.Event(), threading.Event()

        def hold(_):
            with transaction.atomic():
                PaymentIntent.objects.select_for_update().get()
                is_locked.set()
                is_over.wait(10)

        def confirm(_):
            is_locked.wait(10)
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '100ms'")
            try:
                return SandboxProcessor().confirm(intent, credential="pm_card_visa", key="k")
            finally:
                is_over.set()
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")

        _, answer = at_once(2, lambda number: (hold, confirm)[number](number))

        assert isinstance(answer, Unknown)


def announced(key: str) -> str:
    return SandboxProcessor().create(amount=Money(4_299, "usd"), key=key, metadata={})
