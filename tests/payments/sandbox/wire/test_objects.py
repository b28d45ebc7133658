"""Field by field, our objects are what the SDK's own classes say they are."""

from typing import Any

import pytest
import stripe

from tests.payments.sandbox.conftest import CARD, paid
from tests.payments.sandbox.fields import complaints

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shown(sdk) -> dict[str, Any]:
    """One of each object, as it is on the wire."""
    customer = sdk.customers.create({"email": "ada@example.com", "payment_method": "pm_card_visa"})
    intent = paid(
        sdk,
        "pm_card_createDispute",
        customer=customer.id,
        shipping={"name": "Ada", "address": {"line1": "1 Main St", "country": "US"}},
        expand=["latest_charge.balance_transaction"],
    )
    good = paid(sdk)
    endpoint = sdk.webhook_endpoints.create({"url": "https://example.com/hook", "enabled_events": ["*"]})
    token = sdk.tokens.create({"card": CARD["card"]})
    with pytest.raises(stripe.CardError):
        paid(sdk, "pm_card_visa_chargeDeclined")
    objects = {
        "customer": customer,
        "payment_intent": good,
        "declined": sdk.payment_intents.list({"limit": 1}).data[0],
        "challenged": paid(sdk, "pm_card_authenticationRequired"),
        "charge": intent.latest_charge,
        "balance_transaction": intent.latest_charge.balance_transaction,
        "payment_method": sdk.payment_methods.create(CARD),
        "token": token,
        "refund": sdk.refunds.create({"payment_intent": good.id}),
        "dispute": sdk.disputes.list().data[0],
        "event": sdk.events.list().data[0],
        "webhook_endpoint": endpoint,
        "card": token.card,
    }
    return {name: each.to_dict() for name, each in objects.items()}


CLASSES = {
    "customer": stripe.Customer,
    "payment_intent": stripe.PaymentIntent,
    "declined": stripe.PaymentIntent,
    "challenged": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "balance_transaction": stripe.BalanceTransaction,
    "payment_method": stripe.PaymentMethod,
    "token": stripe.Token,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "webhook_endpoint": stripe.WebhookEndpoint,
    "card": stripe.Card,
}


def test_every_object_has_the_fields_that_the_sdk_knows(shown):
    found = [line for name, document in shown.items() for line in complaints(document, CLASSES[name], name)]

    assert "\n".join(found) == ""


def test_the_sdk_makes_them_what_they_are(sdk):
    intent = paid(sdk, expand=["latest_charge", "payment_method"])

    assert isinstance(intent, stripe.PaymentIntent)
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert isinstance(intent.payment_method, stripe.PaymentMethod)
