import pytest
import stripe

from payments.sandbox.models import PaymentMethod
from tests.payments.sandbox.conftest import CARD, paid

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer(sdk) -> stripe.Customer:
    return sdk.customers.create({"email": "ada@example.com"})


class TestCreate:
    def test_a_typed_card_is_stored(self, sdk):
        method = sdk.payment_methods.create(
            {**CARD, "billing_details": {"name": "Ada", "address": {"line1": "1 Main St", "postal_code": "10001"}}}
        )

        assert (method.type, method.card.brand, method.card.last4, method.card.country) == (
            "card",
            "visa",
            "4242",
            "US",
        )
        assert (method.card.exp_month, method.card.exp_year) == (8, 2034)
        assert method.billing_details.name == "Ada"
        assert method.card.checks.to_dict() == {
            "address_line1_check": "pass",
            "address_postal_code_check": "pass",
            "cvc_check": "pass",
        }

    def test_a_token_becomes_a_payment_method(self, sdk):
        token = sdk.tokens.create({"card": CARD["card"]})

        method = sdk.payment_methods.create({"type": "card", "card": {"token": token.id}})

        assert method.card.fingerprint == token.card.fingerprint
        assert sdk.tokens.retrieve(token.id).used is True
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_methods.create({"type": "card", "card": {"token": token.id}})
        assert (refused.value.code, refused.value.param) == ("token_already_used", "card[token]")

    @pytest.mark.parametrize(
        ("changes", "code", "param"),
        [
            ({"number": "4242424242424241"}, "incorrect_number", "number"),
            ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
            ({"exp_year": 2001}, "invalid_expiry_year", "exp_year"),
            ({"cvc": "99"}, "invalid_cvc", "cvc"),
        ],
    )
    def test_bad_data_is_a_card_error(self, sdk, changes, code, param):
        with pytest.raises(stripe.CardError) as refused:
            sdk.payment_methods.create({"type": "card", "card": CARD["card"] | changes})

        assert (refused.value.http_status, refused.value.code, refused.value.param) == (402, code, param)

    @pytest.mark.parametrize(
        ("body", "param"),
        [
            ({"card": CARD["card"]}, "type"),
            ({"type": "card"}, "card"),
            ({"type": "card", "card": {"exp_month": 1, "exp_year": 2034}}, "card[number]"),
        ],
    )
    def test_what_is_missing_is_named(self, sdk, body, param):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_methods.create(body)

        assert (refused.value.code, refused.value.param) == ("parameter_missing", param)

    def test_a_year_may_be_short(self, sdk):
        assert (
            sdk.payment_methods.create({"type": "card", "card": CARD["card"] | {"exp_year": 34}}).card.exp_year == 2034
        )

    def test_other_kinds_are_not_known(self, sdk):
        with pytest.raises(stripe.InvalidRequestError, match="must be card"):
            sdk.payment_methods.create({"type": "klarna"})

    def test_the_number_and_the_code_are_not_kept(self, sdk):
        sdk.payment_methods.create(CARD)

        row = PaymentMethod.objects.values().get()
        assert "4242424242424242" not in str(row)
        assert "314" not in {str(value) for value in row.values()}


class TestAttach:
    def test_a_card_is_kept_and_charged_again(self, sdk, customer):
        method = sdk.payment_methods.create(CARD)

        attached = sdk.payment_methods.attach(method.id, {"customer": customer.id})

        assert attached.customer == customer.id
        assert paid(sdk, method.id, customer=customer.id).status == "succeeded"
        assert paid(sdk, method.id, customer=customer.id).status == "succeeded"

    def test_the_name_of_a_test_card_attaches_a_new_one(self, sdk, customer):
        method = sdk.payment_methods.attach("pm_card_visa", {"customer": customer.id})

        assert method.id != "pm_card_visa"
        assert [each.id for each in sdk.customers.payment_methods.list(customer.id, {"type": "card"}).data] == [
            method.id
        ]
        assert [each.id for each in sdk.payment_methods.list({"customer": customer.id}).data] == [method.id]

    @pytest.mark.parametrize(
        ("name", "code", "decline_code"),
        [
            ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
            ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
            ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
            ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
            ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
        ],
    )
    def test_a_card_that_is_declined_is_not_kept(self, sdk, customer, name, code, decline_code):
        with pytest.raises(stripe.CardError) as refused:
            sdk.payment_methods.attach(name, {"customer": customer.id})

        assert refused.value.code == code
        assert refused.value.error.decline_code == decline_code
        assert sdk.customers.payment_methods.list(customer.id).data == []

    def test_a_card_that_fails_later_is_kept(self, sdk, customer):
        method = sdk.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})

        with pytest.raises(stripe.CardError):
            paid(sdk, method.id, customer=customer.id)

    def test_a_card_belongs_to_one_customer(self, sdk, customer):
        other = sdk.customers.create()
        method = sdk.payment_methods.attach("pm_card_visa", {"customer": customer.id})

        with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
            sdk.payment_methods.attach(method.id, {"customer": other.id})
        with pytest.raises(stripe.InvalidRequestError, match="belongs to a customer"):
            paid(sdk, method.id)

    @pytest.mark.parametrize(("customer_id", "method_id"), [("cus_nobody", "pm_card_visa"), (None, "pm_nobody")])
    def test_both_must_exist(self, sdk, customer, customer_id, method_id):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.payment_methods.attach(method_id, {"customer": customer_id or customer.id})

        assert refused.value.code == "resource_missing"
        assert refused.value.http_status == (400 if customer_id else 404)


class TestDetach:
    def test_a_detached_card_is_of_no_use(self, sdk, customer):
        method = sdk.payment_methods.attach("pm_card_visa", {"customer": customer.id})
        sdk.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})

        detached = sdk.payment_methods.detach(method.id)

        assert detached.customer is None
        assert sdk.customers.retrieve(customer.id).invoice_settings.default_payment_method is None
        with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
            paid(sdk, method.id)
        with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
            sdk.payment_methods.attach(method.id, {"customer": customer.id})
        assert [event.type for event in sdk.events.list({"type": "payment_method.*"}).data] == [
            "payment_method.detached",
            "payment_method.attached",
        ]

    def test_only_what_is_attached_can_be(self, sdk):
        with pytest.raises(stripe.InvalidRequestError, match="not attached to a customer"):
            sdk.payment_methods.detach(sdk.payment_methods.create(CARD).id)


def test_a_payment_method_can_be_described_anew(sdk):
    method = sdk.payment_methods.create({**CARD, "billing_details": {"name": "Ada", "email": "ada@example.com"}})

    updated = sdk.payment_methods.update(
        method.id, {"billing_details": {"name": "Ada L."}, "card": {"exp_year": 2035}, "metadata": {"a": "b"}}
    )

    assert (updated.billing_details.name, updated.billing_details.email) == ("Ada L.", "ada@example.com")
    assert (updated.card.exp_year, updated.metadata.to_dict()) == (2035, {"a": "b"})


class TestTokens:
    def test_a_browser_makes_them_with_its_own_key(self, connect, sdk):
        browser = connect("pk_test_till").v1
        token = browser.tokens.create({"card": {**CARD["card"], "name": "Ada", "address_zip": "10001"}})

        intent = paid(
            sdk, None, payment_method_data={"type": "card", "card": {"token": token.id}}, expand=["payment_method"]
        )

        assert (token.type, token.card.name, token.card.brand) == ("card", "Ada", "Visa")
        assert intent.payment_method.billing_details.address.postal_code == "10001"

    def test_a_browser_makes_payment_methods_too(self, connect, sdk):
        method = connect("pk_test_till").v1.payment_methods.create(CARD)

        assert paid(sdk, method.id).status == "succeeded"

    def test_a_token_can_be_charged_by_its_name(self, sdk):
        token = sdk.tokens.create({"card": CARD["card"]})

        assert paid(sdk, token.id).status == "succeeded"


def test_a_null_changes_nothing(wire):
    """JSON can say null where a form would say nothing."""
    card = "type=card&card[number]=4242424242424242&card[exp_month]=8&card[exp_year]=2034"
    made = wire.post("/v1/payment_methods", card).json()

    answer = wire.post(f"/v1/payment_methods/{made['id']}", '{"card": {"exp_month": null}}', "application/json")

    assert (answer.status_code, answer.json()["card"]["exp_month"]) == (200, 8)
