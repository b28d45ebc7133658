"""What every processor promises about those who pay more than once."""

import pytest

from payments.money import Money
from payments.processors.base import CardRefused, NoSuchCredential, Succeeded
from payments.sandbox.models import Customer
from payments.sandbox.operations import create_payment_method
from tests.payments.factories import card
from tests.payments.processors.test_contract import announced, door  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(door):  # noqa: F811
    return door.create_customer(email="ada@example.com", name="Ada", key="ada")


def test_a_customer_is_made_once_per_key(door, ada):  # noqa: F811
    assert ada == door.create_customer(email="ada@example.com", name="Ada", key="ada")
    assert ada.startswith("cus_")
    assert Customer.objects.get().email == "ada@example.com"


def test_a_card_that_is_kept_pays_for_its_customer_and_nobody_else(door, ada):  # noqa: F811
    method = create_payment_method(card=card()).id
    for key in ("k", "k", "another"):
        door.attach_payment_method(method, customer=ada, key=key)

    theirs = door.create(amount=Money(1000, "usd"), key="theirs", metadata={"payment": "pay_1"}, customer=ada)
    assert isinstance(door.confirm(theirs, credential=method, key="c1"), Succeeded)
    assert Customer.objects.get().default_payment_method_id == method
    with pytest.raises(NoSuchCredential):
        door.confirm(announced(door), credential=method, key="c2")


def test_a_card_that_is_somebody_elses_or_nobodys_is_not_kept(door, ada):  # noqa: F811
    method = create_payment_method(card=card()).id
    door.attach_payment_method(method, customer=ada, key="k")
    bo = door.create_customer(email="bo@example.com", name="Bo", key="bo")

    for name in (method, "pm_nobodys"):
        with pytest.raises(NoSuchCredential):
            door.attach_payment_method(name, customer=bo, key=name)


def test_a_card_whose_bank_says_no_is_not_kept(door, ada):  # noqa: F811
    method = create_payment_method(card=card("4000000000000002")).id

    with pytest.raises(CardRefused):
        door.attach_payment_method(method, customer=ada, key="k")
