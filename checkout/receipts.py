"""A purchase in people's words: what the order's page tells the buyer, and the admin tells staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkout.adjustments import amount_pending, amount_refunded
from checkout.models import CheckoutSession
from payments.models import Refund
from payments.money import Money
from vault.models import VaultToken

ALWAYS = {"subtotal", "total"}
TAKEN_OFF = {"items_discount", "discount"}
BRANDS = {"amex": "American Express", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}


@dataclass(frozen=True)
class Row:
    """One line of the sum; what is taken off is negative."""

    type: str
    text: str
    note: str
    money: Money


@dataclass(frozen=True)
class Delivery:
    """One way in which goods of the session reach the buyer."""

    is_shipped: bool
    title: str
    description: str
    carrier: str
    earliest: datetime | None
    latest: datetime | None


@dataclass(frozen=True)
class Offer:
    """A way to ship the session's goods that the buyer may pick. The price is before tax."""

    id: str
    is_chosen: bool
    delivery: Delivery
    price: Money


def rows(session: CheckoutSession) -> list[Row]:
    """The sum from the goods to the total, without the rows that would only say zero."""
    amounts = {total["type"]: total["amount"] for total in session.totals}
    shown = ALWAYS | {type for type, amount in amounts.items() if amount}
    if not amounts.get("items_discount"):
        shown -= {"items_base_amount"}  # it is the subtotal
    if any(delivery.is_shipped for delivery in deliveries(session)):
        shown |= {"fulfillment"}  # that it costs nothing is worth saying
    return [_row(total, session.currency) for total in session.totals if total["type"] in shown]


def refunded(refunds: Sequence[Refund]) -> list[tuple[Money, str]]:
    """What was given back and what is on its way, each with the words for it; what failed is staff's to mend."""
    back, coming = amount_refunded(refunds), amount_pending(refunds)
    currency = refunds[0].money.currency if refunds else ""
    entries = [(back, "refunded to the card"), (coming, "on its way back to the card")]
    return [(Money(amount, currency), words) for amount, words in entries if amount]


def deliveries(session: CheckoutSession) -> list[Delivery]:
    """The options that were chosen, shipping first."""
    options = {option["id"]: option for option in session.fulfillment_options}
    chosen = [options[selected["option_id"]] for selected in session.selected_fulfillment_options]
    return [_delivery(option) for option in chosen]


def offers(session: CheckoutSession) -> list[Offer]:
    """The ways to ship, cheapest first; one of them is chosen."""
    chosen = {selected["option_id"] for selected in session.selected_fulfillment_options}
    shipping = [option for option in session.fulfillment_options if option["type"] == "shipping"]
    return [
        Offer(
            option["id"],
            option["id"] in chosen,
            _delivery(option),
            Money(amount_of(option, "subtotal"), session.currency),
        )
        for option in shipping
    ]


def amount_of(priced: dict[str, Any], type: str) -> int:
    """One of the amounts in `totals`, in minor units; none is nothing."""
    return next((total["amount"] for total in priced["totals"] if total["type"] == type), 0)


def address_lines(address: dict[str, Any] | None) -> list[str]:
    """As on an envelope."""
    if not address:
        return []
    region = " ".join(filter(None, [address["state"], address["postal_code"]]))
    lines = [address["name"], address.get("company"), address["line_one"], address.get("line_two")]
    return [line for line in [*lines, ", ".join(filter(None, [address["city"], region])), address["country"]] if line]


def buyer_name(session: CheckoutSession) -> str:
    buyer = session.buyer or {}
    parts = [buyer.get("first_name"), buyer.get("last_name")]
    return buyer.get("full_name") or " ".join(filter(None, parts))


def card(token: VaultToken) -> str:
    return f"{BRANDS.get(token.brand, token.brand.capitalize())} ending in {token.last4}"


def _row(total: dict[str, Any], currency: str) -> Row:
    amount = -total["amount"] if total["type"] in TAKEN_OFF else total["amount"]
    return Row(total["type"], total["display_text"], total.get("description", ""), Money(amount, currency))


def _delivery(option: dict[str, Any]) -> Delivery:
    return Delivery(
        is_shipped=option["type"] == "shipping",
        title=option["title"],
        description=option.get("description", ""),
        carrier=option.get("carrier", ""),
        earliest=_moment(option.get("earliest_delivery_time")),
        latest=_moment(option.get("latest_delivery_time")),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
