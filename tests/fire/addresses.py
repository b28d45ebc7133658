"""Every address of Till's, as Django's resolver knows them: what is tested here is tested of all there are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<str:(\w+)>")


@dataclass(frozen=True)
class Address:
    """One method of one route."""

    method: str
    route: str
    view: Any = None

    def __str__(self) -> str:
        return f"{self.method} /{self.route}"


def addresses() -> list[Address]:
    """Everything that agents may call, and that buyers' browsers do. The admin has users, and tests of its own."""
    found = []
    for route, pattern in _patterns(get_resolver()):
        if not route.startswith("admin"):
            actions = getattr(pattern.callback, "actions", None) or {"get": ""}
            found += [Address(method.upper(), route, pattern.callback) for method in sorted(actions)]
    return found


def _patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, route)
        else:
            yield route, pattern
