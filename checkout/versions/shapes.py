"""Names and small moves that several versions' changes share."""

from collections.abc import Iterator
from typing import Any

from agents.versioning import Body

CREATE = "CheckoutSessionCreateRequest"
UPDATE = "CheckoutSessionUpdateRequest"
COMPLETE = "CheckoutSessionCompleteRequest"
SESSION = "CheckoutSession"
SESSION_WITH_ORDER = "CheckoutSessionWithOrder"
EVENT = "WebhookEvent"
SESSIONS = (SESSION, SESSION_WITH_ORDER)


def keep_only(body: Body, *members: str) -> None:
    """Drop every other member: the older schema is closed."""
    for member in body.keys() - set(members):
        del body[member]


def rename(body: Body, old: str, new: str) -> None:
    if old in body:
        body[new] = body.pop(old)


def objects(value: Any) -> Iterator[tuple[int, Body]]:
    """The objects in what should be a list of them, with their places; the rest is left for validation to refuse."""
    entries = enumerate(value) if isinstance(value, list) else ()
    return ((index, entry) for index, entry in entries if isinstance(entry, dict))


def amounts(totals: list[Body]) -> dict[str, int]:
    """A `totals` array as amounts (minor units) by type."""
    return {total["type"]: total["amount"] for total in totals}


def addresses(body: Body) -> Iterator[tuple[str, Body]]:
    """The paths and addresses in a session or in a request, as far as they are objects."""
    for holder, member in (("fulfillment_details", "address"), ("payment_data", "billing_address")):
        found = body.get(holder)
        if isinstance(found, dict) and isinstance(found.get(member), dict):
            yield f"$.{holder}.{member}", found[member]
