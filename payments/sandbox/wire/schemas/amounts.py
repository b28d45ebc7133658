"""How much may be charged, and in which currency."""

from typing import Annotated

from pydantic import AfterValidator

from payments.money import DECIMALS, Money
from payments.sandbox.wire.errors import BadParameter
from payments.sandbox.wire.parameters import Integer, Text, wrong

# The least that may be charged, in minor units; about half a dollar
MINIMUMS = {
    "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400,
    "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200,
    "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
MOST = 99_999_999


def _amount(amount: int) -> int:
    if amount < 1:
        raise wrong("This value must be greater than or equal to 1.", "parameter_invalid_integer")
    if amount > MOST:
        raise wrong(f"Amount must be no more than {MOST} minor units.", "amount_too_large")
    return amount


def _currency(value: str) -> str:
    currency = value.lower()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise wrong("Invalid currency: it must be a three-letter ISO code.")
    return currency


Amount = Annotated[Integer, AfterValidator(_amount)]
Currency = Annotated[Text, AfterValidator(_currency)]


def check_minimum(amount: int, currency: str) -> None:
    """:raises BadParameter: if `amount` is less than may be charged."""
    least = MINIMUMS.get(currency, 1 if DECIMALS.get(currency) == 0 else 50)
    if amount < least:
        raise BadParameter(
            f"Amount must be at least {Money(least, currency)} {currency}", code="amount_too_small", param="amount"
        )
