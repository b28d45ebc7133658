import re
from collections import Counter

import pytest

from payments.cards import brand_of, passes_luhn
from payments.sandbox.behaviors import BEHAVIORS
from payments.sandbox.cards import CARDS, card_named, card_numbered


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.number)
def test_every_number_could_be_a_card(card):
    assert passes_luhn(card.number)
    assert brand_of(card.number) == card.brand
    assert re.fullmatch("[A-Z]{2}", card.country)
    assert card.funding in {"credit", "debit", "prepaid"}


def test_every_behavior_is_known_and_used():
    assert {card.behavior for card in CARDS} == set(BEHAVIORS)


def test_no_name_stands_for_two_cards():
    names = Counter(name for card in CARDS for name in card.names)

    assert [name for name, count in names.items() if count > 1] == []


def test_a_name_comes_as_payment_method_and_as_token():
    assert card_named("pm_card_visa") is card_named("tok_visa") is not None
    assert card_named("visa") is card_named("pm_card_nobody") is None


def test_a_number_in_no_table_pays_as_its_brand():
    card = card_numbered("4111111111111111")

    assert (card.brand, card.behavior, card.names) == ("visa", "succeeds", ())


@pytest.mark.parametrize(
    ("number", "behavior"), [("4000000000000341", "declined_after_attaching"), ("4100000000000019", "blocked")]
)
def test_a_number_with_several_names_behaves_as_its_first(number, behavior):
    assert card_numbered(number).behavior == behavior


@pytest.mark.parametrize(
    "country", ["us", "ca", "mx", "gb", "ie", "fr", "de", "nl", "es", "it", "jp", "sg", "in", "au"]
)
def test_countries_have_a_visa_card_of_their_own(country):
    card = card_named(f"pm_card_{country}")

    assert card is not None
    assert (card.country, card.brand) == (country.upper(), "visa")


def test_a_card_shows_no_number():
    assert "4242" not in repr(card_named("pm_card_visa"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pm_card_createDispute", {"dispute": "fraudulent"}),
        ("pm_card_createDisputeProductNotReceived", {"dispute": "product_not_received"}),
        ("pm_card_createDisputeInquiry", {"dispute": "inquiry"}),
        ("pm_card_createIssuerFraudRecord", {"dispute": "early_fraud_warning"}),
        ("pm_card_createMultipleDisputes", {"dispute": "many"}),
        ("pm_card_pendingRefund", {"refund_begins": "pending", "refund": "succeeded"}),
        ("pm_card_refundFail", {"refund_begins": "succeeded", "refund": "failed"}),
        ("pm_card_bypassPending", {"funds": "available"}),
        ("pm_card_riskLevelHighest", {"risk_level": "highest"}),
        ("pm_card_riskLevelElevated", {"risk_level": "elevated"}),
        ("pm_card_cvcCheckFail", {"cvc_check": "fail"}),
        ("pm_card_avsZipFail", {"postal_code_check": "fail", "line1_check": "pass"}),
        ("pm_card_avsLine1Fail", {"postal_code_check": "pass", "line1_check": "fail"}),
        ("pm_card_avsFail", {"postal_code_check": "fail", "line1_check": "fail"}),
        ("pm_card_avsUnchecked", {"postal_code_check": "unavailable", "line1_check": "unavailable"}),
        ("pm_card_chargeDeclined", {"attachable": False}),
        ("pm_card_chargeCustomerFail", {"attachable": True}),
    ],
)
def test_what_comes_after_the_charge_is_named(name, expected):
    card = card_named(name)

    assert card is not None
    behavior = BEHAVIORS[card.behavior]
    assert {field: getattr(behavior, field) for field in expected} == expected
