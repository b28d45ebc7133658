"""What a caller says of its conversation is read within bounds, and never fails anything."""

import base64
import gzip
import json
import random
import tracemalloc

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from ocp import headers
from ocp.middleware import OcpMiddleware
from tests.ocp.conftest import SEEDS_SESSION, packed

MIB = 1024 * 1024
BOMB = "gzip:" + base64.b64encode(gzip.compress(b"[" + b" " * 5 * MIB + b"]", mtime=0)).decode()
ENDLESS = "gzip:" + base64.b64encode(gzip.compress(b'{"a": "' + rb"\"" * 120_000, mtime=0)).decode()
DEEP = packed(("[" * 3_000 + "]" * 3_000).encode())
CURRENT = {
    "context_id": "ocp-f02a87b2",
    "agent_type": "payment_processor",
    "created_at": "2026-01-01T00:00:00Z",
    "last_updated": "2026-01-01T00:00:00Z",
    "session": {"start_time": "2026-01-01T00:00:00Z", "customer_id": "cus_1"},
}


def session(value: str) -> headers.Hint:
    hint = headers.read({"OCP-Context-ID": "c-1", "OCP-Session": value})
    assert hint is not None
    return hint


def test_no_headers_are_no_hint():
    assert headers.read({"Authorization": "Bearer x"}) is None


def test_the_seeds_dialect_is_read():
    hint = headers.read({"OCP-Context-ID": "payment-session-123", "OCP-User": "alice", "OCP-Session": SEEDS_SESSION})

    assert (hint.context_id, hint.user, hint.dialect, hint.customer_id) == (
        "payment-session-123",
        "alice",
        "seed",
        "cus_abc123",
    )
    assert hint.status == "applied"


@pytest.mark.parametrize("compressed", [False, True])
def test_the_current_dialect_is_read(compressed):
    hint = headers.read(
        {
            "OCP-Context-ID": "ocp-f02a87b2",
            "OCP-Agent-Type": "payment_processor",
            "OCP-Current-Goal": "buy coins",
            "OCP-Session": packed(CURRENT, compressed=compressed),
        }
    )

    assert (hint.dialect, hint.goal, hint.customer_id) == ("current", "buy coins", "cus_1")


@pytest.mark.parametrize("name", ["OCP-Agent-Goal", "OCP-Goal"])
def test_older_names_of_the_goal_are_understood(name):
    assert headers.read({"OCP-Context-ID": "c", name: "buy coins"}).goal == "buy coins"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("%%%", "not_base64"),
        ("gzip:" + packed(b"no gzip"), "not_gzip"),
        (packed(gzip.compress(b"{}", mtime=0)[:-4]), "not_gzip"),
        (packed(gzip.compress(b"{}", mtime=0) + gzip.compress(b"{}", mtime=0)), "not_gzip"),
        (packed(b"\xff\xfe"), "not_utf8"),
        (packed(b"{"), "not_json"),
        (packed(b'{"a": NaN}'), "not_json"),
        (packed(b'{"a": ' + b"9" * 5_000 + b"}"), "not_json"),
        (packed([1]), "not_an_object"),
        (packed(None), "not_an_object"),
        (DEEP, "too_deep"),
        (BOMB, "too_large"),
        (ENDLESS, "not_json"),
        ("A" * 8_193, "too_large"),
    ],
)
def test_what_cannot_be_read_is_left_out_and_named(value, why):
    hint = session(value)

    assert hint.session is None
    assert hint.status == f"applied;OCP-Session={why}"


@pytest.mark.parametrize("context_id", ["a b", "x" * 65, "é", "a\n", "../x", ""])
def test_a_context_needs_an_id_that_can_be_one(context_id):
    hint = headers.read({"OCP-Context-ID": context_id, "OCP-User": "alice"})

    assert hint.status.startswith("ignored;OCP-Context-ID=")


def test_brackets_in_strings_are_not_deep():
    assert session(packed({"a": "[" * 100 + '"'})).session == {"a": "[" * 100 + '"'}


def test_a_bomb_takes_no_memory():
    tracemalloc.start()
    for _ in range(50):
        session(BOMB)
        session(DEEP)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 * MIB


KINDS = "Context-ID Agent-Type Current-Goal Agent-Goal Session User Workspace Version X"
NAMES = [f"OCP-{kind}" for kind in KINDS.split()]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
VALUES = (
    st.text(max_size=300)
    | st.binary(max_size=300).map(packed)
    | JSON.map(packed)
    | JSON.map(lambda value: packed(value, compressed=True))
)


@settings(max_examples=1_000, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_nothing_that_can_be_thought_up_raises(said):
    hint = headers.read(said)

    assert (hint is None) == (not said)


def garbled(chance: random.Random, value: str) -> str:
    """A good value with a few characters of another kind in it."""
    letters = list(value)
    for _ in range(chance.randint(1, 4)):
        letters.insert(chance.randint(0, len(letters)), chr(chance.choice([0, 9, 10, 13, 61, 127, 233, 255])))
    return "".join(letters)


def any_headers(chance: random.Random, good: dict[str, list[str]]) -> dict[str, str]:
    said = {}
    for name in chance.sample(NAMES[:-1], chance.randint(1, 5)):
        value = chance.choice(good[name])
        said[name] = value if chance.random() < 0.4 else garbled(chance, value)
    return said


@pytest.mark.slow
def test_two_hundred_thousand_header_sets_change_no_status():
    """Through the middleware, on a view that always answers the same."""
    chance = random.Random(20261126)
    texts = ["payment-session-123", "ocp-f02a87b2", "x" * 200, "", "a b", "alice", "1.0"]
    good = dict.fromkeys(NAMES, texts)
    sessions = [SEEDS_SESSION, BOMB, DEEP, packed(CURRENT), packed(CURRENT, compressed=True), "A" * 9_000]
    good["OCP-Session"] = sessions + [packed(json.dumps(CURRENT)[:cut].encode()) for cut in range(10, 200, 20)]
    handle, factory = OcpMiddleware(lambda request: HttpResponse(b"{}")), RequestFactory()

    for _ in range(200_000):
        request = factory.get("/v1/customers")
        request.META |= {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in any_headers(chance, good).items()
        }
        response = handle(request)
        assert (response.status_code, response.getvalue()) == (200, b"{}")
