"""Whatever is meant badly is refused in the wire's own words, and leaves everything as it was."""

import pytest

from tests.fire import hostile, table
from tests.fire.world import World


@pytest.fixture
def worlds(shop: None) -> tuple[World, World]:
    return World("first"), World("second")


def test_each_case_is_refused_clearly_and_changes_nothing(worlds: tuple[World, World]) -> None:
    wrong, rows = [], []
    asked = list(hostile.requests(*worlds))
    before = hostile.snapshot()

    for name, sent in asked:
        answer = hostile.send(worlds[0], sent)
        try:
            assert 400 <= answer.status_code < 500
            assert answer.headers["Content-Type"].startswith("application/json")
            error = hostile.error_in(answer, sent.wire)
            assert 8 < len(error[1]) < 700
            rows.append(table.row(name, sent, answer.status_code, error))
            assert hostile.snapshot() == before
        except (AssertionError, ValueError) as flaw:
            wrong.append((name, sent.wire, answer.status_code, answer.content[:300], str(flaw)[:200]))
            before = hostile.snapshot()

    assert not wrong
    assert len(asked) > 150
    with open(table.PAGE) as file:
        assert file.read() == table.page(rows), "write it again: python -m tests.fire.table"
