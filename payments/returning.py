"""Where a buyer goes on who comes back from their bank: the room that sent them there knows, and registers."""

from collections.abc import Callable

from django.http import HttpRequest

from payments.models import Payment

Destination = Callable[[HttpRequest, Payment], str | None]

_DESTINATIONS: dict[str, Destination] = {}


def register(prefix: str, destination: Destination) -> None:
    """Have `destination(request, payment)` asked for payments whose reference begins with `prefix`.

    It returns the name of an address, or None if the buyer did not come from its pages.
    """
    _DESTINATIONS[prefix] = destination


def destination_of(request: HttpRequest, payment: Payment) -> str | None:
    """The name of the address where the buyer goes on, if a room has one for them."""
    found = (ask for prefix, ask in _DESTINATIONS.items() if payment.reference.startswith(prefix))
    return next((ask(request, payment) for ask in found), None)
