"""What a caller says of its conversation, read from the headers of the Open Context Protocol (ocp.md §1.1).

Everything here is a hint from outside: bounded in size, time and memory, never believed, and never a reason to refuse a
request. What cannot be read is left out, with a word that says why. Two dialects are understood: the current one, and
that of the protocol's first example (seed 001), whose session is an object of any shape.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONTEXT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
AGENT_TYPE = re.compile(r"[A-Za-z0-9_.-]{1,128}")
PRINTABLE = re.compile(r"[ -~]+")
LONGEST_SESSION = 8192  # characters of the header
LARGEST_SESSION = 256 * 1024  # bytes of JSON, inflated
DEEPEST = 32  # levels of arrays and objects
COMPRESSED = "gzip:"
GOALS = ("OCP-Current-Goal", "OCP-Agent-Goal", "OCP-Goal")  # the last two are the first drafts'
CURRENT, SEED = "current", "seed"
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)  # one that never ends is read once, not from each quote
_CUSTOMER = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Unreadable(Exception):
    """A header that is left out; the message is the word that says why."""


@dataclass(frozen=True)
class Hint:
    """What could be read. Without a `context_id` the rest is of no use."""

    context_id: str = ""
    agent_type: str = ""
    goal: str = ""
    user: str = ""
    workspace: str = ""
    session: dict[str, Any] | None = field(default=None, repr=False)
    ignored: tuple[str, ...] = ()  # headers that could not be read, and why: "OCP-Session=too_large"

    @property
    def dialect(self) -> str:
        return CURRENT if self.agent_type else SEED

    @property
    def status(self) -> str:
        """What became of the headers, as the answer says it."""
        return ";".join(["applied" if self.context_id else "ignored", *self.ignored])

    @property
    def customer_id(self) -> str:
        """The customer that the session names, in either dialect. It must still be looked up among the caller's own."""
        session = self.session or {}
        inner = session.get("session")
        for place in (session, inner if isinstance(inner, dict) else {}):
            named = place.get("customer_id")
            if isinstance(named, str) and _CUSTOMER.fullmatch(named):
                return named
        return ""


def read(headers: Mapping[str, str]) -> Hint | None:
    """Return what the headers say; None if there are none of this protocol. Never raises."""
    if not any(name.lower().startswith("ocp-") for name in headers):
        return None
    ignored: list[str] = []

    def text(name: str, pattern: re.Pattern[str], longest: int) -> str:
        value = headers.get(name, "")
        if value and not (len(value) <= longest and pattern.fullmatch(value)):
            ignored.append(f"{name}=invalid")
            return ""
        return value

    context_id = text("OCP-Context-ID", CONTEXT_ID, 64)
    if not context_id and not ignored:
        ignored.append("OCP-Context-ID=missing")
    agent_type = text("OCP-Agent-Type", AGENT_TYPE, 128)
    goal = next(filter(None, (text(name, PRINTABLE, 256) for name in GOALS)), "")
    user, workspace = text("OCP-User", PRINTABLE, 64), text("OCP-Workspace", PRINTABLE, 128)
    session = None
    try:
        session = session_in(headers.get("OCP-Session", ""))
    except Unreadable as why:
        ignored.append(f"OCP-Session={why}")
    return Hint(context_id, agent_type, goal, user, workspace, session, tuple(ignored))


def session_in(value: str) -> dict[str, Any] | None:
    """Return the object in an OCP-Session header; None if it is empty.

    :raises Unreadable: if it is too large, or not base64 of (gzipped) JSON in UTF-8 that is an object.
    """
    if not value:
        return None
    if len(value) > LONGEST_SESSION:
        raise Unreadable("too_large")
    is_marked = value.startswith(COMPRESSED)
    try:
        data = base64.b64decode(value.removeprefix(COMPRESSED), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("not_base64") from None
    if is_marked or data.startswith(b"\x1f\x8b"):
        data = _inflated(data)
    return _object(data)


def _inflated(data: bytes) -> bytes:
    """Never more than one byte too many: a bomb is cut off, not defused."""
    gunzip = zlib.decompressobj(wbits=31)
    try:
        inflated = gunzip.decompress(data, LARGEST_SESSION + 1)
    except zlib.error:
        raise Unreadable("not_gzip") from None
    if len(inflated) > LARGEST_SESSION:
        raise Unreadable("too_large")
    if not gunzip.eof or gunzip.unused_data:
        raise Unreadable("not_gzip")
    return inflated


def _object(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Unreadable("not_utf8") from None
    if _depth(text) > DEEPEST:
        raise Unreadable("too_deep")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Unreadable("not_json") from None
    if not isinstance(value, dict):
        raise Unreadable("not_an_object")
    return value


def _depth(text: str) -> int:
    """How deep the brackets go, before anything recursive looks at them."""
    depth = deepest = 0
    for character in re.findall(r"[\[\]{}]", _STRINGS.sub("", text)):
        depth += 1 if character in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
