import pytest
import stripe

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer(sdk) -> stripe.Customer:
    return sdk.customers.create({"email": "ada@example.com", "name": "Ada", "metadata": {"plan": "gold", "7": "seven"}})


def test_a_customer_is_remembered(sdk, customer):
    found = sdk.customers.retrieve(customer.id)

    assert customer.id.startswith("cus_")
    assert (found.email, found.name, found.description) == ("ada@example.com", "Ada", None)
    assert found.metadata.to_dict() == {"plan": "gold", "7": "seven"}


def test_an_update_changes_what_it_names(sdk, customer):
    updated = sdk.customers.update(
        customer.id, {"description": "A regular", "name": "", "metadata": {"plan": "", "since": "2026"}}
    )

    assert (updated.email, updated.name, updated.description) == ("ada@example.com", None, "A regular")
    assert updated.metadata.to_dict() == {"7": "seven", "since": "2026"}


def test_empty_metadata_takes_all_of_it_away(sdk, customer):
    assert sdk.customers.update(customer.id, {"metadata": ""}).metadata.to_dict() == {}


def test_an_address_is_shown_line_by_line(sdk):
    customer = sdk.customers.create({"address": {"line1": "1 Main St", "country": "US"}})

    assert customer.address.to_dict() == {
        "city": None,
        "country": "US",
        "line1": "1 Main St",
        "line2": None,
        "postal_code": None,
        "state": None,
    }


def test_a_card_comes_with_a_customer(sdk):
    customer = sdk.customers.create(
        {"payment_method": "pm_card_visa", "invoice_settings": {"default_payment_method": "pm_card_visa"}}
    )

    (method,) = sdk.customers.payment_methods.list(customer.id).data
    assert customer.invoice_settings.default_payment_method == method.id
    assert sdk.customers.payment_methods.retrieve(customer.id, method.id).card.last4 == "4242"


def test_a_default_card_is_the_customers_own(sdk, customer):
    method = sdk.payment_methods.attach("pm_card_mastercard", {"customer": customer.id})

    updated = sdk.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.customers.update(customer.id, {"invoice_settings": {"default_payment_method": "pm_nobodys"}})

    assert updated.invoice_settings.default_payment_method == method.id
    assert refused.value.param == "invoice_settings[default_payment_method]"


def test_a_deleted_customer_is_only_a_stub(sdk, customer):
    method = sdk.payment_methods.attach("pm_card_visa", {"customer": customer.id})

    deleted = sdk.customers.delete(customer.id)

    assert (deleted.id, deleted.deleted) == (customer.id, True)
    assert sdk.customers.retrieve(customer.id).deleted is True
    assert sdk.customers.list().data == []
    assert sdk.payment_methods.retrieve(method.id).customer is None
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.customers.update(customer.id, {"name": "Ada"})
    assert refused.value.http_status == 404


def test_customers_are_found_by_email(sdk, customer):
    sdk.customers.create({"email": "bob@example.com"})

    assert [each.id for each in sdk.customers.list({"email": "ada@example.com"}).data] == [customer.id]


def test_what_happens_is_told(sdk, customer):
    sdk.customers.update(customer.id, {"name": "Ada L."})
    sdk.customers.delete(customer.id)

    deleted, updated, created = sdk.events.list({"types": ["customer.*"]}).data
    assert [event.type for event in (created, updated, deleted)] == [
        "customer.created",
        "customer.updated",
        "customer.deleted",
    ]
    assert updated.data.previous_attributes.to_dict() == {"name": "Ada"}
    assert deleted.data.object.name == "Ada L."
