"""How a sale tells a higher room that something it looks after was sold, without knowing that room.

Most goods are packed and shipped. Some (coins, a licence) are handed over by software: their room registers here, and
is told of every sale in the transaction that makes the order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from agents.models import Agent


@dataclass(frozen=True)
class Item:
    product_id: str
    quantity: int
    amount: int  # minor units, for all of them, after discounts and before tax


@dataclass(frozen=True)
class Sale:
    """What somebody bought, and who they said they are."""

    agent: Agent
    reference: str  # the id of the session it was sold in: "cs_…"
    payment_id: str | None  # none if there was nothing to pay
    currency: str
    items: Sequence[Item]
    email: str = ""
    name: str = ""
    metadata: Mapping[str, Any] | None = None


_DELIVER: list[Callable[[Sale], Any]] = []
_RECALL: list[Callable[[str], Any]] = []
_RESTORE: list[Callable[[str], Any]] = []
_PRODUCTS: list[Callable[[], QuerySet]] = []


def register(
    *,
    deliver: Callable[[Sale], Any],
    recall: Callable[[str], Any],
    restore: Callable[[str], Any],
    products: Callable[[], QuerySet] | None = None,
) -> None:
    """Have `deliver(sale)` called for every sale, `recall(reference)` for every sale that was refunded in full, and
    `restore(reference)` if that refund failed after all.

    All run in a transaction, look only at what is theirs, and may be called again for the same sale. `products()` asks
    for the ids of those that people buy in a shop of the room's own (agents find them like any other).
    """
    _DELIVER.append(deliver)
    _RECALL.append(recall)
    _RESTORE.append(restore)
    if products:
        _PRODUCTS.append(products)


def deliver(sale: Sale) -> None:
    """Hand over what was sold, in the caller's transaction."""
    for function in _DELIVER:
        function(sale)


def recall(reference: str) -> None:
    """Take back, in the caller's transaction, what was handed over for a sale whose money went back."""
    for function in _RECALL:
        function(reference)


def restore(reference: str) -> None:
    """Hand over again, in the caller's transaction, what was taken back for a refund that failed."""
    for function in _RESTORE:
        function(reference)


def sold_elsewhere() -> list[QuerySet]:
    """The ids of products that people buy in shops of their own, as each room names them."""
    return [products() for products in _PRODUCTS]
