"""An order with all that became of it, in a number of queries that does not depend on how much that was."""

from collections.abc import Sequence

from agents.errors import NotFound
from agents.prepared import Prepared
from checkout.models import CheckoutSession, Fulfillment, History, LineItem, Order
from checkout.progress import Part, count, order_status
from payments.models import Dispute, Refund


def lock_order(order_id: str) -> Order:
    """Lock an order until the caller's transaction ends: whoever changes what became of it holds this.

    :raises NotFound: if there is none.
    """
    order = (
        Order.objects.select_for_update(of=("self",)).select_related("session__agent", "payment").filter(id=order_id)
    )
    if found := order.first():
        return found
    raise NotFound("There is no such order", code="order_not_found")


def beginning_of(order: Order, lines: Sequence[LineItem]) -> History:
    """The history of an order that was made just now: nothing has become of it yet."""
    return History(order, lines, count({line.id: line.quantity for line in lines}, [], [], []))


def history_of(order: Order, lines: Sequence[LineItem] | None = None) -> History:
    """All that became of an order; `lines` are its session's, if they are known already."""
    if lines is None:
        lines = lines_of(order.session)
    fulfillments = list(order.fulfillments.prefetch_related("contents", "events").order_by("created_at", "id"))
    adjustments = list(order.adjustments.prefetch_related("contents").order_by("occurred_at", "id"))
    parts = [part_of(fulfillment) for fulfillment in fulfillments]
    back = {
        type: [adjustment.quantities for adjustment in adjustments if adjustment.type == type]
        for type in ("cancellation", "return")
    }
    return History(
        order=order,
        lines=lines,
        quantities=count({line.id: line.quantity for line in lines}, parts, back["cancellation"], back["return"]),
        fulfillments=fulfillments,
        adjustments=adjustments,
        refunds=_refunds_of(order),
        disputes=list(Dispute.objects.filter(payment=order.payment_id).order_by("created_at"))
        if _is_paid(order)
        else [],
    )


def follow(history: History) -> None:
    """Let the order's status be what follows from its history."""
    parts = [part_of(fulfillment) for fulfillment in history.fulfillments]
    history.order.follow(order_status(history.quantities.values(), parts, is_held=history.order.is_held))


def lines_of(session: CheckoutSession) -> list[LineItem]:
    lines = _lines_of_session(session.id)
    for line in lines:
        line.session = session
    return lines


_lines_of_session = Prepared(
    lambda id: LineItem.objects.filter(session=id).select_related("product").order_by("position")
)


def part_of(fulfillment: Fulfillment) -> Part:
    return Part(fulfillment.status, fulfillment.quantities)


def _is_paid(order: Order) -> bool:
    return order.payment_id is not None


def _refunds_of(order: Order) -> list[Refund]:
    """What was given back, or is to be, oldest first."""
    if not _is_paid(order):
        return []
    refunds = Refund.objects.filter(payment=order.payment_id).select_related("payment")
    return list(refunds.order_by("created_at", "id"))
