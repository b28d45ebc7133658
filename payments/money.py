"""Money is a whole number of minor units in one currency, from the wire to the row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}
# ISO 4217 currencies whose minor unit is not a hundredth
DECIMALS = dict.fromkeys("bif clp djf gnf isk jpy kmf krw pyg rwf ugx uyi vnd vuv xaf xof xpf".split(), 0)
DECIMALS |= dict.fromkeys("bhd iqd jod kwd lyd omr tnd".split(), 3)


class CurrencyMismatch(ValueError):
    """Two amounts in different currencies were combined."""


class NotAnAmount(ValueError):
    """What a person typed is no amount of this currency."""


@dataclass(frozen=True)
class Money:
    """`amount` minor units (cents, yen …) of `currency`, a lowercase ISO 4217 code."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError("amount is a whole number of minor units")

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read what a person typed: `1999`, `1999.00`.

        :raises NotAnAmount: if it is anything else, or has more decimals than the currency.
        """
        decimals = DECIMALS.get(currency, 2)
        typed = re.fullmatch(r"([0-9]{1,15})(?:\.([0-9]+))?", text.strip())
        if typed is None or len(typed[2] or "") > decimals:
            raise NotAnAmount(f"Type a number with up to {decimals} decimals" if decimals else "Type a whole number")
        return cls(int(typed[1] + (typed[2] or "").ljust(decimals, "0")), currency)

    @property
    def plain(self) -> str:
        """As `parse` reads it: `1999.00`."""
        return self._number("")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.amount * quantity, self.currency)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __str__(self) -> str:
        """As a receipt shows it: `$1,999.00`, `¥500`, `12.50 CHF`."""
        number, symbol = self._number(","), SYMBOLS.get(self.currency)
        sign = "-" if self.amount < 0 else ""
        return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {self.currency.upper()}"

    def _number(self, separator: str) -> str:
        decimals = DECIMALS.get(self.currency, 2)
        whole, rest = divmod(abs(self.amount), 10**decimals)
        return f"{whole:{separator}}" + (f".{rest:0{decimals}}" if decimals else "")

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} is not {other.currency}")
        return other.amount


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` minor units in proportion to `weights`; the parts always add up to `amount`.

    Weights that are all zero share equally.
    """
    if not sum(weights):
        weights = [1] * len(weights)
    total, seen, given, parts = sum(weights), 0, 0, []
    for weight in weights:
        seen += weight
        due = amount * seen // total
        parts.append(due - given)
        given = due
    return parts
