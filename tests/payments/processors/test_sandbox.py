"""Every card of stripe.md §2, through the processor. The expectations are written out here, not read from the data."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from payments.money import Money
from payments.processors.base import Declined, NoSuchCredential, Outcome, RequiresAction, Succeeded
from payments.processors.sandbox import SandboxProcessor
from payments.sandbox import operations
from payments.sandbox.keys import KeyReused
from payments.sandbox.models import Charge, KeyedRequest, PaymentIntent, PaymentMethod
from tests.payments.factories import card

pytestmark = pytest.mark.django_db

SUCCEED = [
    # number, names, brand, funding, country, last4
    ("4242424242424242", "visa us", "visa", "credit", "US", "4242"),
    ("4000056655665556", "visa_debit", "visa", "debit", "US", "5556"),
    ("5555555555554444", "mastercard", "mastercard", "credit", "US", "4444"),
    ("2223003122003222", "", "mastercard", "credit", "US", "3222"),
    ("5200828282828210", "mastercard_debit", "mastercard", "debit", "US", "8210"),
    ("5105105105105100", "mastercard_prepaid", "mastercard", "prepaid", "US", "5100"),
    ("378282246310005", "amex amex_threeDSecureNotSupported", "amex", "credit", "US", "0005"),
    ("371449635398431", "", "amex", "credit", "US", "8431"),
    ("6011111111111117", "discover", "discover", "credit", "US", "1117"),
    ("6011000990139424", "", "discover", "credit", "US", "9424"),
    ("6011981111111113", "", "discover", "debit", "US", "1113"),
    ("3056930009020004", "diners", "diners", "credit", "US", "0004"),
    ("36227206271667", "", "diners", "credit", "US", "1667"),
    ("6555900000604105", "", "discover", "credit", "US", "4105"),
    ("3566002020360505", "jcb", "jcb", "credit", "JP", "0505"),
    ("6200000000000005", "unionpay", "unionpay", "credit", "CN", "0005"),
    ("6200000000000047", "", "unionpay", "debit", "CN", "0047"),
    ("6205500000000000004", "", "unionpay", "credit", "CN", "0004"),
    ("4000000000000077", "bypassPending", "visa", "credit", "US", "0077"),
    ("4000003720000278", "bypassPendingInternational", "visa", "credit", "IE", "0278"),
    # countries, a few of many
    ("4000008260000000", "gb", "visa", "credit", "GB", "0000"),
    ("4000002760000016", "de", "visa", "credit", "DE", "0016"),
    ("4000002500000003", "fr", "visa", "credit", "FR", "0003"),
    ("4000001240000000", "ca", "visa", "credit", "CA", "0000"),
    ("4000003920000003", "jp", "visa", "credit", "JP", "0003"),
    ("4000000360000006", "au", "visa", "credit", "AU", "0006"),
    ("4000000760000002", "br", "visa", "credit", "BR", "0002"),
    ("5200007840000022", "ae_mastercard", "mastercard", "credit", "AE", "0022"),
    ("4000058260000005", "gb_debit", "visa", "debit", "GB", "0005"),
    ("4000057640000008", "th_debit", "visa", "debit", "TH", "0008"),
    # risk and checks: nothing is refused by default
    ("4000000000004954", "riskLevelHighest", "visa", "credit", "US", "4954"),
    ("4000000000009235", "riskLevelElevated", "visa", "credit", "US", "9235"),
    ("4000000000000101", "cvcCheckFail", "visa", "credit", "US", "0101"),
    ("4000000000000036", "avsZipFail", "visa", "credit", "US", "0036"),
    ("4000000000000028", "avsLine1Fail", "visa", "credit", "US", "0028"),
    ("4000000000000010", "avsFail", "visa", "credit", "US", "0010"),
    ("4000000000000044", "avsUnchecked", "visa", "credit", "US", "0044"),
    # 3D Secure that nobody asks for
    ("4000000000003055", "threeDSecureOptional", "visa", "credit", "US", "3055"),
    ("4000000000003097", "threeDSecureOptionalProcessingError", "visa", "credit", "US", "3097"),
    # disputes and refunds: the charge succeeds first
    ("4000000000000259", "createDispute", "visa", "credit", "US", "0259"),
    ("4000000000002685", "createDisputeProductNotReceived", "visa", "credit", "US", "2685"),
    ("4000000000001976", "createDisputeInquiry", "visa", "credit", "US", "1976"),
    ("4000000000005423", "createIssuerFraudRecord", "visa", "credit", "US", "5423"),
    ("4000000404000079", "createMultipleDisputes", "visa", "credit", "US", "0079"),
    ("4000000000007726", "pendingRefund", "visa", "credit", "US", "7726"),
    ("4000000000005126", "refundFail", "visa", "credit", "US", "5126"),
    # in no table, but somebody's
    ("4111111111111111", "", "visa", "credit", "US", "1111"),
]

NO = "Your card was declined."
VELOCITY = "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
BROKEN = "An error occurred while processing your card. Try again in a little bit."
DECLINE = [
    # number, names, code, decline code, message, our code
    ("4000000000000002", "visa_chargeDeclined chargeDeclined", "card_declined", "generic_decline", NO, "card_declined"),
    (
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds chargeDeclinedInsufficientFunds insufficient_funds",
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
        "insufficient_funds",
    ),
    (
        "4000000000009987",
        "visa_chargeDeclinedLostCard chargeDeclinedLostCard",
        "card_declined",
        "lost_card",
        NO,
        "card_declined",
    ),
    (
        "4000000000009979",
        "visa_chargeDeclinedStolenCard chargeDeclinedStolenCard",
        "card_declined",
        "stolen_card",
        NO,
        "card_declined",
    ),
    (
        "4000000000000069",
        "chargeDeclinedExpiredCard visa_chargeDeclinedExpiredCard",
        "expired_card",
        None,
        "Your card has expired.",
        "expired_card",
    ),
    (
        "4000000000000127",
        "chargeDeclinedIncorrectCvc visa_chargeDeclinedIncorrectCvc",
        "incorrect_cvc",
        None,
        "Your card's security code is incorrect.",
        "incorrect_cvc",
    ),
    (
        "4000000000000119",
        "chargeDeclinedProcessingError visa_chargeDeclinedProcessingError",
        "processing_error",
        None,
        BROKEN,
        "processing_error",
    ),
    (
        "4000000000006975",
        "visa_chargeDeclinedVelocityLimitExceeded",
        "card_declined",
        "card_velocity_exceeded",
        VELOCITY,
        "limit_exceeded",
    ),
    (
        "4000000000000341",
        "chargeCustomerFail visa_chargeCustomerFail",
        "card_declined",
        "generic_decline",
        NO,
        "card_declined",
    ),
    ("4100000000000019", "radarBlock chargeDeclinedFraudulent", "card_declined", "fraudulent", NO, "card_declined"),
    (
        "4000008400001280",
        "threeDSecureRequiredProcessingError",
        "card_declined",
        "generic_decline",
        NO,
        "card_declined",
    ),
]

CHALLENGE = [
    ("4000002500003155", "authenticationRequiredOnSetup"),
    ("4000002760003184", "authenticationRequired"),
    ("4000003800000446", "authenticationRequiredSetupForOffSession"),
    ("4000008260003178", "authenticationRequiredChargeDeclinedInsufficientFunds"),
    ("4000000000003220", "threeDSecure2Required"),
    ("4000008400000027", ""),
    ("4000008400001629", "threeDSecureRequiredChargeDeclined"),
]


def each_name(rows):
    """(number, expectations…) for every row, and (credential, expectations…) for its two kinds of name."""
    return [
        (card_or_name, *expected)
        for number, names, *expected in rows
        for card_or_name in [number, *(f"{kind}_{name}" for name in names.split() for kind in ("pm_card", "tok"))]
    ]


@pytest.fixture
def door() -> SandboxProcessor:
    return SandboxProcessor()


def announced(door: SandboxProcessor) -> str:
    return door.create(amount=Money(4_299, "usd"), key="create", metadata={})


def charged(door: SandboxProcessor, card_or_name: str) -> Outcome:
    """Charge a number, by way of storing it, or a name."""
    credential = card_or_name
    if card_or_name.isdigit():
        cvc = "1234" if len(card_or_name) == 15 else "123"
        credential = door.store_card(card(card_or_name, cvc=cvc), key="store").id
    return door.confirm(announced(door), credential=credential, key="confirm")


@pytest.mark.parametrize(("card_or_name", "brand", "funding", "country", "last4"), each_name(SUCCEED))
def test_a_good_card_pays(door, card_or_name, brand, funding, country, last4):
    outcome = charged(door, card_or_name)

    method = PaymentMethod.objects.get()
    assert outcome == Succeeded(Charge.objects.get(status="succeeded", amount=4_299).pk)
    assert (method.brand, method.funding, method.country, method.last4) == (brand, funding, country, last4)


@pytest.mark.parametrize(("card_or_name", "code", "decline_code", "message", "ours"), each_name(DECLINE))
def test_a_bad_card_is_declined_at_the_charge(door, card_or_name, code, decline_code, message, ours):
    outcome = charged(door, card_or_name)

    assert isinstance(outcome, Declined)
    assert outcome.code == ours
    intent, failed = PaymentIntent.objects.get(), Charge.objects.get()
    assert (failed.status, failed.failure_code, failed.failure_message) == ("failed", code, message)
    assert (intent.status, intent.payment_method, intent.latest_charge) == ("requires_payment_method", None, failed)
    assert intent.last_payment_error == {
        "type": "card_error",
        "code": code,
        "decline_code": decline_code,
        "message": message,
        "charge": failed.pk,
    }


@pytest.mark.parametrize("card_or_name", [name for name, *_ in each_name(CHALLENGE)])
def test_a_cautious_bank_asks_the_buyer(door, card_or_name):
    outcome = charged(door, card_or_name)

    intent = PaymentIntent.objects.get()
    assert isinstance(outcome, RequiresAction)
    assert intent.status == "requires_action"
    assert intent.next_action == {
        "type": "redirect_to_url",
        "redirect_to_url": {"url": outcome.url, "return_url": "http://127.0.0.1:8000/payments/return"},
    }
    assert not Charge.objects.exists()


class TestTokens:
    @pytest.fixture
    def token(self, door):
        method = PaymentMethod.objects.get(pk=door.store_card(card(), key="store").id)
        return operations.create_token(payment_method=method).pk

    def test_can_be_used_once(self, door, token):
        assert isinstance(door.confirm(announced(door), credential=token, key="k"), Succeeded)
        another = door.create(amount=Money(100, "usd"), key="another", metadata={})

        with pytest.raises(NoSuchCredential, match="more than once"):
            door.confirm(another, credential=token, key="other")

    def test_can_be_asked_about_again_under_the_same_key(self, door, token):
        intent = announced(door)
        first = door.confirm(intent, credential=token, key="k")

        assert door.confirm(intent, credential=token, key="k") == first

    def test_the_names_of_test_cards_are_never_used_up(self, door):
        for key in ("a", "b"):
            intent = door.create(amount=Money(100, "usd"), key=key, metadata={})
            assert isinstance(door.confirm(intent, credential="tok_visa", key=f"{key}:confirm"), Succeeded)


class TestKeys:
    def test_a_security_code_is_no_part_of_what_is_compared(self, door):
        assert door.store_card(card(cvc="123"), key="k") == door.store_card(card(cvc="456"), key="k")

    def test_a_key_that_comes_back_with_another_request_is_a_mistake(self, door):
        door.create(amount=Money(100, "usd"), key="k", metadata={})

        with pytest.raises(KeyReused):
            door.create(amount=Money(200, "usd"), key="k", metadata={})

        assert PaymentIntent.objects.count() == 1

    def test_a_refused_request_may_come_again_with_its_key(self, door):
        intent = announced(door)
        with pytest.raises(NoSuchCredential):
            door.confirm(intent, credential="pm_nobody", key="k")

        assert isinstance(door.confirm(intent, credential="pm_card_visa", key="k"), Succeeded)

    def test_the_answer_is_the_first_one_whatever_has_become_of_the_intent(self, door):
        intent = announced(door)
        first = door.confirm(intent, credential="pm_card_chargeDeclined", key="k")
        door.confirm(intent, credential="pm_card_visa", key="another")

        assert door.confirm(intent, credential="pm_card_chargeDeclined", key="k") == first
        assert isinstance(door.retrieve(intent), Succeeded)


def test_it_works_in_transactions_of_its_own(door):
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        announced(door)

    assert not KeyedRequest.objects.exists()


def test_an_intent_that_nobody_announced_is_not_paid(door):
    with pytest.raises(operations.InvalidRequest, match="No such payment_intent: 'pi_nobody'"):
        door.confirm("pi_nobody", credential="pm_card_visa", key="k")


def test_it_takes_no_part_in_a_real_shop(settings):
    settings.SANDBOX = False

    with pytest.raises(ImproperlyConfigured):
        SandboxProcessor()
