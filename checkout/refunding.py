"""What was paid for some units of an order's lines, in minor units. Pure."""

from collections.abc import Mapping, Sequence

from checkout.models import CheckoutSession, LineItem
from payments.money import allocate


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
