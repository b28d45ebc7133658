"""How a session can be delivered: which options exist, and which are chosen. Pure: no database, no clock.

Physical lines are shipped together, digital lines are delivered at once. What the agent asked for wins if it exists;
otherwise the cheapest option of each kind is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.shipping import ShippingQuote
from checkout import messages, pricing

DIGITAL_OPTION_ID = "digital_delivery"
OFFERED = ("shipping", "digital")  # the protocol knows pickup and local delivery too


@dataclass(frozen=True)
class Option:
    """A way to deliver the lines of one kind. Amounts are minor units."""

    type: str  # "shipping" or "digital"
    id: str
    title: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    carrier: str = ""
    earliest: str = ""  # RFC 3339
    latest: str = ""
    amount: int = 0
    tax: int = 0

    def answers_to(self, option_id: str) -> bool:
        return option_id == self.id or option_id in self.aliases

    def as_wire(self) -> dict[str, Any]:
        """The newest version's FulfillmentOption."""
        wire: dict[str, Any] = {
            "type": self.type,
            "id": self.id,
            "title": self.title,
            "totals": [
                pricing.total("subtotal", self.amount),
                pricing.total("tax", self.tax),
                pricing.total("total", self.amount + self.tax),
            ],
        }
        optional = {
            "description": self.description,
            "carrier": self.carrier,
            "earliest_delivery_time": self.earliest,
            "latest_delivery_time": self.latest,
        }
        return wire | {name: value for name, value in optional.items() if value}


def digital_option() -> Option:
    return Option(
        type="digital", id=DIGITAL_OPTION_ID, title="Digital delivery", description="Available as soon as it is paid"
    )


def shipping_option(quote: ShippingQuote, *, tax: int) -> Option:
    return Option(
        type="shipping",
        id=quote.id,
        aliases=quote.aliases,
        title=quote.title,
        description=quote.description,
        carrier=quote.carrier,
        earliest=quote.earliest.isoformat(timespec="seconds").replace("+00:00", "Z"),
        latest=quote.latest.isoformat(timespec="seconds").replace("+00:00", "Z"),
        amount=quote.amount,
        tax=tax,
    )


@dataclass(frozen=True)
class Choice:
    """One option for each kind of goods in the session, and what was wrong with what the agent asked for."""

    options: Sequence[Option]
    problems: Sequence[messages.Message]

    @property
    def amount(self) -> int:
        return sum(option.amount for option in self.options)

    @property
    def tax(self) -> int:
        return sum(option.tax for option in self.options)


def choose(options: Sequence[Option], requested: Sequence[dict[str, Any]]) -> Choice:
    """Choose one option of each type; `requested` holds the agent's SelectedFulfillmentOptions.

    A request for a type that cannot be delivered yet (no address) waits without complaint.
    """
    problems = []
    chosen: dict[str, Option] = {}
    for option in sorted(options, key=lambda option: option.amount):
        chosen.setdefault(option.type, option)
    for index, wish in enumerate(requested):
        offered = [option for option in options if option.type == wish["type"]]
        match = next((option for option in offered if option.answers_to(wish["option_id"])), None)
        if match:
            chosen[match.type] = match
        elif offered or wish["type"] not in OFFERED:
            problems.append(messages.option_invalid(index, wish["option_id"]))
    types = dict.fromkeys(option.type for option in options)  # in the order they are offered: shipping first
    return Choice(options=[chosen[type] for type in types], problems=problems)


def selection(option: Option, line_item_ids: Sequence[str]) -> dict[str, Any]:
    """The newest version's SelectedFulfillmentOption."""
    return {"type": option.type, "option_id": option.id, "item_ids": list(line_item_ids)}
