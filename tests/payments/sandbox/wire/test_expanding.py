import pytest
import stripe

from tests.payments.sandbox.conftest import Wire, paid

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def intent(sdk) -> stripe.PaymentIntent:
    customer = sdk.customers.create(
        {"payment_method": "pm_card_visa", "invoice_settings": {"default_payment_method": "pm_card_visa"}}
    )
    method = sdk.customers.payment_methods.list(customer.id).data[0]
    return paid(sdk, method.id, customer=customer.id)


def test_ids_are_shown_unless_objects_are_asked_for(sdk, intent):
    plain = sdk.payment_intents.retrieve(intent.id)
    full = sdk.payment_intents.retrieve(intent.id, {"expand": ["customer", "payment_method", "latest_charge"]})

    assert (plain.customer, plain.latest_charge) == (full.customer.id, full.latest_charge.id)
    assert full.payment_method.card.last4 == "4242"


def test_one_leads_to_another(sdk, intent):
    path = "latest_charge.payment_intent.customer.invoice_settings.default_payment_method"
    found = sdk.payment_intents.retrieve(
        intent.id, {"expand": ["latest_charge.balance_transaction.source", "latest_charge.payment_intent.customer"]}
    )

    assert found.latest_charge.balance_transaction.net == 4_299 - (125 + 30)
    assert found.latest_charge.balance_transaction.source.id == found.latest_charge.id
    assert found.latest_charge.payment_intent.customer.id == intent.customer
    with pytest.raises(stripe.InvalidRequestError, match="You cannot expand more than 4 levels"):
        sdk.payment_intents.retrieve(intent.id, {"expand": [path]})


def test_a_part_of_an_object_has_objects_too(sdk, intent):
    customer = sdk.customers.retrieve(intent.customer, {"expand": ["invoice_settings.default_payment_method"]})

    assert customer.invoice_settings.default_payment_method.card.brand == "visa"


def test_a_charge_has_its_refunds_if_they_are_asked_for(sdk, intent):
    refund = sdk.refunds.create({"payment_intent": intent.id, "amount": 5, "expand": ["charge.refunds"]})

    assert [each.id for each in refund.charge.refunds.data] == [refund.id]
    assert "refunds" not in sdk.charges.retrieve(intent.latest_charge).to_dict()


def test_in_a_list_every_object_is_expanded(sdk, intent):
    paid(sdk)

    page = sdk.payment_intents.list({"expand": ["data.customer", "data.latest_charge.payment_intent"]})

    assert [each.customer and each.customer.id for each in page.data] == [None, intent.customer]
    assert all(each.latest_charge.payment_intent.id == each.id for each in page.data)


def test_four_levels_below_data_are_allowed(sdk, intent):
    (charge,) = sdk.charges.list({"expand": ["data.payment_intent.latest_charge.payment_intent.latest_charge"]}).data

    assert charge.payment_intent.latest_charge.payment_intent.latest_charge.id == charge.id


def test_what_is_null_stays_null(sdk, intent):
    assert sdk.payment_intents.retrieve(intent.id, {"expand": ["review", "on_behalf_of"]}).review is None


@pytest.mark.parametrize("path", ["amount", "customer.email", "nothing", "data.customer", "latest_charge.", ""])
def test_not_everything_can_be(sdk, intent, path):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.payment_intents.retrieve(intent.id, {"expand": [path]})

    assert refused.value.http_status == 400


def test_a_deleted_customer_is_a_stub(sdk, intent):
    sdk.customers.delete(intent.customer)

    assert sdk.payment_intents.retrieve(intent.id, {"expand": ["customer"]}).customer.deleted is True


def test_a_long_list_takes_no_more_queries_than_a_short_one(sdk, django_assert_max_num_queries):
    for _ in range(12):
        paid(sdk)

    with django_assert_max_num_queries(8):
        Wire().get(
            "/v1/payment_intents?limit=12&expand[]=data.latest_charge.payment_intent&expand[]=data.payment_method"
        )


def test_a_refusal_to_expand_undoes_what_was_done(sdk):
    with pytest.raises(stripe.InvalidRequestError):
        sdk.customers.create({"expand": ["nothing"]})

    assert sdk.customers.list().data == []
