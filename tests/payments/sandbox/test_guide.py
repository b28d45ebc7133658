"""What is said of each test card."""

import pytest

from payments.sandbox.cards import CARDS, card_numbered
from payments.sandbox.guide import what_it_does


@pytest.mark.parametrize(
    "number, told",
    [
        ("4242424242424242", "Pays"),
        ("4000000000000077", "Pays; the money is there at once"),
        ("4000000000000002", "Is declined: generic decline"),
        ("4000000000000341", "Is declined: generic decline (it can be kept for a customer)"),
        ("4000000000000069", "Is declined: expired card"),
        ("4100000000000019", "Is declined: fraudulent"),
        ("4000000000000101", "Pays; its security code does not match"),
        ("4000000000000010", "Pays; its address does not match; its postal code does not match"),
        ("4000000000000044", "Pays; its address is not checked"),
        ("4000000000009235", "Pays; its risk is elevated"),
        ("4000000000003220", "Asks the buyer first; pays if they approve"),
        ("4000002500003155", "Asks the buyer first, unless it was set up for later; pays if they approve"),
        ("4000008400001629", "Asks the buyer first; is declined all the same: generic decline"),
        ("4000000000000259", "Pays; the buyer says later that it was not them"),
        ("4000000000007726", "Pays; a refund takes a while"),
        ("4000000000005126", "Pays; a refund fails"),
    ],
)
def test_a_card_is_told_by_what_it_does(number, told):
    assert what_it_does(card_numbered(number)) == told


def test_every_card_does_something():
    assert all(what_it_does(card) for card in CARDS)
