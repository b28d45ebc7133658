"""A card while it passes through: looked at, handed to the processor, and never kept.

Nothing here prints, copies or pickles a number or a security code. What may be kept of a card are its `CardFacts`.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn, SupportsIndex

from pydantic import SecretStr


@dataclass(frozen=True, repr=False)
class Card:
    """What the buyer typed. It lives as long as the request that brought it."""

    number: SecretStr
    exp_month: int
    exp_year: int
    cvc: SecretStr | None = None
    name: str = ""

    def __repr__(self) -> str:
        return "<Card>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a card is never written down: it cannot be pickled or copied")


@dataclass(frozen=True)
class CardFacts:
    """What may be known of a card after it is gone. Equal numbers have equal fingerprints, which tell nothing else."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    funding: str
    fingerprint: str


@dataclass(frozen=True)
class Flaw:
    """Why no bank would look at a card: a code and a sentence in Stripe's words, and the field they are about."""

    code: str
    message: str
    field: str


INCORRECT_NUMBER = Flaw("incorrect_number", "Your card number is incorrect.", "number")
INVALID_MONTH = Flaw("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
INVALID_YEAR = Flaw("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
INVALID_CVC = Flaw("invalid_cvc", "Your card's security code is invalid.", "cvc")


@dataclass(frozen=True)
class _Brand:
    name: str
    beginning: str  # a regular expression
    lengths: range | tuple[int, ...]
    cvc_lengths: tuple[int, ...] = (3,)


_BRANDS = (
    _Brand("visa", "4", (13, 16, 19)),
    _Brand("mastercard", "5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
    _Brand("amex", "3[47]", (15,), cvc_lengths=(3, 4)),
    _Brand("discover", "6011|64[4-9]|65", range(16, 20)),
    _Brand("diners", "30[0-5]|3095|36|3[89]", range(14, 20)),
    _Brand("jcb", "352[89]|35[3-8]", range(16, 20)),
    _Brand("unionpay", "62|81", range(16, 20)),
)
_DIGITS = re.compile("(?<![0-9+])[0-9]+(?:[ .-][0-9]+)*")  # in groups, as people write them; no telephone's


def brand_of(number: str) -> str:
    """Return the brand a number belongs to by its beginning and length, or "" if it is none we know."""
    brand = _find_brand(number)
    return brand.name if brand else ""


def without_numbers(text: str) -> str:
    """Return what somebody wrote without cards' numbers, nor digits that stand next to one: it may be kept."""
    return _DIGITS.sub(lambda found: "…" if _holds_a_number(found[0]) else found[0], text)


def without_numbers_in(value: Any) -> Any:
    """The same of everything that a JSON value holds, wherever it stands in it."""
    match value:
        case str():
            return without_numbers(value)
        case dict():
            return {without_numbers(name): without_numbers_in(child) for name, child in value.items()}
        case list():
            return [without_numbers_in(child) for child in value]
        case int() | float() if _holds_a_number(f"{value:.0f}"):
            return without_numbers(f"{value:.0f}")
    return value


def _holds_a_number(digits: str) -> bool:
    groups = re.findall("[0-9]+", digits)
    spans = ("".join(groups[begin:end]) for begin in range(len(groups)) for end in range(begin + 1, begin + 20))
    return any(13 <= len(span) <= 19 and brand_of(span) and passes_luhn(span) for span in spans)


def passes_luhn(number: str) -> bool:
    """Whether the last digit is the one the others ask for."""
    if not _is_digits(number):
        return False
    doubled = "0246813579"  # twice a digit, its own digits added
    return sum(int(doubled[int(d)] if i % 2 else d) for i, d in enumerate(reversed(number))) % 10 == 0


def flaw_of(card: Card, *, today: date) -> Flaw | None:
    """Return the first thing wrong with the card itself; whether its bank will pay is another question.

    A card is good until the end of its month.
    """
    brand = _find_brand(card.number.get_secret_value())
    if brand is None or not passes_luhn(card.number.get_secret_value()):
        return INCORRECT_NUMBER
    if not 1 <= card.exp_month <= 12:
        return INVALID_MONTH
    if not today.year <= card.exp_year <= 9999:
        return INVALID_YEAR
    if (card.exp_year, card.exp_month) < (today.year, today.month):
        return INVALID_MONTH
    if card.cvc is not None and not _is_code(card.cvc.get_secret_value(), brand.cvc_lengths):
        return INVALID_CVC
    return None


def _find_brand(number: str) -> _Brand | None:
    if not _is_digits(number):
        return None
    return next((b for b in _BRANDS if re.match(b.beginning, number) and len(number) in b.lengths), None)


def _is_code(text: str, lengths: tuple[int, ...]) -> bool:
    return _is_digits(text) and len(text) in lengths


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()
