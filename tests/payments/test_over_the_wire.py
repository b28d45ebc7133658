"""The whole loop: we ask the processor, it acts, and tells us by an event that is signed and delivered over HTTP."""

from datetime import timedelta

import pytest
import stripe
import time_machine
from django.db import transaction
from django.utils import timezone

from payments import settling
from payments.models import Dispute, Event, Payment, Refund
from payments.operations import settle
from payments.processors.base import Outcome
from payments.sandbox import deliveries, operations
from tests.payments.factories import approve, settled_payment, settled_refund

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSORS = ["payments.processors.sandbox.SandboxProcessor", "payments.processors.stripe.StripeProcessor"]


@pytest.fixture(autouse=True, params=PROCESSORS)
def _connected(request, settings, live_server, monkeypatch):
    """We work with a processor, which knows our webhook."""
    settings.PAYMENT_PROCESSOR = request.param
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_till", live_server.url
    endpoint = operations.create_webhook_endpoint(url=f"{live_server.url}/stripe/webhook", enabled_events=["*"])
    settings.STRIPE_WEBHOOK_SECRET = endpoint.secret

    def settle_mug(payment: Payment, outcome: Outcome) -> None:
        settle(payment.pk, outcome)

    monkeypatch.setitem(settling._SETTLERS, "mug_", settle_mug)


@pytest.fixture
def dashboard(live_server) -> stripe.StripeClient:
    """A person who works at the processor's, beside us."""
    return stripe.StripeClient("sk_test_till", base_addresses={"api": live_server.url})


def now_of(row):
    return type(row).objects.get(pk=row.pk)


def test_the_buyers_approval_settles_the_payment(agent):
    payment = settled_payment(agent, credential="pm_card_authenticationRequired")
    assert payment.state == "requires_action"
    approve(payment)

    deliveries.deliver()

    assert now_of(payment).state == "succeeded"
    assert not Event.objects.filter(handled_at=None).exists()


def test_a_refund_made_in_the_dashboard_becomes_ours(agent, dashboard):
    payment = settled_payment(agent)
    theirs = dashboard.v1.refunds.create({"payment_intent": payment.processor_id, "amount": 700})

    deliveries.deliver()

    refund = Refund.objects.get()
    assert (refund.processor_id, refund.amount, refund.state) == (theirs.id, 700, "succeeded")
    assert now_of(payment).refunded_amount == 700


@pytest.mark.parametrize(
    ("credential", "before", "after"),
    [("pm_card_pendingRefund", "pending", "succeeded"), ("pm_card_refundFail", "succeeded", "failed")],
)
def test_a_refund_ends_as_its_bank_says(agent, credential, before, after):
    refund = settled_refund(settled_payment(agent, credential=credential))
    assert refund.state == before

    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        with transaction.atomic():
            operations.settle_due_refunds(timezone.now())
        deliveries.deliver()

    assert now_of(refund).state == after


def test_a_dispute_is_followed_to_its_end(agent, dashboard):
    settled_payment(agent, credential="pm_card_createDispute")
    deliveries.deliver()
    dispute = Dispute.objects.get()
    assert dispute.status == "needs_response"

    dashboard.v1.disputes.update(dispute.pk, {"evidence": {"uncategorized_text": "losing_evidence"}})
    deliveries.deliver()

    assert now_of(dispute).status == "lost"


def test_a_payment_called_off_in_the_dashboard_is_canceled(agent, dashboard):
    payment = settled_payment(agent, credential="pm_card_authenticationRequired")
    dashboard.v1.payment_intents.cancel(payment.processor_id)

    deliveries.deliver()

    assert now_of(payment).state == "canceled"
