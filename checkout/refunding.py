"""What is to be given back for some units of an order's lines, in minor units. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from checkout.models import CheckoutSession, History, LineItem
from payments.money import allocate


def due(history: History, contents: Mapping[str, int]) -> int:
    """What was paid for `contents`, less those that were paid back before: for no unit the money goes back twice."""
    failed = {refund.id for refund in history.refunds if refund.has_failed}
    before: Counter[str] = Counter()
    for adjustment in history.adjustments:
        if adjustment.refund_id and adjustment.refund_id not in failed:
            before.update(adjustment.quantities)
    ordered = {line.id: line.quantity for line in history.lines}
    after = {line: min(before[line] + contents.get(line, 0), number) for line, number in ordered.items()}
    gone = {line: min(before[line], number) for line, number in ordered.items()}
    session, lines = history.order.session, history.lines
    return value_of(session, lines, after) - value_of(session, lines, gone)


def value_of(session: CheckoutSession, lines: Sequence[LineItem], quantities: Mapping[str, int]) -> int:
    """With tax, less their share of the order's discount. What sending them cost stays paid."""
    return sum(
        (line.total_amount - share) * quantities.get(line.id, 0) // line.quantity
        for line, share in zip(lines, discount_shares(session, lines), strict=True)
    )


def discount_shares(session: CheckoutSession, lines: Sequence[LineItem]) -> list[int]:
    """Each line's share of the order's discount."""
    discount = sum(total["amount"] for total in session.totals if total["type"] == "discount")
    return allocate(discount, [line.subtotal_amount for line in lines]) if discount else [0] * len(lines)
