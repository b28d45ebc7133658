"""What is agreed on (`sessions`), and what becomes of it (`orders`)."""

from collections.abc import Sequence
from dataclasses import dataclass

from checkout.models.orders import Adjustment, AdjustmentLine, Fulfillment, FulfillmentEvent, FulfillmentLine, Order
from checkout.models.sessions import CheckoutSession, LineItem, SessionBusy, SessionNotOpen
from checkout.progress import Quantity
from payments.models import Dispute, Refund

__all__ = [
    "Adjustment",
    "AdjustmentLine",
    "Checkout",
    "CheckoutSession",
    "Fulfillment",
    "FulfillmentEvent",
    "FulfillmentLine",
    "History",
    "LineItem",
    "Order",
    "SessionBusy",
    "SessionNotOpen",
]


@dataclass(frozen=True)
class History:
    """An order with all that became of it, oldest first, and how many of each line (by its id) stand where."""

    order: Order
    lines: Sequence[LineItem]
    quantities: dict[str, Quantity]
    fulfillments: Sequence[Fulfillment] = ()
    adjustments: Sequence[Adjustment] = ()
    refunds: Sequence[Refund] = ()
    disputes: Sequence[Dispute] = ()


@dataclass(frozen=True)
class Checkout:
    """A session with all that belongs to it, as operations return it."""

    session: CheckoutSession
    lines: Sequence[LineItem]
    history: History | None = None

    @property
    def order(self) -> Order | None:
        return self.history.order if self.history else None
