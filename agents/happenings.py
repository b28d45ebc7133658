"""What an agent does, told to whoever in a higher room wants to know. The rooms that tell know nothing of who listens.

A listener is called where the thing happens, in its transaction; it must be quick, and must not raise.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Happening:
    """`kind` ("order.created") happened to the object `object_id`; perhaps about an amount, and a customer."""

    kind: str
    object_id: str
    amount: int | None = None  # minor units
    currency: str = ""
    customer: str = ""


Listener = Callable[[Happening], None]

# Who makes the request at hand: an agent's id, or an account's of the sandbox; "" until that is known.
caller: ContextVar[str] = ContextVar("caller", default="")

_LISTENERS: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have `listener(happening)` called for everything that is told."""
    _LISTENERS.append(listener)


def tell(kind: str, object_id: str, *, amount: int | None = None, currency: str = "", customer: str = "") -> None:
    """Say that something happened."""
    for listener in _LISTENERS:
        listener(Happening(kind, object_id, amount, currency, customer))
