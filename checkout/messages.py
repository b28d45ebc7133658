"""What a session must tell its agent. An `error` stands between the session and its payment; the rest informs."""

from typing import Any

Message = dict[str, Any]


def _message(type: str, content: str, **members: str) -> Message:
    return {"type": type, **members, "content_type": "plain", "content": content}


def error(
    code: str, content: str, *, param: str, resolution: str = "requires_buyer_input", severity: str = "high"
) -> Message:
    return _message("error", content, code=code, severity=severity, resolution=resolution, param=param)


def address_missing() -> Message:
    return error("missing", "An address is needed to deliver this order", param="$.fulfillment_details.address")


def address_incomplete(member: str) -> Message:
    part = member.replace("_", " ")
    return error("missing", f"The address names no {part}", param=f"$.fulfillment_details.address.{member}")


def not_delivered_there(country: str) -> Message:
    return error(
        "region_restricted",
        f"We do not deliver to this address ({country})",
        param="$.fulfillment_details.address.country",
    )


def option_invalid(index: int, option_id: str) -> Message:
    return error(
        "invalid",
        f"There is no fulfillment option '{option_id}' for these items and this address",
        param=f"$.selected_fulfillment_options[{index}].option_id",
        resolution="recoverable",
    )


def out_of_stock(index: int, title: str) -> Message:
    return error("out_of_stock", f"{title} is out of stock", param=f"$.line_items[{index}]")


def low_stock(index: int, title: str, available: int) -> Message:
    return error("low_stock", f"Only {available} of {title} left", param=f"$.line_items[{index}].quantity")


def quantity_exceeded(index: int, title: str, most: int) -> Message:
    return error(
        "quantity_exceeded", f"An order may hold at most {most} of {title}", param=f"$.line_items[{index}].quantity"
    )


def discount_code_unknown(index: int, code: str) -> Message:
    return _message(
        "warning",
        f"The discount code '{code}' is not valid here",
        code="discount_code_invalid",
        severity="low",
        resolution="recoverable",
        param=f"$.discounts.codes[{index}]",
    )


def one_address_only() -> Message:
    return _message(
        "info",
        "Everything is delivered to one address; groups are not split",
        severity="info",
        param="$.fulfillment_groups",
    )


def payment_declined(content: str) -> Message:
    return error(
        "payment_declined", content, param="$.payment_data", resolution="requires_buyer_input", severity="high"
    )


def authentication_needed() -> Message:
    return error(
        "requires_3ds",
        "The card's bank asks the buyer to approve this payment",
        param="$.authentication_result",
        severity="medium",
    )


def intervention_unsupported(*, is_blocking: bool) -> Message:
    content, param = (
        "Payments here may need 3-D Secure, which this agent does not support",
        "$.capabilities.interventions",
    )
    if is_blocking:
        return error("intervention_required", content, param=param, resolution="recoverable")
    return _message("info", content, severity="low", param=param)


def canceled() -> Message:
    return _message("info", "Checkout session has been canceled.", severity="info")


def expired() -> Message:
    return _message("info", "Checkout session has expired.", severity="info")
