"""What an object on the wire has too much or too little to be one of the SDK's classes. Imports nothing but the SDK."""

import typing
from typing import Any

import stripe


def complaints(document: dict[str, Any], cls: type, path: str, *, is_complete: bool = False) -> list[str]:
    """What `document` has too much or too little to be a `cls`.

    With `is_complete` it must also have, on every level, each field that may be null.
    """
    fields = _fields_of(cls)
    if not fields:  # a hash of anything
        return []
    found = [f"{path}.{name} is no field" for name in document if name not in fields]
    for name, annotation in fields.items():
        kinds = _parts(annotation)
        if name not in document:
            found += [] if type(None) in kinds and not is_complete else [f"{path}.{name} is missing"]
        elif document[name] is None:
            found += [] if type(None) in kinds else [f"{path}.{name} is null"]
        elif isinstance(document[name], dict):
            inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, stripe.StripeObject)]
            found += complaints(document[name], inner[0], f"{path}.{name}", is_complete=is_complete) if inner else []
    return found


def _parts(annotation: Any) -> list[Any]:
    """The alternatives of a union, or the one thing that an annotation says."""
    if typing.get_origin(annotation) is not typing.Union:
        return [annotation]
    return [part for each in typing.get_args(annotation) for part in _parts(each)]


def _fields_of(cls: type) -> dict[str, Any]:
    hints = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, stripe.StripeObject):
            for name, annotation in getattr(base, "__annotations__", {}).items():
                hints[getattr(base, "_field_remappings", {}).get(name, name)] = annotation
    return {name: each for name, each in hints.items() if name != "OBJECT_NAME" and not name.startswith("_")}
