"""A key that is nearly right tells no more than one that is nothing like it. Not timed: what is done is counted."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.operations import create_agent, revoke_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(settings: Any) -> Callable[[str], tuple[int, bytes, list[str]]]:
    """Ask with a key: the answer, and the shape of every query that it took."""
    settings.ANONYMOUS_AGENT = ""

    def ask(key: str) -> tuple[int, bytes, list[str]]:
        with CaptureQueriesContext(connection) as queries:
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
