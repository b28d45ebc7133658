"""Stripe's test cards: number, brand, funding, country, names, and how the card behaves.

A name "visa" stands for both `pm_card_visa` and `tok_visa`. A number that is in no table, but that some brand could
have issued, pays. Numbers are here and nowhere else: a payment method keeps the name of the behavior.
"""

import re
from dataclasses import dataclass, field

from payments.cards import brand_of


@dataclass(frozen=True)
class TestCard:
    """One card of the network."""

    __test__ = False  # pytest: not a test

    number: str = field(repr=False)  # an unknown number is somebody's: it shows in no traceback
    brand: str
    names: tuple[str, ...] = ()
    behavior: str = "succeeds"
    funding: str = "credit"
    country: str = "US"


def _card(number: str, brand: str, names: str = "", behavior: str = "succeeds", **more: str) -> TestCard:
    return TestCard(number, brand, tuple(names.split()), behavior, **more)


_BY_BRAND = (
    _card("4242424242424242", "visa", "visa us"),
    _card("4000056655665556", "visa", "visa_debit", funding="debit"),
    _card("5555555555554444", "mastercard", "mastercard"),
    _card("2223003122003222", "mastercard"),
    _card("5200828282828210", "mastercard", "mastercard_debit", funding="debit"),
    _card("5105105105105100", "mastercard", "mastercard_prepaid", funding="prepaid"),
    _card("378282246310005", "amex", "amex amex_threeDSecureNotSupported"),
    _card("371449635398431", "amex"),
    _card("6011111111111117", "discover", "discover"),
    _card("6011000990139424", "discover"),
    _card("6011981111111113", "discover", funding="debit"),
    _card("3056930009020004", "diners", "diners"),
    _card("36227206271667", "diners"),
    _card("6555900000604105", "discover"),  # BCcard and DinaCard, which ride on Discover's network
    _card("3566002020360505", "jcb", "jcb", country="JP"),
    _card("6200000000000005", "unionpay", "unionpay", country="CN"),
    _card("6200000000000047", "unionpay", funding="debit", country="CN"),
    _card("6205500000000000004", "unionpay", country="CN"),
    _card("4000000000000077", "visa", "bypassPending", "bypasses_pending"),
    _card("4000003720000278", "visa", "bypassPendingInternational", "bypasses_pending", country="IE"),
)

_DECLINED = (
    _card("4000000000000002", "visa", "visa_chargeDeclined chargeDeclined", "declined"),
    _card(
        "4000000000009995",
        "visa",
        # The last name is not Stripe's: seed 002 uses it.
        "visa_chargeDeclinedInsufficientFunds chargeDeclinedInsufficientFunds insufficient_funds",
        "insufficient_funds",
    ),
    _card("4000000000009987", "visa", "visa_chargeDeclinedLostCard chargeDeclinedLostCard", "lost_card"),
    _card("4000000000009979", "visa", "visa_chargeDeclinedStolenCard chargeDeclinedStolenCard", "stolen_card"),
    _card("4000000000000069", "visa", "chargeDeclinedExpiredCard visa_chargeDeclinedExpiredCard", "expired_card"),
    _card("4000000000000127", "visa", "chargeDeclinedIncorrectCvc visa_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
    _card(
        "4000000000000119",
        "visa",
        "chargeDeclinedProcessingError visa_chargeDeclinedProcessingError",
        "processing_error",
    ),
    _card("4000000000006975", "visa", "visa_chargeDeclinedVelocityLimitExceeded", "velocity_exceeded"),
    _card("4000000000000341", "visa", "chargeCustomerFail visa_chargeCustomerFail", "declined_after_attaching"),
    _card("4000000000000341", "visa", "visa_chargeCustomerFailLostCard", "lost_after_attaching"),
    _card("4000000000000341", "visa", "visa_chargeCustomerFailStolenCard", "stolen_after_attaching"),
    _card(
        "4000000000009995",
        "visa",
        "visa_debit_chargeDeclinedInsufficientFunds",
        "insufficient_funds",
        funding="debit",
    ),
)

_WATCHED = (
    _card("4100000000000019", "visa", "radarBlock", "blocked"),
    _card("4100000000000019", "visa", "chargeDeclinedFraudulent visa_chargeDeclinedFraudulent", "fraudulent"),
    _card("4000000000004954", "visa", "riskLevelHighest", "highest_risk"),
    _card("4000000000009235", "visa", "riskLevelElevated", "elevated_risk"),
    _card("4000000000000101", "visa", "cvcCheckFail", "cvc_check_fails"),
    _card("4000000000000036", "visa", "avsZipFail", "postal_code_check_fails"),
    _card("4000000000000028", "visa", "avsLine1Fail", "line1_check_fails"),
    _card("4000000000000010", "visa", "avsFail", "address_checks_fail"),
    _card("4000000000000044", "visa", "avsUnchecked", "address_unchecked"),
)

_CHALLENGED = (
    _card("4000002500003155", "visa", "authenticationRequiredOnSetup", "challenged_unless_set_up", country="FR"),
    _card("4000002760003184", "visa", "authenticationRequired", "challenged", country="DE"),
    _card(
        "4000003800000446",
        "visa",
        "authenticationRequiredSetupForOffSession",
        "challenged_if_present",
        country="IT",
    ),
    _card(
        "4000008260003178",
        "visa",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "challenged_then_insufficient_funds",
        country="GB",
    ),
    _card("4000000000003220", "visa", "threeDSecure2Required", "challenged", country="IE"),
    _card("4000008400000027", "visa", "", "challenged"),
    _card("4000008400001629", "visa", "threeDSecureRequiredChargeDeclined", "challenged_then_declined"),
    _card("4000008400001280", "visa", "threeDSecureRequiredProcessingError", "challenge_breaks"),
    _card("4000000000003055", "visa", "threeDSecureOptional", "challenged_on_request"),
    _card("4000000000003097", "visa", "threeDSecureOptionalProcessingError", "challenged_on_request"),
)

_REGRETTED = (
    _card("4000000000000259", "visa", "createDispute", "disputed_as_fraudulent"),
    _card("4000000000002685", "visa", "createDisputeProductNotReceived", "disputed_as_not_received"),
    _card("4000000000001976", "visa", "createDisputeInquiry", "inquired"),
    _card("4000000000005423", "visa", "createIssuerFraudRecord", "warned_of_fraud"),
    _card("4000000404000079", "visa", "createMultipleDisputes", "disputed_many_times"),
    _card("4000000000007726", "visa", "pendingRefund", "refund_pending"),
    _card("4000000000005126", "visa", "refundFail", "refund_fails"),
)

# The visa card of each country; its name is the country's, in small letters.
_COUNTRIES = re.findall(
    r"([A-Z]{2}) (\d{16})",
    """
    AE 4000007840000001  AR 4000000320000021  AT 4000000400000008  AU 4000000360000006  BE 4000000560000004
    BG 4000001000000000  BR 4000000760000002  BY 4000001120000005  CA 4000001240000000  CH 4000007560000009
    CL 4000001520000001  CN 4000001560000002  CO 4000001700000003  CR 4000001880000005  CY 4000001960000008
    CZ 4000002030000002  DE 4000002760000016  DK 4000002080000001  EC 4000002180000000  EE 4000002330000009
    ES 4000007240000007  FI 4000002460000001  FR 4000002500000003  GB 4000008260000000  GI 4000002920000005
    GR 4000003000000030  HK 4000003440000004  HR 4000001910000009  HU 4000003480000005  IE 4000003720000005
    IN 4000003560000008  IT 4000003800000008  JP 4000003920000003  LI 4000004380000004  LT 4000004400000000
    LU 4000004420000006  LV 4000004280000005  MT 4000004700000007  MX 4000004840008001  MY 4000004580000002
    NL 4000005280000002  NO 4000005780000007  NZ 4000005540000008  PA 4000005910000000  PE 4000006040000068
    PL 4000006160000005  PT 4000006200000007  PY 4000006000000066  RO 4000006420000001  SA 4000006820000007
    SE 4000007520000008  SG 4000007020000003  SI 4000007050000006  SK 4000007030000001  TW 4000001580000008
    UY 4000008580000003
""",
)

_BY_COUNTRY = (
    *(TestCard(number, "visa", (country.lower(),), country=country) for country, number in _COUNTRIES),
    _card("5200007840000022", "mastercard", "ae_mastercard", country="AE"),
    _card("4000058260000005", "visa", "gb_debit", funding="debit", country="GB"),
    _card("5555558265554449", "mastercard", "gb_mastercard", country="GB"),
    _card("3530111333300000", "jcb", country="JP"),
    _card("4000007640000003", "visa", "th_credit", country="TH"),
    _card("4000057640000008", "visa", "th_debit", funding="debit", country="TH"),
)

GROUPS = {  # as people look for them; those of a country all pay
    "Pay": _BY_BRAND,
    "Are declined": _DECLINED,
    "Ask the buyer first (3D Secure)": _CHALLENGED,
    "Are looked at by fraud prevention": _WATCHED,
    "Are disputed, or refunded with difficulty": _REGRETTED,
}
CARDS = _BY_BRAND + _DECLINED + _WATCHED + _CHALLENGED + _REGRETTED + _BY_COUNTRY
_BY_NUMBER = {card.number: card for card in reversed(CARDS)}  # typed in, a number is the first card that has it
_BY_NAME = {f"{kind}_{name}": card for card in CARDS for name in card.names for kind in ("pm_card", "tok")}
_BY_NAME["pm_test_card"] = _BY_NUMBER["4242424242424242"]  # not Stripe's: seed 000 uses it


def card_numbered(number: str) -> TestCard:
    """Return the card with this number; any that is in no table pays."""
    return _BY_NUMBER.get(number) or TestCard(number, brand_of(number))


def card_named(name: str) -> TestCard | None:
    """Return the card that `pm_card_…` or `tok_…` is a name of, if it is one."""
    return _BY_NAME.get(name)
