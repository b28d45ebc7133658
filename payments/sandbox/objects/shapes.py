"""What all of Stripe's objects have in common, and the empty shapes that they are filled from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.crypto import salted_hmac

Document = dict[str, Any]

API_VERSION = "2026-10-28.endive"  # the one whose shapes these are; any other is accepted, and answered in this one

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def nulls(names: str) -> Document:
    """Fields that Stripe has and the sandbox has nothing to say in."""
    return dict.fromkeys(names.split())


def seconds(time: datetime | None) -> int | None:
    return int(time.timestamp()) if time is not None else None


def derived_id(prefix: str, id: str) -> str:
    """The id of something that is not a row of its own, but follows from the object `id`."""
    return f"{prefix}_{id.partition('_')[2]}"


def client_secret(id: str) -> str:
    """What lets a buyer's browser see one intent."""
    digest = salted_hmac("payments.sandbox.client_secret", id, algorithm="sha256").hexdigest()
    return f"{id}_secret_{digest[:24]}"


def address(given: Mapping[str, Any] | None) -> Document | None:
    """All lines of an address, empty ones too."""
    return {name: given.get(name) or None for name in ADDRESS} if given else None
