"""A key that is nearly right tells no more than one that is nothing like it. Not timed: what is done is counted."""

import ast
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.operations import create_agent, revoke_key
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"secret|signature|digest|mac\b|token_hash|password", re.IGNORECASE)
ROOMS = "agents catalog checkout coins config ocp payments spt vault".split()


@pytest.fixture
def ask(settings: Any) -> Callable[[str], tuple[int, bytes, list[str]]]:
    """Ask with a key: the answer, and the shape of every query that it took."""
    settings.ANONYMOUS_AGENT = ""

    def ask(key: str) -> tuple[int, bytes, list[str]]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            headers = {"Authorization": f"Bearer {key}", "API-Version": "2026-04-17"}
            answer = Client().get("/checkout_sessions/cs_none", headers=headers)
        return answer.status_code, answer.content, [re.sub(r"'[0-9a-f]{64}'", "?", it["sql"]) for it in queries]

    return ask


def test_an_unknown_key_and_one_that_is_nearly_right_cost_the_same(ask: Any) -> None:
    _, key = create_agent(name="Robin")
    last = "a" if key[-1] != "a" else "b"

    nearly, nothing_like = ask(key[:-1] + last), ask("x" * len(key))

    assert nearly == nothing_like
    assert nearly[0] == 401
    assert len(nearly[2]) == 1


def test_a_key_that_was_taken_back_and_one_of_an_agent_who_was_are_unknown(ask: Any) -> None:
    robin, key = create_agent(name="Robin")
    gone, theirs = create_agent(name="Gone")
    revoke_key(key=robin.keys.get())
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)

    assert ask(key) == ask(theirs) == ask("till_nobody")


def test_no_secret_is_compared_with_an_equals_sign() -> None:
    """It would stop at the first letter that differs, and tell by the time how many were right."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                    sides = [node.left, *node.comparators]
                    named = [ast.unparse(side) for side in sides if isinstance(side, ast.Name | ast.Attribute)]
                    is_word = any(isinstance(side, ast.Constant) for side in sides)
                    if not is_word and any(SECRET.search(name) for name in named):
                        found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")

    assert not found
