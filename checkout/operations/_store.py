"""Sessions as the other operations load, change and save them."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from agents import lines
from agents.errors import NotFound
from agents.models import Agent
from agents.prepared import Prepared
from checkout.models import Checkout, CheckoutSession, LineItem, Order
from checkout.operations._history import history_of, lines_of
from checkout.status import Status
from payments.cards import without_numbers, without_numbers_in


def load(session_id: str, *, agent: Agent | None = None, lock: bool = False) -> Checkout:
    """Return a session (`agent`'s, if one is named), locked until the caller's transaction ends if `lock`.

    :raises NotFound: if there is none.
    """
    found = CheckoutSession.objects.select_for_update().filter(id=session_id) if lock else _sessions_with_id(session_id)
    session = next(iter(found), None)
    if session is None or (agent is not None and session.agent_id != agent.pk):
        raise NotFound("There is no such checkout session", code="session_not_found")
    lines.about(session.id)
    if agent is not None:
        session.agent = agent
    order = Order.objects.filter(session=session).first() if session.status == Status.COMPLETED else None
    items = lines_of(session)
    return Checkout(session, items, history_of(order, items) if order else None)


_sessions_with_id = Prepared(lambda id: CheckoutSession.objects.filter(id=id))


def quantities_of(lines: Sequence[LineItem]) -> dict[str, int]:
    return {line.product_id: line.quantity for line in lines}


def save(session: CheckoutSession, lines: Sequence[LineItem], *, before: Sequence[LineItem]) -> None:
    """Write a session, and `lines` in place of those it had `before`."""
    session.save()
    if gone := {line.id for line in before} - {line.id for line in lines}:
        session.line_items.filter(id__in=gone).delete()
    LineItem.objects.bulk_create(
        lines,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["position", "title", "quantity", "unit_amount", "base_amount", "discount_amount", "tax_amount"],
    )


def remember(session: CheckoutSession, request: Any) -> None:
    """Copy what the request names, as plain JSON, to the session: `null` clears, absent keeps (RFC §6.2)."""
    named = request.model_fields_set
    for field in ("buyer", "fulfillment_details", "risk_signals"):
        if field in named:
            setattr(session, field, plain(getattr(request, field)))
    for field in ("fulfillment_groups", "marketing_consents"):
        if field in named:
            setattr(session, field, [plain(entry) for entry in getattr(request, field) or []])
    if "selected_fulfillment_options" in named:
        session.requested_options = [plain(option) for option in request.selected_fulfillment_options or []]
    if "order_notes" in named:
        session.order_notes = without_numbers(request.order_notes or "")
    if "discounts" in named:  # wins over `coupons`, its older name (statement 70)
        session.discount_codes = without_numbers_in(request.discounts.codes if request.discounts else [])
    elif "coupons" in named:
        session.discount_codes = without_numbers_in(request.coupons or [])


def plain(value: BaseModel | None) -> dict[str, Any] | None:
    """A part of a request as JSON, without what it left out; nor a card's number, which belongs to the vault alone."""
    return without_numbers_in(value.model_dump(mode="json", exclude_none=True)) if value is not None else None
