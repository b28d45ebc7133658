"""An order's life in people's words, oldest first: what its page tells the buyer, and the admin tells staff."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from checkout.models import Adjustment, Fulfillment, History
from payments.models import Refund
from payments.money import Money
from payments.status import RefundState

HAPPENED = {
    "processing": "Being prepared",
    "shipped": "Shipped",
    "in_transit": "On its way",
    "out_for_delivery": "Out for delivery",
    "ready_for_pickup": "Ready to be picked up",
    "delivered": "Delivered",
    "failed_attempt": "Nobody was there to take it",
    "returned_to_sender": "Came back to us",
    "canceled": "Not sent",
    "undeliverable": "Could not be delivered",
}
REFUNDED = {RefundState.SUCCEEDED: "refunded", RefundState.FAILED: "could not be refunded"}


@dataclass(frozen=True)
class Moment:
    at: datetime
    title: str
    note: str = ""
    url: str = ""  # of the note


def moments(history: History) -> list[Moment]:
    """Everything that happened."""
    order = history.order
    placed = [Moment(order.created_at, "Placed")]
    if order.payment and order.payment.settled_at:
        placed.append(Moment(order.payment.settled_at, "Paid", str(Money(order.total_amount, order.currency))))
    titles = {line.id: line.title for line in history.lines}
    later = [moment for fulfillment in history.fulfillments for moment in _parcel(fulfillment, titles)]
    later += [_taken_back(adjustment, titles) for adjustment in history.adjustments if adjustment.refund_id is None]
    later += [_refund(refund) for refund in history.refunds]
    later += [Moment(each.created_at, "Disputed", f"{each.money}, {each.status}") for each in history.disputes]
    return placed + sorted(later, key=lambda moment: moment.at)


def goods(quantities: dict[str, int], titles: dict[str, str]) -> str:
    return ", ".join(f"{quantity} × {titles[line]}" for line, quantity in quantities.items())


def _parcel(fulfillment: Fulfillment, titles: dict[str, str]) -> Iterator[Moment]:
    name = " ".join(filter(None, [fulfillment.carrier, fulfillment.tracking_number]))
    contents = goods(fulfillment.quantities, titles)
    for number, event in enumerate(fulfillment.happened):
        said = [event.description, event.location, contents if not number or event.type == "delivered" else "", name]
        url = fulfillment.tracking_url or fulfillment.access_url
        yield Moment(event.occurred_at, HAPPENED[event.type], " · ".join(filter(None, said)), url)


def _taken_back(adjustment: Adjustment, titles: dict[str, str]) -> Moment:
    title = "Returned" if adjustment.type == Adjustment.Type.RETURN else "Canceled"
    note = " · ".join(filter(None, [goods(adjustment.quantities, titles), adjustment.description]))
    return Moment(adjustment.occurred_at, title, note)


def _refund(refund: Refund) -> Moment:
    words = REFUNDED.get(RefundState(refund.state), "on its way back")
    return Moment(refund.settled_at or refund.created_at, "Refund", f"{refund.money} {words}")
