"""Stripe's request bodies: forms whose names have brackets, `card[number]=…&expand[0]=a&expand[]=b`.

A form does not say whether `a[0]` is the first of an array or a member of a hash named "0" (as metadata may have), so
everything becomes a hash here, and whoever knows that an array is meant makes it one (`parameters.Array`).
"""

import re
from typing import IO, Any
from urllib.parse import parse_qsl

from django.http import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MOST_FIELDS = 1000
DEEPEST = 10
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP = re.compile(r"\[([^\[\]]*)\]")

Hash = dict[str, Any]


class FormParser(BaseParser):
    """`application/x-www-form-urlencoded`, with brackets."""

    media_type = "application/x-www-form-urlencoded"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Hash:
        try:
            # Not the stream: Django holds only `body` to DATA_UPLOAD_MAX_MEMORY_SIZE.
            return decode(parser_context["request"].body.decode())
        except UnicodeDecodeError:
            raise ParseError("Invalid request body: it must be URL-encoded UTF-8.") from None
        except UnreadablePostError:
            raise ParseError("The request body ended too early.") from None


def decode(text: str) -> Hash:
    """Read a form, or a query string.

    :raises ParseError: if it is none, or says two things of one name.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise ParseError(f"Invalid request body: not UTF-8, or more than {MOST_FIELDS} parameters.") from None
    root: Hash = {}
    for name, value in pairs:
        if "\x00" in name + value:
            raise ParseError("Invalid request body: it holds a NUL character.")
        _put(root, name, value)
    return root


def _put(root: Hash, name: str, value: str) -> None:
    *way, last = _steps(name)
    place = root
    for step in way:
        place = place.setdefault(_key(place, step), {})
        if not isinstance(place, dict):
            raise ParseError(f"Invalid request body: {name} is a value and a hash at once.")
    key = _key(place, last)
    if isinstance(place.get(key), dict):
        raise ParseError(f"Invalid request body: {name} is a value and a hash at once.")
    place[key] = value


def _steps(name: str) -> list[str]:
    match = _NAME.fullmatch(name)
    if match is None:  # no name of ours: it is refused as unknown
        return [name]
    steps = [match[1], *_STEP.findall(match[2])]
    if len(steps) > DEEPEST:
        raise ParseError(f"Invalid request body: {match[1]} is nested too deep.")
    return steps


def _key(place: Hash, step: str) -> str:
    """An empty bracket is the next of an array."""
    return step or str(len(place))
