"""Who delivers events: our own worker, or an engine that the merchant runs already (`EVENT_ENGINE`).

An engine gets nothing but numbers of rows. One that loses a message does no harm (the worker hands the row over again),
nor does one that repeats it (the row is delivered already).
"""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from agents.models import OutgoingEvent


def hand_over() -> Callable[[int], object] | None:
    """The function that takes an event's number, or None where our worker delivers by itself."""
    return import_string(settings.EVENT_ENGINE) if settings.EVENT_ENGINE else None


def announce(event: OutgoingEvent) -> None:
    """Tell the engine of a new event, once it is committed. If that fails, the worker will."""
    if settings.EVENT_ENGINE:
        transaction.on_commit(lambda: _tell(event.sequence), robust=True)


def _tell(sequence: int) -> None:
    if tell := hand_over():
        tell(sequence)
