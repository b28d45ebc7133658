"""Goods reach the buyer: planned, sent, under way, delivered. Each step is added to the order's history and told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from agents.errors import ApiError, NotFound
from checkout.models import Fulfillment, FulfillmentEvent, FulfillmentLine, History, LineItem, Order
from checkout.operations._history import history_of, lock_order
from checkout.operations._news import tell_change
from checkout.progress import HAPPENS, OVER

Happening = FulfillmentEvent.Type


class OrderNotOpen(ApiError):
    """The order's state does not allow this."""

    status = 409
    code = "order_not_open"


class QuantityNotAvailable(ApiError):
    """Fewer than that are left, or there is no such line."""

    code = "invalid_quantity"


class NotPossible(ApiError):
    """This cannot happen to such a fulfillment, or not any more."""

    status = 409
    code = "fulfillment_not_open"


@dataclass(frozen=True)
class Tracking:
    """What a carrier, or a download, says of a fulfillment. Empty: nothing."""

    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    earliest_at: datetime | None = None
    latest_at: datetime | None = None
    access_url: str = ""
    license_key: str = ""
    access_expires_at: datetime | None = None
    description: str = ""


def ship_order(
    *,
    order_id: str,
    quantities: Mapping[str, int] | None = None,
    tracking: Tracking | None = None,
    occurred_at: datetime | None = None,
) -> Fulfillment:
    """Send a parcel with `quantities` (units by line id), or with all that is still to be sent.

    :raises NotFound: if there is no such order.
    :raises OrderNotOpen: if somebody must still look at its payment, or nothing is left to send.
    :raises QuantityNotAvailable: if more is to be sent than is left.
    """
    return begin_fulfillment(
        order_id=order_id,
        type=Fulfillment.Type.SHIPPING,
        quantities=quantities,
        tracking=tracking,
        happened=[Happening.SHIPPED],
        occurred_at=occurred_at,
    )


def deliver_digitally(
    *, order_id: str, quantities: Mapping[str, int] | None = None, tracking: Tracking | None = None
) -> Fulfillment:
    """Give the buyer access to `quantities`, or to all digital goods that are left.

    :raises NotFound, OrderNotOpen, QuantityNotAvailable: as `ship_order`.
    """
    return begin_fulfillment(
        order_id=order_id,
        type=Fulfillment.Type.DIGITAL,
        quantities=quantities,
        tracking=tracking,
        happened=[Happening.PROCESSING, Happening.DELIVERED],
    )


def begin_fulfillment(
    *,
    order_id: str,
    type: str,
    quantities: Mapping[str, int] | None = None,
    tracking: Tracking | None = None,
    happened: Iterable[str] = (),
    occurred_at: datetime | None = None,
) -> Fulfillment:
    """Make a fulfillment of `type`, to which `happened` has happened; nothing yet is a plan, such as a backorder.

    :raises NotFound, OrderNotOpen, QuantityNotAvailable: as `ship_order`.
    """
    with transaction.atomic(durable=True):
        order = lock_order(order_id)
        history = history_of(order)
        if order.is_held:
            raise OrderNotOpen("This order is held until somebody has looked at its payment")
        contents = open_quantities(history, type) if quantities is None else dict(quantities)
        if not contents:
            raise OrderNotOpen("Nothing of this order is left to be sent in this way")
        require(history, contents, "open")
        fulfillment = _write(order, type, contents, tracking or Tracking())
        for each in happened:
            _happen(fulfillment, each, occurred_at)
        tell_change(order)
    return fulfillment


def record_fulfillment_event(
    *,
    fulfillment_id: str,
    type: str,
    occurred_at: datetime | None = None,
    description: str = "",
    location: str = "",
) -> FulfillmentEvent:
    """Add what happened to a parcel (`delivered`, `in_transit` …) to its history.

    :raises NotFound: if there is no such fulfillment.
    :raises NotPossible: if this does not happen to its type, or it has ended.
    """
    found = Fulfillment.objects.filter(id=fulfillment_id).first()
    if found is None:
        raise NotFound("There is no such fulfillment", code="fulfillment_not_found")
    with transaction.atomic(durable=True):
        order = lock_order(found.order_id)
        if type not in HAPPENS[found.type]:
            raise NotPossible(f"'{type}' does not happen to a {found.type} fulfillment")
        if found.status in OVER:
            raise NotPossible(f"This fulfillment is {found.status}: nothing happens to it any more")
        event = _happen(found, type, occurred_at, description=description, location=location)
        tell_change(order)
    return event


def mark_delivered(*, order_id: str) -> int:
    """Every parcel of an order that was sent has arrived; return how many were still under way.

    :raises NotFound: if there is no such order.
    """
    with transaction.atomic(durable=True):
        order = lock_order(order_id)
        under_way = [each for each in history_of(order).fulfillments if each.status not in OVER | {"pending"}]
        for fulfillment in under_way:
            _happen(fulfillment, Happening.DELIVERED)
        if under_way:
            tell_change(order)
    return len(under_way)


def release_order(*, order_id: str) -> None:
    """Somebody looked at a held order's payment, and it is fine.

    :raises NotFound: if there is no such order.
    """
    with transaction.atomic(durable=True):
        order = lock_order(order_id)
        if order.is_held:
            order.release()
            tell_change(order)


def open_quantities(history: History, type: str = "") -> dict[str, int]:
    """What is still to be sent, of the lines that go in such a fulfillment, or of all."""
    return {
        line.id: history.quantities[line.id].open
        for line in history.lines
        if history.quantities[line.id].open > 0 and (not type or _goes_in(line, type))
    }


def require(history: History, contents: Mapping[str, int], what: str) -> None:
    """:raises QuantityNotAvailable: if not that many of each line are `open` or `returnable`."""
    for line, quantity in contents.items():
        left = getattr(history.quantities[line], what) if line in history.quantities else None
        if left is None:
            raise QuantityNotAvailable(f"This order has no line '{line}'", param="$.line_items")
        if not 1 <= quantity <= left:
            raise QuantityNotAvailable(f"Of the line '{line}' there are {left}, not {quantity}", param="$.line_items")


def cancel_plans(history: History) -> None:
    """Give up every fulfillment that has not left us; in the caller's transaction."""
    for fulfillment in history.fulfillments:
        if fulfillment.status in ("pending", "processing", "ready_for_pickup"):
            _happen(fulfillment, Happening.CANCELED)


def _goes_in(line: LineItem, type: str) -> bool:
    return line.product.is_digital == (type == Fulfillment.Type.DIGITAL)


def _write(order: Order, type: str, contents: Mapping[str, int], tracking: Tracking) -> Fulfillment:
    address = (order.session.fulfillment_details or {}).get("address")
    fulfillment = Fulfillment.objects.create(
        order=order,
        type=type,
        destination=address if type == Fulfillment.Type.SHIPPING else None,
        **vars(tracking),
    )
    FulfillmentLine.objects.bulk_create(
        FulfillmentLine(fulfillment=fulfillment, line_id=line, quantity=quantity) for line, quantity in contents.items()
    )
    return fulfillment


def _happen(
    fulfillment: Fulfillment,
    type: str,
    occurred_at: datetime | None = None,
    *,
    description: str = "",
    location: str = "",
) -> FulfillmentEvent:
    return FulfillmentEvent.objects.create(
        fulfillment=fulfillment,
        type=type,
        occurred_at=occurred_at or timezone.now(),
        description=description,
        location=location,
    )
