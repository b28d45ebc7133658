"""The processor says that something happened: with an event, or in its books when they are compared with ours."""

import json

import pytest
import stripe
from django.db import transaction
from django.utils import timezone

from payments import settling
from payments.hearing import hear, reconcile
from payments.models import Dispute, Event, Payment, Refund
from payments.money import Money
from payments.operations import OutcomeUnknown, charge, settle
from payments.processors import base
from payments.processors.base import Outcome
from payments.sandbox import operations
from payments.sandbox.models import Charge
from payments.sandbox.models import Refund as TheirRefund
from payments.sweeping import sweep
from tests.payments import unreliable
from tests.payments.factories import approve, prepared_payment, prepared_refund, settled_payment, settled_refund
from tests.payments.unreliable import SANDBOX, path

pytestmark = pytest.mark.django_db

SECRET = "whsec_1"


class Shop:
    """It settles its payments and counts what it owes."""

    def __init__(self) -> None:
        self.sold = 0

    def settle(self, payment: Payment, outcome: Outcome) -> None:
        payment, is_first = settle(payment.pk, outcome)
        self.sold += is_first and payment.is_paid


@pytest.fixture(autouse=True)
def shop(monkeypatch) -> Shop:
    shop = Shop()
    monkeypatch.setitem(settling._SETTLERS, "mug_", shop.settle)
    return shop


def told(payment: Payment, type: str = "payment_intent.succeeded", id: str = "evt_1") -> base.Event:
    return base.Event(id, type, Payment.objects.get(pk=payment.pk).processor_id)


def now_of(row):
    return type(row).objects.get(pk=row.pk)


def refund_elsewhere(payment: Payment, amount: int = 1_000) -> TheirRefund:
    with transaction.atomic():
        return operations.create_refund(payment_intent_id=payment.processor_id, amount=amount)


class TestPaymentEvents:
    def test_settle_a_payment_whose_answer_was_lost(self, agent, shop, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheAnswer)
        payment = prepared_payment(agent)
        with pytest.raises(OutcomeUnknown):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX

        event = hear(told(payment))

        assert (now_of(payment).state, shop.sold, event.is_left) == ("succeeded", 1, False)

    def test_settle_a_payment_that_the_buyer_has_approved(self, agent, shop):
        payment = settled_payment(agent, credential="pm_card_authenticationRequired")
        approve(payment)

        hear(told(payment))

        assert shop.sold == 1

    def test_come_twice_and_out_of_order(self, agent, shop):
        payment = settled_payment(agent, credential="pm_card_authenticationRequired")
        approve(payment)

        for type, id in [("succeeded", "evt_2"), ("requires_action", "evt_1"), ("succeeded", "evt_2")]:
            hear(told(payment, f"payment_intent.{type}", id))

        assert (shop.sold, Event.objects.count(), now_of(payment).state) == (1, 2, "succeeded")

    def test_about_a_payment_that_is_busy_are_left_for_the_sweep(self, agent, shop):
        payment = prepared_payment(agent)
        outcome = charge(payment)

        event = hear(told(payment))
        assert (event.is_left, event.trouble) == (True, "This is being paid for by another request")

        with transaction.atomic():
            shop.settle(payment, outcome)
        assert [(found.id, found.result) for found in sweep()] == [("evt_1", "handled")]
        assert (shop.sold, now_of(event).is_left) == (1, False)

    def test_when_the_processor_is_silent_are_left_for_the_sweep(self, agent, settings):
        payment = settled_payment(agent, credential="pm_card_authenticationRequired")
        settings.PAYMENT_PROCESSOR = path(unreliable.CannotBeReached)

        assert hear(told(payment)).is_left

    def test_that_contradict_how_a_payment_ended_are_shown(self, agent, shop):
        """Money moved that we had given up: whoever paid must get it back, or the goods."""
        payment = settled_payment(agent, credential="pm_card_chargeDeclined")
        charge_elsewhere(payment)

        hear(told(payment))

        assert "Succeeded" in now_of(payment).contradiction
        assert (now_of(payment).state, shop.sold) == ("declined", 0)

    def test_about_nothing_of_ours_are_forgotten(self, agent):
        payment = settled_payment(agent)

        for event in [
            base.Event("evt_1", "payment_intent.succeeded", "pi_nobody"),
            base.Event("evt_2", "payment_intent.succeeded", ""),
            told(payment, "invoice.paid"),
            told(payment, "charge.succeeded"),
        ]:
            assert hear(event) is None

        assert not Event.objects.exists()


class TestRefundEvents:
    def test_record_a_refund_that_was_made_at_the_processor(self, agent):
        payment = settled_payment(agent)
        theirs = refund_elsewhere(payment, 1_000)

        hear(told(payment, "charge.refunded"))

        refund = Refund.objects.get()
        assert (refund.state, refund.money, refund.processor_id) == ("succeeded", Money(1_000, "usd"), theirs.pk)
        assert (refund.requested_by, now_of(payment).refunded_amount) == ("processor", 1_000)

    def test_record_it_once(self, agent):
        payment = settled_payment(agent)
        refund_elsewhere(payment)

        for number, type in enumerate(["refund.created", "charge.refunded", "charge.refund.updated"]):
            hear(told(payment, type, f"evt_{number}"))

        assert (Refund.objects.count(), now_of(payment).refunded_amount) == (1, 1_000)

    def test_find_ours_before_we_have_heard_its_answer(self, agent, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheRefund)
        payment = settled_payment(agent)
        refund = prepared_refund(payment)
        with pytest.raises(OutcomeUnknown):
            settling.finish_refund(refund)
        settings.PAYMENT_PROCESSOR = SANDBOX

        hear(told(payment, "refund.created"))

        assert (Refund.objects.get().state, now_of(payment).refunded_amount) == ("succeeded", 1_000)

    def test_tell_of_one_that_came_back(self, agent):
        payment = settled_payment(agent, credential="pm_card_refundFail")
        refund = settled_refund(payment)
        assert refund.state == "succeeded"
        TheirRefund.objects.update(changes_at=timezone.now())

        hear(told(payment, "refund.failed"))

        assert (now_of(refund).state, now_of(payment).refunded_amount) == ("failed", 0)

    def test_wait_for_one_of_ours_that_is_in_the_way(self, agent):
        """Both cannot be: the processor has one of them, and will refuse the other."""
        payment = settled_payment(agent, amount=4_299)
        ours = prepared_refund(payment, 4_000)
        refund_elsewhere(payment, 1_000)

        event = hear(told(payment, "charge.refunded"))
        assert "Only $2.99 is left" in event.trouble

        assert settling.finish_refund(ours).state == "failed"
        assert [found.result for found in sweep()] == ["handled"]
        assert (now_of(payment).refunded_amount, Charge.objects.get().refunded_amount) == (1_000, 1_000)

    def test_settle_the_payment_first(self, agent, shop, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheAnswer)
        payment = prepared_payment(agent)
        with pytest.raises(OutcomeUnknown):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX
        refund_elsewhere(now_of(payment))

        hear(told(payment, "charge.refunded"))

        assert (shop.sold, Refund.objects.get().state) == (1, "succeeded")


class TestDisputeEvents:
    def test_record_a_dispute(self, agent):
        payment = settled_payment(agent, amount=4_299, credential="pm_card_createDispute")

        hear(told(payment, "charge.dispute.created"))

        dispute = Dispute.objects.get()
        assert (dispute.payment, dispute.money, dispute.reason) == (payment, Money(4_299, "usd"), "fraudulent")
        assert (dispute.status, dispute.is_open) == ("needs_response", True)

    def test_follow_it_to_its_end(self, agent):
        payment = settled_payment(agent, credential="pm_card_createDispute")
        hear(told(payment, "charge.dispute.created"))
        decide(Dispute.objects.get().pk, "winning_evidence")

        hear(told(payment, "charge.dispute.closed", "evt_2"))
        hear(told(payment, "charge.dispute.updated", "evt_3"))

        assert (Dispute.objects.get().status, Dispute.objects.get().is_open) == ("won", False)

    def test_record_each_of_many(self, agent):
        payment = settled_payment(agent, credential="pm_card_createMultipleDisputes")

        hear(told(payment, "charge.dispute.created"))

        assert Dispute.objects.count() == 2


class TestReconcile:
    def test_finds_what_no_event_has_told(self, agent, shop):
        payment = settled_payment(agent, credential="pm_card_createDisputeInquiry")
        refund_elsewhere(payment)

        assert reconcile(payment).refunded_amount == 1_000

        assert Dispute.objects.get().status == "warning_needs_response"

    def test_of_a_payment_that_nobody_has_charged_charges_it(self, agent, shop):
        assert (reconcile(prepared_payment(agent)).state, shop.sold) == ("succeeded", 1)

    def test_changes_nothing_that_is_right(self, agent):
        payment = settled_payment(agent)
        settled_refund(payment)
        before = list(Refund.objects.values()), list(Payment.objects.values())

        reconcile(payment)

        refund, paid = Refund.objects.values().get(), Payment.objects.values().get()
        assert ([refund], [paid | {"updated_at": payment.updated_at}]) == (
            before[0],
            [before[1][0] | {"updated_at": payment.updated_at}],
        )


class TestWebhook:
    @pytest.fixture(autouse=True)
    def _secret(self, settings):
        settings.STRIPE_WEBHOOK_SECRET = SECRET

    @pytest.fixture
    def payment(self, agent) -> Payment:
        payment = settled_payment(agent, credential="pm_card_authenticationRequired")
        approve(payment)
        return payment

    def post(self, client, payment: Payment, *, secret: str = SECRET, type: str = "payment_intent.succeeded", **more):
        subject = {"id": payment.processor_id, "object": "payment_intent"}
        body = json.dumps({"id": "evt_1", "object": "event", "type": type, "data": {"object": subject}})
        signature = stripe.WebhookSignature.generate_signature_header(body, secret, **more)
        return client.post(
            "/stripe/webhook", body, content_type="application/json", headers={"Stripe-Signature": signature}
        )

    def test_settles_the_payment(self, client, payment, shop):
        response = self.post(client, payment)

        assert (response.status_code, response.json()) == (200, {"received": True})
        assert (shop.sold, now_of(payment).state) == (1, "succeeded")

    def test_once_however_often_it_is_told(self, client, payment, shop):
        assert [self.post(client, payment).status_code for _ in range(3)] == [200, 200, 200]

        assert (shop.sold, Event.objects.count(), Charge.objects.count()) == (1, 1, 1)

    def test_refuses_whoever_does_not_know_the_secret(self, client, payment, shop, caplog):
        response = self.post(client, payment, secret="whsec_2")

        assert (response.status_code, shop.sold) == (400, 0)
        assert "refused" in caplog.text
        assert SECRET not in caplog.text

    def test_refuses_old_news(self, client, payment):
        assert self.post(client, payment, timestamp=1_700_000_000).status_code == 400

    def test_refuses_what_is_not_signed(self, client, payment):
        assert client.post("/stripe/webhook", "{}", content_type="application/json").status_code == 400

    def test_refuses_everything_while_there_is_no_secret(self, client, payment, settings):
        settings.STRIPE_WEBHOOK_SECRET = ""

        assert self.post(client, payment, secret="").status_code == 400

    def test_takes_what_it_does_not_know(self, client, payment):
        assert self.post(client, payment, type="customer.created").status_code == 200

    def test_answers_while_the_payment_is_busy(self, client, agent):
        payment = prepared_payment(agent)
        charge(payment)

        assert self.post(client, now_of(payment)).status_code == 200

        assert Event.objects.get().is_left

    def test_is_for_posts(self, client):
        assert client.get("/stripe/webhook").status_code == 405


class TestComingBackFromTheBank:
    def come_back(self, client, payment: Payment) -> str:
        return client.get("/payments/return", {"payment_intent": payment.processor_id}).content.decode()

    @pytest.mark.parametrize(
        ("is_approved", "said", "sold"), [(True, "Thank you", 1), (False, "did not go through", 0)]
    )
    def test_settles_the_payment_and_says_so(self, client, agent, shop, is_approved, said, sold):
        payment = settled_payment(agent, credential="pm_card_authenticationRequired")
        approve(payment, is_approved=is_approved)

        assert said in self.come_back(client, payment)

        assert shop.sold == sold

    def test_without_having_answered_says_that_we_wait(self, client, agent):
        payment = settled_payment(agent, credential="pm_card_authenticationRequired")

        assert "on its way" in self.come_back(client, payment)

    def test_while_the_processor_is_silent_says_that_we_wait(self, client, agent, settings):
        payment = settled_payment(agent, credential="pm_card_authenticationRequired")
        settings.PAYMENT_PROCESSOR = path(unreliable.CannotBeReached)

        assert "on its way" in self.come_back(client, payment)

    @pytest.mark.parametrize("query", [{}, {"payment_intent": ""}, {"payment_intent": "pi_nobody\x00"}])
    def test_with_no_payment_of_ours_finds_nothing(self, client, agent, query):
        prepared_payment(agent)

        assert client.get("/payments/return", query).status_code == 404


def charge_elsewhere(payment: Payment) -> None:
    with transaction.atomic():
        operations.confirm_payment_intent(payment_intent_id=payment.processor_id, payment_method="pm_card_visa")


def decide(dispute_id: str, evidence: str) -> None:
    with transaction.atomic():
        operations.update_dispute(dispute_id=dispute_id, evidence={"uncategorized_text": evidence})
