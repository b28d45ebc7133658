"""How an answer is measured: by the official schema of the caller's version, and by arithmetic."""

from typing import Any

from tests.spec import official
from tests.spec.bodies import BEFORE_LINE_ITEMS, V1, V5

Body = dict[str, Any]

# delegate_payment's `code` is a closed list, which has no word for these (acp.md §3.4): an honest one is used instead.
# The rest of such an answer is measured as strictly as any other, and so is everything that is not named here.
NO_CODE_FOR_STATUS = {
    401: "who is calling is not about a card",
    405: "nor is the method",
    500: "nor a failure of ours",
    503: "nor our being unavailable",
}
# Without a version there is none to measure by: the newest one's Error is spoken (acp.md §1.5).
VERSION_CODES = {"missing_api_version", "unsupported_api_version"}


def measure_session(version: str, body: Body, *, definition: str = "CheckoutSession") -> None:
    official.validate(version, "agentic_checkout", definition, body)
    adds_up(version, body)
    if version == V1 and definition == "CheckoutSession":
        assert "order" not in body


def measure_error(version: str, document: str, status: int, body: Body) -> None:
    is_about_version = body.get("code") in VERSION_CODES
    if document == "delegate_payment" and (is_about_version or status in NO_CODE_FOR_STATUS):
        body = body | {"code": "invalid_card"}
    official.validate(V5 if is_about_version else version, document, "Error", body)


def adds_up(version: str, session: Body) -> None:
    """Every total follows from the others, to the minor unit."""
    totals = amounts(session["totals"])
    lines = [line_amounts(version, line) for line in session["line_items"]]
    for line in lines:
        assert line["subtotal"] == line["items_base_amount"] - line["items_discount"]
        assert line["total"] == line["subtotal"] + line["tax"]
    assert totals["items_base_amount"] == sum(line["items_base_amount"] for line in lines)
    assert totals.get("items_discount", 0) == sum(line["items_discount"] for line in lines)
    chosen = [option for option in session["fulfillment_options"] if option["id"] in selected_ids(session)]
    delivery = [option if "tax" in option else amounts(option["totals"]) for option in chosen]
    assert totals.get("tax", 0) == sum(line["tax"] for line in lines) + sum(option["tax"] for option in delivery)
    assert totals.get("fulfillment", 0) == sum(option["subtotal"] for option in delivery)
    assert totals["subtotal"] == totals["items_base_amount"] - totals.get("items_discount", 0)
    assert totals["total"] == (
        totals["subtotal"]
        - totals.get("discount", 0)
        + totals.get("fulfillment", 0)
        + totals.get("tax", 0)
        + totals.get("fee", 0)
    )
    assert all(type(amount) is int for amounts in [totals, *lines] for amount in amounts.values())


def amounts(totals: list[Body]) -> dict[str, int]:
    """A `totals` list as {type: amount}, each type at most once."""
    by_type = {total["type"]: total["amount"] for total in totals}
    assert len(by_type) == len(totals)
    return by_type


def selected_ids(session: Body) -> list[str]:
    """The ids of the options a session has selected, wherever its version writes them."""
    if "fulfillment_option_id" in session:
        return [session["fulfillment_option_id"]]
    choices = session.get("selected_fulfillment_options", [])
    return [(choice.get(choice["type"]) or choice)["option_id"] for choice in choices]


def line_amounts(version: str, line: Body) -> dict[str, int]:
    """A line's amounts under the names `totals` uses, which older versions write flat."""
    if version in BEFORE_LINE_ITEMS:
        return {
            "items_base_amount": line["base_amount"],
            "items_discount": line["discount"],
            "subtotal": line["subtotal"],
            "tax": line["tax"],
            "total": line["total"],
        }
    return {"items_discount": 0, "tax": 0} | amounts(line["totals"])
