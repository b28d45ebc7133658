"""How far an order has come: quantities, and the statuses that follow from them (RFC orders, §7.1). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import models


class OrderStatus(models.TextChoices):
    CONFIRMED = "confirmed"
    MANUAL_REVIEW = "manual_review"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CANCELED = "canceled"


# What an event makes of its fulfillment. After a failed attempt the parcel is with its carrier.
STATUS_AFTER = {
    "processing": "processing",
    "shipped": "shipped",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "ready_for_pickup": "ready_for_pickup",
    "delivered": "delivered",
    "failed_attempt": "in_transit",
    "returned_to_sender": "failed",
    "undeliverable": "failed",
    "canceled": "canceled",
}
WAITING = frozenset({"pending", "processing"})
ENDED_BADLY = frozenset({"failed", "canceled"})
PLANS = WAITING | {"ready_for_pickup"}  # the goods are still ours


OVER = ENDED_BADLY | {"delivered"}  # nothing happens to it any more

# What can happen to each type of fulfillment (statement 141).
HAPPENS = {
    "shipping": frozenset(STATUS_AFTER) - {"ready_for_pickup"},
    "pickup": frozenset({"processing", "ready_for_pickup", "delivered", "canceled", "undeliverable"}),
    "digital": frozenset({"processing", "delivered", "canceled", "undeliverable"}),
}


@dataclass(frozen=True)
class Part:
    """A fulfillment, as far as counting goes: its status, and how many of each line it holds."""

    status: str
    contents: Mapping[str, int]


@dataclass(frozen=True)
class Quantity:
    """How many of a line. `planned` is what a fulfillment holds that has not been handed over."""

    ordered: int
    canceled: int = 0
    returned: int = 0
    fulfilled: int = 0
    planned: int = 0

    @property
    def current(self) -> int:
        return self.ordered - self.canceled - self.returned

    @property
    def open(self) -> int:
        """What nobody has begun to send."""
        return self.ordered - self.canceled - self.fulfilled - self.planned

    @property
    def returnable(self) -> int:
        return self.fulfilled - self.returned

    @property
    def status(self) -> str:
        """The wire's word. A line that was returned in part has more fulfilled than is left of it."""
        if not self.current:
            return "removed"
        if self.fulfilled >= self.current:
            return "fulfilled"
        return "partial" if self.fulfilled else "processing"


def status_of(events: Sequence[str]) -> str:
    """The status of a fulfillment to which these happened, oldest first."""
    return STATUS_AFTER[events[-1]] if events else "pending"


def count(
    ordered: Mapping[str, int],
    parts: Iterable[Part],
    canceled: Iterable[Mapping[str, int]],
    returned: Iterable[Mapping[str, int]],
) -> dict[str, Quantity]:
    """How many of each line stand where. What came back was handed over, whatever is said of its parcel afterwards."""
    live = [part for part in parts if part.status not in ENDED_BADLY]
    handed_over = [part.contents for part in live if part.status not in PLANS]
    planned = [part.contents for part in live if part.status in PLANS]
    gone, back = list(canceled), list(returned)
    return {
        line: Quantity(
            ordered=number,
            canceled=_sum(gone, line),
            returned=_sum(back, line),
            fulfilled=max(_sum(handed_over, line), _sum(back, line)),
            planned=_sum(planned, line),
        )
        for line, number in ordered.items()
    }


def order_status(quantities: Iterable[Quantity], parts: Iterable[Part], *, is_held: bool) -> OrderStatus:
    """The status of an order."""
    left = [quantity for quantity in quantities if quantity.current]
    statuses = [part.status for part in parts if part.status not in ENDED_BADLY]
    if not left:
        return OrderStatus.CANCELED
    if is_held:
        return OrderStatus.MANUAL_REVIEW
    if all(quantity.status == "fulfilled" for quantity in left):
        is_over = all(status == "delivered" for status in statuses)
        return OrderStatus.COMPLETED if is_over else OrderStatus.SHIPPED
    return OrderStatus.PROCESSING if statuses else OrderStatus.CONFIRMED


def _sum(contents: Iterable[Mapping[str, int]], line: str) -> int:
    return sum(each.get(line, 0) for each in contents)
