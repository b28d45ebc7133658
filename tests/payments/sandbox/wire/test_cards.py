"""The tables of stripe.md §2, as a developer meets them: a number is typed, and Stripe's SDK says what came of it."""

import pytest
import stripe

from tests.payments.sandbox.conftest import paid

pytestmark = pytest.mark.django_db(transaction=True)

NO = "Your card was declined."
DECLINED = [
    ("4000000000000002", "card_declined", "generic_decline", NO),
    ("4000000000009995", "card_declined", "insufficient_funds", "Your card has insufficient funds."),
    ("4000000000009987", "card_declined", "lost_card", NO),
    ("4000000000009979", "card_declined", "stolen_card", NO),
    ("4000000000000069", "expired_card", None, "Your card has expired."),
    ("4000000000000127", "incorrect_cvc", None, "Your card's security code is incorrect."),
    (
        "4000000000000119",
        "processing_error",
        None,
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    (
        "4000000000006975",
        "card_declined",
        "card_velocity_exceeded",
        "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    ),
    ("4000000000000341", "card_declined", "generic_decline", NO),
    ("4100000000000019", "card_declined", "fraudulent", NO),
]


def typed(sdk, number: str, **more) -> stripe.PaymentIntent:
    cvc = "1234" if len(number) == 15 else "123"
    card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": cvc}
    return paid(sdk, None, payment_method_data={"type": "card", "card": card}, **more)


@pytest.mark.parametrize(
    ("number", "brand", "funding"),
    [
        ("4242424242424242", "visa", "credit"),
        ("4000056655665556", "visa", "debit"),
        ("2223003122003222", "mastercard", "credit"),
        ("5105105105105100", "mastercard", "prepaid"),
        ("378282246310005", "amex", "credit"),
        ("6011981111111113", "discover", "debit"),
        ("36227206271667", "diners", "credit"),
        ("3566002020360505", "jcb", "credit"),
        ("6205500000000000004", "unionpay", "credit"),
    ],
)
def test_good_cards_pay(sdk, number, brand, funding):
    charge = typed(sdk, number, expand=["latest_charge"]).latest_charge

    card = charge.payment_method_details.card
    assert (card.brand, card.funding, card.last4) == (brand, funding, number[-4:])
    assert charge.outcome.type == "authorized"


@pytest.mark.parametrize(("number", "code", "decline_code", "message"), DECLINED)
def test_bad_cards_are_declined(sdk, number, code, decline_code, message):
    with pytest.raises(stripe.CardError) as declined:
        typed(sdk, number)

    error = declined.value.error
    assert (error.code, error.decline_code, error.message) == (code, decline_code, message)
    assert sdk.charges.retrieve(error.charge).failure_message == message


@pytest.mark.parametrize(
    ("number", "level"),
    [("4000000000004954", "highest"), ("4000000000009235", "elevated"), ("4242424242424242", "normal")],
)
def test_risk_is_shown(sdk, number, level):
    assert typed(sdk, number, expand=["latest_charge"]).latest_charge.outcome.risk_level == level


def test_a_blocked_card_never_reaches_the_bank(sdk):
    with pytest.raises(stripe.CardError) as declined:
        typed(sdk, "4100000000000019")

    outcome = sdk.charges.retrieve(declined.value.error.charge).outcome
    assert (outcome.type, outcome.network_status) == ("blocked", "not_sent_to_network")


@pytest.mark.parametrize(
    ("number", "check", "result"),
    [
        ("4000000000000101", "cvc_check", "fail"),
        ("4000000000000036", "address_postal_code_check", "fail"),
        ("4000000000000028", "address_line1_check", "fail"),
        ("4000000000000044", "address_line1_check", "unavailable"),
    ],
)
def test_banks_check_what_they_are_told(sdk, number, check, result):
    card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    address = {"line1": "1 Main St", "postal_code": "10001"}
    told = sdk.payment_methods.create({"type": "card", "card": card, "billing_details": {"address": address}})
    card.pop("cvc")
    untold = sdk.payment_methods.create({"type": "card", "card": card})

    assert told.card.checks[check] == result
    assert set(untold.card.checks.to_dict().values()) == {None}


def test_money_may_be_there_at_once(sdk):
    expand = ["latest_charge.balance_transaction"]

    assert typed(sdk, "4000000000000077", expand=expand).latest_charge.balance_transaction.status == "available"
    assert typed(sdk, "4242424242424242", expand=expand).latest_charge.balance_transaction.status == "pending"
