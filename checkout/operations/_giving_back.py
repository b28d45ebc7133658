"""Goods and money go back: cancel what was not sent, take back what was, refund. History is added to, never edited.

The adjustment is written, and the money set aside, in one transaction; the processor is asked after it. If that dies,
the sweep finishes the refund, and the order tells of it then.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from catalog.operations import give_back_stock
from checkout.models import Adjustment, AdjustmentLine, History, Order
from checkout.operations._fulfilling import OrderNotOpen, cancel_plans, open_quantities, require
from checkout.operations._history import history_of, lock_order
from checkout.operations._news import tell_change
from checkout.refunding import due
from payments.models import Refund
from payments.money import Money
from payments.operations import OutcomeUnknown, PaymentInProgress
from payments.refunds import NotRefundable, prepare_refund
from payments.settling import finish_refund


@dataclass(frozen=True)
class Ask:
    """Who asks for something to go back, and why. `attempt` names the request: asked twice, it happens once."""

    requested_by: str
    reason: str = ""  # a code, such as "defective"
    description: str = ""
    attempt: str = ""


def cancel_order(
    *, order_id: str, ask: Ask, quantities: Mapping[str, int] | None = None, limit: Money | None = None
) -> Order:
    """Cancel `quantities` (units by line id), or all that was not sent: stock and money (`limit` in all) go back.

    :raises NotFound: if there is no such order.
    :raises OrderNotOpen: if nothing is left to cancel.
    :raises QuantityNotAvailable: if more is to be canceled than is left to send.
    :raises RefundAboveLimit: if its money would pass `limit`. Nothing has changed.
    """
    with transaction.atomic(durable=True):
        order = lock_order(order_id)
        if _was_asked(order, ask, Adjustment.Type.CANCELLATION):
            return order
        if quantities is None:
            cancel_plans(history_of(order))
        history = history_of(order)
        contents = open_quantities(history) if quantities is None else dict(quantities)
        if not contents:
            raise OrderNotOpen("Nothing of this order is left to be canceled")
        require(history, contents, "open")
        _adjust(order, Adjustment.Type.CANCELLATION, contents, ask)
        give_back_stock(quantities=_units(history, contents))
        refund = _set_aside(history, contents, ask, is_all=_is_all(history, contents), limit=limit)
        tell_change(order)
    _finish(refund)
    return order


def return_items(
    *,
    order_id: str,
    quantities: Mapping[str, int],
    ask: Ask,
    amount: Money | None = None,
    restock: bool = True,
    limit: Money | None = None,
) -> Order:
    """Take back `quantities` of what was sent; what was paid for them (or `amount`) goes back, and the stock.

    Of the payment, no more than `limit` goes back in all.

    :raises NotFound: if there is no such order.
    :raises QuantityNotAvailable: if more comes back than was sent.
    :raises RefundTooLarge, RefundAboveLimit: if `amount` is more than is left of the payment, or of `limit`.
    """
    with transaction.atomic(durable=True):
        order = lock_order(order_id)
        if _was_asked(order, ask, Adjustment.Type.RETURN):
            return order
        history = history_of(order)
        require(history, quantities, "returnable")
        _adjust(order, Adjustment.Type.RETURN, quantities, ask)
        if restock:
            give_back_stock(quantities=_units(history, quantities))
        refund = _set_aside(history, quantities, ask, amount=amount, limit=limit)
        tell_change(order)
    _finish(refund)
    return order


def refund_order(
    *,
    order_id: str,
    ask: Ask,
    amount: Money | None = None,
    quantities: Mapping[str, int] | None = None,
    limit: Money | None = None,
) -> Refund:
    """Give back `amount`, or what was paid for `quantities`, or all that is left. The goods stay with the buyer.

    Of the payment, no more than `limit` goes back in all.

    :raises NotFound: if there is no such order.
    :raises QuantityNotAvailable: if there were never so many.
    :raises NotRefundable, RefundTooLarge, RefundAboveLimit: if that cannot be given back.
    """
    with transaction.atomic(durable=True):
        order = lock_order(order_id)
        history, contents = history_of(order), dict(quantities or {})
        require(history, contents, "ordered")
        if earlier := order.adjustments.filter(attempt=ask.attempt, type="refund").first() if ask.attempt else None:
            refund = earlier.refund
        else:
            refund = _set_aside(history, contents, ask, amount=amount, is_all=not contents, limit=limit)
        if refund is None:
            raise NotRefundable("Nothing is left of what was paid for this")
    return _finish(refund) or refund


def _adjust(order: Order, type: str, contents: Mapping[str, int], ask: Ask, refund: Refund | None = None) -> Adjustment:
    adjustment = Adjustment.objects.create(order=order, type=type, refund=refund, **vars(ask))
    AdjustmentLine.objects.bulk_create(
        AdjustmentLine(adjustment=adjustment, line_id=line, quantity=quantity) for line, quantity in contents.items()
    )
    return adjustment


def _set_aside(
    history: History,
    contents: Mapping[str, int],
    ask: Ask,
    *,
    amount: Money | None = None,
    is_all: bool = False,
    limit: Money | None = None,
) -> Refund | None:
    """Prepare the refund, and say what it is for. None if there is nothing to give back."""
    payment = history.order.payment
    if payment is None:
        return None
    payment.refresh_from_db()
    if amount is None:
        left = payment.refundable.amount
        amount = Money(left if is_all else min(due(history, contents), left), payment.currency)
    if amount.amount == 0:
        return None
    refund = prepare_refund(
        payment=payment,
        amount=amount,
        requested_by=ask.requested_by,
        reason=ask.description or ask.reason,
        attempt=ask.attempt,
        limit=limit,
    )
    _adjust(history.order, Adjustment.Type.REFUND, contents, ask, refund)
    return refund


def _finish(refund: Refund | None) -> Refund | None:
    """Ask the processor. If it does not answer, the refund stands and the sweep finds out."""
    if refund is None:
        return None
    try:
        return finish_refund(refund)
    except (OutcomeUnknown, PaymentInProgress):
        return Refund.objects.select_related("payment").get(pk=refund.pk)


def _was_asked(order: Order, ask: Ask, type: str) -> bool:
    return bool(ask.attempt) and order.adjustments.filter(attempt=ask.attempt, type=type).exists()


def _is_all(history: History, contents: Mapping[str, int]) -> bool:
    """Whether nothing was ever sent, and nothing will be: only then does what sending costs go back too."""
    quantities = history.quantities.items()
    return all(contents.get(line, 0) == quantity.current and not quantity.fulfilled for line, quantity in quantities)


def _units(history: History, contents: Mapping[str, int]) -> dict[str, int]:
    return {line.product_id: contents[line.id] for line in history.lines if line.id in contents}
