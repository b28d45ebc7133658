"""Lines, discounts, delivery and tax become totals that add up. Amounts are integers in minor units.

A line: subtotal = items_base_amount − items_discount; total = subtotal + tax.
A session: total = subtotal − discount + fulfillment + tax + fee.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Total = dict[str, Any]

DISPLAY_TEXTS = {
    "items_base_amount": "Item(s) total",
    "items_discount": "Item discounts",
    "subtotal": "Subtotal",
    "discount": "Discount",
    "fulfillment": "Delivery",
    "tax": "Tax",
    "fee": "Fees",
    "total": "Total",
    "amount_refunded": "Refunded",
}


def total(type: str, amount: int, description: str = "") -> Total:
    """One entry of a `totals` array."""
    entry: Total = {"type": type, "display_text": DISPLAY_TEXTS[type], "amount": amount}
    return entry | ({"description": description} if description else {})


@dataclass(frozen=True)
class LineAmounts:
    base: int
    discount: int
    tax: int

    @property
    def subtotal(self) -> int:
        return self.base - self.discount

    def totals(self) -> list[Total]:
        return [
            total("items_base_amount", self.base),
            total("items_discount", self.discount),
            total("subtotal", self.subtotal),
            total("tax", self.tax),
            total("total", self.subtotal + self.tax),
        ]


@dataclass(frozen=True)
class SessionAmounts:
    """Everything a session's total is made of. `tax` covers goods and delivery."""

    lines: Sequence[LineAmounts]
    discount: int = 0
    discount_name: str = ""
    fulfillment: int = 0
    fulfillment_tax: int = 0
    fee: int = 0
    fee_name: str = ""

    @property
    def subtotal(self) -> int:
        return sum(line.subtotal for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines) + self.fulfillment_tax

    @property
    def total(self) -> int:
        return self.subtotal - self.discount + self.fulfillment + self.tax + self.fee

    def totals(self) -> list[Total]:
        """All of them, always, in the order a receipt shows them."""
        return [
            total("items_base_amount", sum(line.base for line in self.lines)),
            total("items_discount", sum(line.discount for line in self.lines)),
            total("subtotal", self.subtotal),
            total("discount", self.discount, self.discount_name),
            total("fulfillment", self.fulfillment),
            total("tax", self.tax),
            total("fee", self.fee, self.fee_name),
            total("total", self.total),
        ]
