"""The table of moves is the state machine."""

import itertools

import pytest

from checkout.models import CheckoutSession, SessionNotOpen
from checkout.status import FINAL, MOVES, OPEN, Status

REFUSED = [
    (source, target)
    for source, target in itertools.product(Status, Status)
    if source != target and target not in MOVES[source]
]


def test_every_status_has_its_moves():
    assert set(MOVES) == set(Status)


def test_nothing_leads_out_of_a_final_status():
    assert not set().union(*(MOVES[status] for status in FINAL))


def test_a_session_is_paid_only_from_ready():
    assert [status for status in Status if Status.COMPLETE_IN_PROGRESS in MOVES[status]] == [Status.READY_FOR_PAYMENT]


@pytest.mark.parametrize(("source", "target"), REFUSED)
def test_a_move_outside_the_table_is_refused(source, target):
    session = CheckoutSession(status=source)

    with pytest.raises(SessionNotOpen):
        session._move_to(target)


def test_statuses_read_from_the_database_are_found_in_the_table():
    assert "ready_for_payment" in OPEN
    assert "completed" in MOVES
