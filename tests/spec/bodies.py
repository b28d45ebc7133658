"""Request bodies as each version writes them, so that a test can say what it wants without knowing how it is spelled.

    create_body(V1, items={"item_123": 2})        # items, fulfillment_address
    create_body(V5, items={"ebook_123": 1}, address=None)
    create_body(V2, items=[{"id": "item_123", "quantity": -1}])    # a list is sent as it is
    complete_body(V3, "tok_visa")                 # payment_data.token, and a provider
    delegate_body("cs_…", max_amount=8_499)

Further members are given by name: `create_body(V5, order_notes="Ring twice")`. What is None is left out.
"""

from collections.abc import Mapping
from typing import Any

VERSIONS = V1, V2, V3, V4, V5 = ("2025-09-29", "2025-12-12", "2026-01-16", "2026-01-30", "2026-04-17")
BEFORE_LINE_ITEMS = (V1, V2, V3)  # the list is called `items`, and money is flat

Body = dict[str, Any]
Items = Mapping[str, int] | list[Body]

ADDRESS = {
    "name": "John Doe",
    "line_one": "123 Main St",
    "city": "San Francisco",
    "state": "CA",
    "country": "US",
    "postal_code": "94102",
}
BUYER = {"first_name": "John", "last_name": "Doe", "email": "john@example.com"}
ONE_ITEM: Items = {"item_123": 1}
VISA = "4242424242424242"
DECLINED_CARD = "4000000000000002"


def create_body(version: str, *, items: Items = ONE_ITEM, address: Body | None = ADDRESS, **members: Any) -> Body:
    """A CheckoutSessionCreateRequest."""
    body: Body = {items_name(version): _items(version, items)}
    if version not in BEFORE_LINE_ITEMS:
        body |= {"currency": "usd", "capabilities": {}}
    return _present(body | _destination(version, address) | members)


def update_body(
    version: str,
    *,
    items: Items | None = None,
    address: Body | None = None,
    option: str | None = None,
    **members: Any,
) -> Body:
    """A CheckoutSessionUpdateRequest; `option` is the id of a shipping option."""
    body: Body = {}
    if items is not None:
        body[items_name(version)] = _items(version, items)
    if option is not None:
        body |= _selection(version, option)
    return _present(body | _destination(version, address) | members)


def complete_body(version: str, token: str, *, buyer: Body | None = BUYER, **members: Any) -> Body:
    """A CheckoutSessionCompleteRequest that pays with `token`: a delegated one (`vt_`) or the processor's own."""
    if version in BEFORE_LINE_ITEMS:
        payment_data: Body = {"token": token, "provider": "stripe"}
    else:
        handler_id = "card_direct" if token.startswith(("tok_", "pm_")) else "card_tokenized"
        instrument = {"type": "card", "credential": {"type": "spt", "token": token}}
        payment_data = {"handler_id": handler_id, "instrument": instrument}
    return _present({"buyer": buyer, "payment_data": payment_data} | members)


def cancel_body(version: str) -> Body | None:
    """A CancelSessionRequest; the oldest version has none."""
    return None if version == V1 else {"intent_trace": {"reason_code": "shipping_cost"}}


def delegate_body(
    checkout_session_id: str,
    *,
    max_amount: int = 10_000,
    number: str = VISA,
    allowance: Body | None = None,
    **card: Any,
) -> Body:
    """A DelegatePaymentRequest, the same in every version. `allowance` and `card` members replace the usual ones."""
    usual_card = {
        "type": "card",
        "card_number_type": "fpan",
        "number": number,
        "exp_month": "12",
        "exp_year": "2034",
        "cvc": "123",
        "display_card_funding_type": "credit",
        "display_last4": number[-4:],
        "metadata": {},
    }
    usual_allowance = {
        "reason": "one_time",
        "max_amount": max_amount,
        "currency": "usd",
        "checkout_session_id": checkout_session_id,
        "merchant_id": "merchant_123",
        "expires_at": "2034-12-31T23:59:59Z",
    }
    return {
        "payment_method": _present(usual_card | card),
        "allowance": _present(usual_allowance | (allowance or {})),
        "risk_signals": [{"type": "card_testing", "score": 5, "action": "authorized"}],
        "metadata": {},
    }


def items_name(version: str) -> str:
    return "items" if version in BEFORE_LINE_ITEMS else "line_items"


def _items(version: str, items: Items) -> list[Body]:
    if isinstance(items, list):
        return items
    return [_item(version, id, quantity) for id, quantity in items.items()]


def _item(version: str, id: str, quantity: int) -> Body:
    """The published schema has no quantity from 2026-01-30 on; it is left out where it says nothing."""
    return {"id": id} if version not in BEFORE_LINE_ITEMS and quantity == 1 else {"id": id, "quantity": quantity}


def _destination(version: str, address: Body | None) -> Body:
    if address is None:
        return {}
    return {"fulfillment_address": address} if version == V1 else {"fulfillment_details": {"address": address}}


def _selection(version: str, option: str) -> Body:
    if version == V1:
        return {"fulfillment_option_id": option}
    choice = {"option_id": option, "item_ids": ["item_123"]}
    nested = {"type": "shipping", "shipping": choice}
    return {"selected_fulfillment_options": [nested if version in (V2, V3) else {"type": "shipping"} | choice]}


def _present(body: Body) -> Body:
    return {name: value for name, value in body.items() if value is not None}
