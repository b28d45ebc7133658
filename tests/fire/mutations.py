"""Bodies that are nearly right: a good one, of which a few things were changed by somebody who means it badly."""

import copy
import string
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Way = tuple[str | int, ...]

NUMBERS = [0, -1, 1, 9_999, 10_000, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 1.5, -0.0, 1e308]
TEXTS = [
    *("", " ", "\n", "\x00", "null", "0", "-1", "1e400", "true", "usd", "USD", "item_123", "out_of_stock_item"),
    *("../../etc/passwd", "'; DROP TABLE agents_agent; --", "<script>alert(1)</script>", "{{7*7}}", "%s%n", "$.a[0]"),
    *("4242424242424242", "2026-11-26T12:00:00Z", "9999-12-31T23:59:59-12:00", "express_shipping", "pm_card_visa"),
    *("a" * 36, "a" * 256, "a" * 5_001, "\u202egnp", "ﷺ" * 100, "🦊", "e\u0301", "\u2028", "\ufeff", "\ud83d\ude00"),
]
SHAPES: list[Any] = [None, True, False, [], {}, [[]], [None], {"": None}, {"a": {"b": [1]}}, ["a"] * 300]
_anything = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(TEXTS),
    st.sampled_from(SHAPES),
    st.text(max_size=12),
    st.text(string.printable, max_size=40),
    st.integers(),
)

values = _anything.map(copy.deepcopy)  # what is drawn may be changed by what is drawn next


@st.composite
def mutated(draw: st.DrawFn, body: dict[str, Any], changes: tuple[int, ...] = (0, 0, 1, 1, 2, 4)) -> dict[str, Any]:
    """`body` with a few of its members replaced, taken away, doubled or put elsewhere."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.sampled_from(changes))):
        ways = list(_ways(body))
        if not ways:
            return body
        *steps, last = draw(st.sampled_from(ways))
        place: Any = body
        for step in steps:
            place = place[step]
        match draw(st.sampled_from(["replace", "replace", "replace", "remove", "add", "swap"])):
            case "replace":
                place[last] = draw(values)
            case "remove":
                del place[last]
            case "add" if isinstance(place, dict):
                place[draw(st.sampled_from(NAMES) | st.text(max_size=8))] = draw(values)
            case "add":
                place.append(draw(values))
            case "swap":
                place[last] = copy.deepcopy(_at(body, draw(st.sampled_from(ways))))
    return body


NAMES = "id name quantity amount currency email metadata token type items line_items buyer status expand limit".split()


def _ways(value: Any, before: Way = ()) -> Iterator[Way]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in steps:
        if len(before) < 12:
            yield (*before, step)
            yield from _ways(child, (*before, step))


def _at(value: Any, way: Way) -> Any:
    for step in way:
        value = value[step]
    return value


def as_form(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """A body as a form with brackets writes it."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from as_form(child, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from as_form(child, f"{name}[{index}]")
    else:
        yield name, {None: "", True: "true", False: "false"}.get(value, str(value)) if _is_word(value) else str(value)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)
