"""What every processor promises. Another one joins by a line in DOORS."""

import pytest

from payments.money import Money
from payments.processors.base import (
    CardRefused,
    Declined,
    NoSuchCredential,
    Processor,
    RequiresAction,
    Succeeded,
)
from payments.processors.sandbox import SandboxProcessor
from tests.payments.factories import card

pytestmark = pytest.mark.django_db

DOORS = {"sandbox": SandboxProcessor}


@pytest.fixture(params=DOORS)
def door(request) -> Processor:
    return DOORS[request.param]()


def announced(door: Processor, amount: int = 4_299, key: str = "create") -> str:
    return door.create(amount=Money(amount, "usd"), key=key, metadata={"payment": "pay_1"})


class TestStoreCard:
    def test_returns_a_credential_and_what_may_be_known(self, door):
        stored = door.store_card(card("5200828282828210", exp_month=3, exp_year=2031), key="k")

        facts = stored.facts
        assert stored.id.startswith("pm_")
        assert (facts.brand, facts.last4, facts.funding) == ("mastercard", "8210", "debit")
        assert (facts.exp_month, facts.exp_year) == (3, 2031)

    def test_the_credential_can_be_charged(self, door):
        stored = door.store_card(card(), key="k")

        outcome = door.confirm(announced(door), credential=stored.id, key="confirm")

        assert isinstance(outcome, Succeeded)

    def test_the_same_key_stores_one_card(self, door):
        assert door.store_card(card(), key="k") == door.store_card(card(), key="k")

    def test_another_key_stores_another(self, door):
        assert door.store_card(card(), key="k").id != door.store_card(card(), key="another").id

    def test_the_fingerprint_is_the_numbers(self, door):
        visa = door.store_card(card("4242424242424242", exp_year=2031), key="a").facts.fingerprint
        again = door.store_card(card("4242424242424242", exp_year=2034), key="b").facts.fingerprint
        other = door.store_card(card("4000056655665556"), key="c").facts.fingerprint

        assert visa == again != other

    @pytest.mark.parametrize("number", ["4000000000000002", "4000000000009995", "4000000000000069"])
    def test_a_card_that_will_be_declined_can_be_stored(self, door, number):
        stored = door.store_card(card(number), key="k")

        outcome = door.confirm(announced(door), credential=stored.id, key="confirm")

        assert isinstance(outcome, Declined)

    @pytest.mark.parametrize(
        ("changes", "code", "message", "field"),
        [
            ({"number": "4242424242424241"}, "incorrect_number", "Your card number is incorrect.", "number"),
            ({"exp_month": 13}, "invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month"),
            ({"exp_year": 1995}, "invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year"),
            ({"cvc": "99"}, "invalid_cvc", "Your card's security code is invalid.", "cvc"),
        ],
    )
    def test_bad_data_is_refused_where_it_is_wrong(self, door, changes, code, message, field):
        with pytest.raises(CardRefused) as refused:
            door.store_card(card(**changes), key="k")

        assert (refused.value.code, refused.value.message, refused.value.field) == (code, message, field)


class TestCreate:
    def test_decides_nothing(self, door):
        assert door.retrieve(announced(door)) is None

    def test_the_same_key_announces_one_payment(self, door):
        assert announced(door, key="k") == announced(door, key="k")

    def test_another_key_announces_another(self, door):
        assert announced(door, key="k") != announced(door, key="another")


class TestConfirm:
    def test_collects_the_money(self, door):
        payment = announced(door)

        outcome = door.confirm(payment, credential="pm_card_visa", key="k")

        assert isinstance(outcome, Succeeded)
        assert door.retrieve(payment) == outcome

    @pytest.mark.parametrize(
        "credential", ["pm_card_visa", "tok_visa", "pm_card_chargeDeclined", "pm_card_authenticationRequired"]
    )
    def test_the_same_key_gives_the_same_outcome(self, door, credential):
        payment = announced(door)

        first = door.confirm(payment, credential=credential, key="k")

        assert door.confirm(payment, credential=credential, key="k") == first

    def test_a_payment_is_not_paid_again_under_another_key(self, door):
        payment = announced(door)
        first = door.confirm(payment, credential="pm_card_visa", key="k")

        assert door.confirm(payment, credential="pm_card_visa", key="another") == first

    def test_a_decline_is_an_answer_that_stays(self, door):
        payment = announced(door)

        outcome = door.confirm(payment, credential="pm_card_visa_chargeDeclinedInsufficientFunds", key="k")

        assert isinstance(outcome, Declined)
        assert outcome.code == "insufficient_funds"
        assert door.retrieve(payment) == outcome

    def test_a_bank_may_want_the_buyer_to_approve(self, door):
        payment = announced(door)

        outcome = door.confirm(payment, credential="pm_card_authenticationRequired", key="k")

        assert isinstance(outcome, RequiresAction)
        assert outcome.url.startswith("http")
        assert door.retrieve(payment) == outcome

    @pytest.mark.parametrize("credential", ["pm_nobody", "tok_nobody", "nobody"])
    def test_a_credential_that_names_nothing_moves_nothing(self, door, credential):
        payment = announced(door)

        with pytest.raises(NoSuchCredential):
            door.confirm(payment, credential=credential, key="k")

        assert door.retrieve(payment) is None
