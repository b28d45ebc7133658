import pytest
import stripe
from django.urls import get_resolver

from payments.sandbox.accounts import TILL, account_of
from payments.sandbox.wire.base import StripeViewSet
from tests.payments.sandbox.conftest import CARD, Wire, basic, paid


def test_a_key_is_an_account():
    assert account_of("sk_test_till") == account_of("pk_test_till") == TILL
    assert account_of("sk_test_other") != TILL
    assert account_of("sk_live_till") is account_of("sk_test_") is account_of("api_key_123") is None


@pytest.mark.parametrize("header", ["Bearer sk_test_till", "bearer sk_test_till", basic("sk_test_till")])
def test_a_secret_key_opens_everything(db, header):
    assert Wire(None).get("/v1/customers", Authorization=header).status_code == 200


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "You did not provide an API key"),
        ("Bearer ", "You did not provide an API key"),
        ("Basic !!!", "You did not provide an API key"),
        ("Digest abc", "You did not provide an API key"),
        ("Bearer sk_live_51H8xLongAndSecret", "Invalid API Key provided: sk_live_********cret"),
        ("Bearer nonsense", "Invalid API Key provided: ********"),
    ],
)
def test_without_one_nobody_is_known(db, header, message):
    response = Wire(None).get("/v1/customers", **({"Authorization": header} if header else {}))

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Basic realm="Stripe"'
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert message in response.json()["error"]["message"]


@pytest.mark.django_db(transaction=True)
class TestWithTheSdk:
    def test_an_unknown_key_is_an_authentication_error(self, connect):
        with pytest.raises(stripe.AuthenticationError) as refused:
            connect("nonsense").v1.customers.list()

        assert refused.value.request_id.startswith("req_")

    def test_a_browsers_key_opens_little(self, connect):
        browser = connect("pk_test_till").v1

        with pytest.raises(stripe.PermissionError) as refused:
            browser.customers.create()
        assert refused.value.error.code == "secret_key_required"
        assert browser.tokens.create({"card": CARD["card"]}).id.startswith("tok_")


ADDRESSES = [
    ("get", "/v1/customers/{customer}"),
    ("post", "/v1/customers/{customer}"),
    ("delete", "/v1/customers/{customer}"),
    ("get", "/v1/customers/{customer}/payment_methods"),
    ("get", "/v1/customers/{customer}/payment_methods/{payment_method}"),
    ("get", "/v1/payment_methods/{payment_method}"),
    ("post", "/v1/payment_methods/{payment_method}"),
    ("post", "/v1/payment_methods/{payment_method}/attach?customer"),
    ("post", "/v1/payment_methods/{payment_method}/detach"),
    ("get", "/v1/tokens/{token}"),
    ("get", "/v1/payment_intents/{payment_intent}"),
    ("post", "/v1/payment_intents/{payment_intent}"),
    ("post", "/v1/payment_intents/{payment_intent}/confirm"),
    ("post", "/v1/payment_intents/{payment_intent}/capture"),
    ("post", "/v1/payment_intents/{payment_intent}/cancel"),
    ("get", "/v1/charges/{charge}"),
    ("get", "/v1/charges/{charge}/refunds"),
    ("get", "/v1/refunds/{refund}"),
    ("post", "/v1/refunds/{refund}"),
    ("get", "/v1/disputes/{dispute}"),
    ("post", "/v1/disputes/{dispute}"),
    ("post", "/v1/disputes/{dispute}/close"),
    ("get", "/v1/events/{event}"),
    ("get", "/v1/webhook_endpoints/{webhook_endpoint}"),
    ("post", "/v1/webhook_endpoints/{webhook_endpoint}"),
    ("delete", "/v1/webhook_endpoints/{webhook_endpoint}"),
]
LISTS = [
    "customers",
    "payment_methods",
    "payment_intents",
    "charges",
    "refunds",
    "disputes",
    "events",
    "webhook_endpoints",
]


@pytest.fixture
def ids(sdk) -> dict[str, str]:
    """One of everything, of the demo account."""
    customer = sdk.customers.create({"payment_method": "pm_card_visa"})
    intent = paid(sdk, "pm_card_createDisputeInquiry")
    return {
        "customer": customer.id,
        "payment_method": sdk.customers.payment_methods.list(customer.id).data[0].id,
        "token": sdk.tokens.create({"card": CARD["card"]}).id,
        "payment_intent": intent.id,
        "charge": intent.latest_charge,
        "refund": sdk.refunds.create({"payment_intent": intent.id, "amount": 1}).id,
        "dispute": sdk.disputes.list().data[0].id,
        "event": sdk.events.list().data[0].id,
        "webhook_endpoint": sdk.webhook_endpoints.create({"url": "http://a.example/", "enabled_events": ["*"]}).id,
    }


@pytest.mark.django_db(transaction=True)
def test_another_accounts_objects_do_not_exist(ids, stranger):
    wire = Wire("sk_test_somebody_else")
    for method, address in ADDRESSES:
        path, _, needs_customer = address.format(**ids).partition("?")
        body = {"body": f"customer={stranger.customers.create().id}"} if needs_customer else {}

        response = getattr(wire, method)(path, **body)

        assert response.status_code == 404, (method, path, response.content)
        assert response.json()["error"]["code"] == "resource_missing"


@pytest.mark.django_db(transaction=True)
def test_another_accounts_objects_are_not_listed(ids):
    for name in LISTS:
        assert Wire("sk_test_yet_another").get(f"/v1/{name}").json()["data"] == []
        assert Wire("sk_test_till").get(f"/v1/{name}").json()["data"] != []


@pytest.mark.django_db(transaction=True)
def test_another_accounts_objects_cannot_be_named(ids, stranger):
    for body in (
        {"payment_method": ids["payment_method"]},
        {"payment_method": ids["token"]},
        {"customer": ids["customer"]},
    ):
        with pytest.raises(stripe.InvalidRequestError, match="No such"):
            paid(stranger, **{"payment_method": "pm_card_visa", **body})
    for body in ({"payment_intent": ids["payment_intent"]}, {"charge": ids["charge"]}):
        with pytest.raises(stripe.InvalidRequestError, match="No such"):
            stranger.refunds.create(body)


def test_every_address_of_one_object_is_looked_at_above():
    routes = {
        (method, str(pattern.pattern))
        for resolver in get_resolver().url_patterns
        for pattern in getattr(resolver, "url_patterns", [])
        if issubclass(getattr(pattern.callback, "cls", object), StripeViewSet)
        and pattern.callback.cls.__module__.startswith("payments.sandbox.wire.views")
        for method in pattern.callback.actions
        if "<str:id>" in str(pattern.pattern) and method != "head"
    }

    assert len(routes) == len(ADDRESSES)
