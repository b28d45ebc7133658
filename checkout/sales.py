"""What an order sold, as the rooms are told of it that hand goods over by software (`catalog.deliveries`)."""

from catalog.deliveries import Item, Sale
from checkout import receipts
from checkout.models import Checkout
from checkout.refunding import discount_shares
from payments.models import Payment


def sale_of(checkout: Checkout, payment: Payment | None) -> Sale:
    """A session that was just completed, and paid with `payment` unless it cost nothing."""
    session = checkout.session
    shares = discount_shares(session, checkout.lines)
    return Sale(
        agent=session.agent,
        reference=session.id,
        payment_id=payment.id if payment else None,
        currency=session.currency,
        items=[
            Item(line.product_id, line.quantity, line.subtotal_amount - share)
            for line, share in zip(checkout.lines, shares, strict=True)
        ],
        email=(session.buyer or {}).get("email", ""),
        name=receipts.buyer_name(session),
        metadata=session.metadata,
    )
