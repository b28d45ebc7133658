"""Shipping and taxes can be plugged in: say at start, not at the first sale, that a setting names nothing usable."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

SOURCES = {"SHIPPING_SOURCE": "quotes", "TAX_SOURCE": "taxes"}


def check_sources(**kwargs: Any) -> list[CheckMessage]:
    """Each setting names a class, made without arguments, that answers its one question."""
    return [
        Error(f"{setting} must be the dotted path of a class with a method `{method}`", id="catalog.E001")
        for setting, method in SOURCES.items()
        if not callable(getattr(_imported(getattr(settings, setting)), method, None))
    ]


def _imported(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError:
        return None
