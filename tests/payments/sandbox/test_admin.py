"""Staff see the sandbox's books, without its secrets."""

import pytest
from django.contrib.admin.utils import quote
from django.urls import reverse

from payments.sandbox import operations
from payments.sandbox.models import (
    Charge,
    Customer,
    Dispute,
    Event,
    HttpRequest,
    PaymentIntent,
    Refund,
    WebhookEndpoint,
)
from tests.payments.sandbox.conftest import Wire

MODELS = [Charge, Customer, Dispute, Event, HttpRequest, PaymentIntent, Refund, WebhookEndpoint]


@pytest.fixture
def books(db) -> None:
    wire = Wire()
    wire.post("/v1/webhook_endpoints", "url=http://a.example/&enabled_events[]=*", Idempotency_Key="k")
    customer = wire.post("/v1/customers", "email=ada@example.com&payment_method=pm_card_visa").json()["id"]
    intent = wire.post(
        "/v1/payment_intents",
        f"amount=100&currency=usd&customer={customer}&confirm=true&payment_method=pm_card_createDisputeInquiry"
        "&payment_method_types[]=card",
    ).json()["id"]
    operations.create_refund(payment_intent_id=intent, amount=10)


@pytest.mark.parametrize("model", [Charge, Customer, Event, HttpRequest, PaymentIntent, WebhookEndpoint])
def test_each_page_opens(books, admin_client, model):
    name = model._meta.model_name
    row = model.objects.first()

    assert admin_client.get(reverse(f"admin:sandbox_{name}_changelist")).status_code == 200
    page = admin_client.get(reverse(f"admin:sandbox_{name}_change", args=[quote(row.pk)]))
    assert page.status_code == 200
    assert b"gAAAA" not in page.content  # how a seal begins


def test_a_charge_shows_its_refunds_and_disputes(books, admin_client):
    url = reverse("admin:sandbox_charge_change", args=[quote(Charge.objects.get().pk)])
    page = admin_client.get(url).content.decode()

    assert Refund.objects.get().pk in page
    assert Dispute.objects.get().pk in page
