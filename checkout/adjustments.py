"""What changed about an order's money after it was placed: its refunds, as the protocol shows them (acp.md §4.4)."""

from collections.abc import Sequence
from typing import Any

from payments.models import Refund
from payments.status import RefundState

STATUSES = {RefundState.SUCCEEDED: "completed", RefundState.FAILED: "failed"}


def adjustments(refunds: Sequence[Refund]) -> list[dict[str, Any]]:
    """The newest version's Adjustment objects; what the bank has not decided on is pending."""
    return [
        {
            "id": refund.id,
            "type": "refund",
            "occurred_at": refund.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "status": STATUSES.get(RefundState(refund.state), "pending"),
            "amount": refund.amount,
            "currency": refund.money.currency,
            "description": refund.reason or None,
        }
        for refund in refunds
    ]


def amount_refunded(refunds: Sequence[Refund]) -> int:
    """What has truly gone back, in minor units."""
    return sum(refund.amount for refund in refunds if refund.state == RefundState.SUCCEEDED)


def amount_pending(refunds: Sequence[Refund]) -> int:
    """What is on its way back, in minor units."""
    return sum(refund.amount for refund in refunds if RefundState(refund.state) not in STATUSES)
