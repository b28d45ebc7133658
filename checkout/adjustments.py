"""What changed about an order after it was placed, as the protocol shows it (acp.md §4.4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from checkout.models import Adjustment, History
from payments.models import Dispute, Refund
from payments.status import RefundState

STATUSES = {RefundState.SUCCEEDED: "completed", RefundState.FAILED: "failed"}
DISPUTES_WON = frozenset({"won", "prevented", "warning_closed"})


def adjustments(history: History) -> list[dict[str, Any]]:
    """The newest version's Adjustment objects, oldest first; what the bank has not decided on is pending."""
    asked = {adjustment.refund_id: adjustment for adjustment in history.adjustments if adjustment.refund_id}
    found = [_refund(refund, asked.get(refund.id)) for refund in history.refunds]
    found += [_dispute(dispute) for dispute in history.disputes]
    found += [_taken_back(adjustment) for adjustment in history.adjustments if adjustment.refund_id is None]
    return sorted(found, key=lambda entry: entry["occurred_at"])


def amount_refunded(refunds: Sequence[Refund]) -> int:
    """What has truly gone back, in minor units."""
    return sum(refund.amount for refund in refunds if refund.state == RefundState.SUCCEEDED)


def amount_pending(refunds: Sequence[Refund]) -> int:
    """What is on its way back, in minor units."""
    return sum(refund.amount for refund in refunds if RefundState(refund.state) not in STATUSES)


def references(quantities: Mapping[str, int]) -> list[dict[str, Any]]:
    """LineItemReference objects."""
    return [{"id": line, "quantity": quantity} for line, quantity in quantities.items()]


def moment(time: datetime) -> str:
    """RFC 3339."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _refund(refund: Refund, asked: Adjustment | None) -> dict[str, Any]:
    """Under its own id, whether it was asked for here or at the processor."""
    return {
        "id": refund.id,
        "type": "refund",
        "occurred_at": moment(refund.created_at),
        "status": STATUSES.get(RefundState(refund.state), "pending"),
        "line_items": references(asked.quantities) or None if asked else None,
        "amount": refund.amount,
        "currency": refund.money.currency,
        "description": (asked.description if asked else refund.reason) or None,
        "reason": asked.reason or None if asked else None,
    }


def _dispute(dispute: Dispute) -> dict[str, Any]:
    ended = "failed" if dispute.status in DISPUTES_WON else "completed"  # failed: the buyer did not get it
    return {
        "id": dispute.id,
        "type": "dispute",
        "occurred_at": moment(dispute.created_at),
        "status": "pending" if dispute.is_open else ended,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "reason": dispute.reason or None,
    }


def _taken_back(adjustment: Adjustment) -> dict[str, Any]:
    return {
        "id": adjustment.id,
        "type": adjustment.type,
        "occurred_at": moment(adjustment.occurred_at),
        "status": "completed",
        "line_items": references(adjustment.quantities),
        "description": adjustment.description or None,
        "reason": adjustment.reason or None,
    }
