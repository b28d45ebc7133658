import pytest

from payments.models import IllegalMove, Payment
from payments.status import FINAL, LIVE, MOVES, UNSETTLED, State

IMPOSSIBLE = [(source, target) for source in State for target in State if target not in MOVES[source]]


def test_every_state_has_a_row():
    assert set(MOVES) == set(State)


def test_nothing_leads_out_of_a_final_state():
    assert {state for state in State if not MOVES[state]} == FINAL == {"succeeded", "declined", "canceled"}


def test_what_may_still_be_paid_keeps_a_second_payment_out():
    assert sorted(LIVE) == ["authorized", "processing", "requires_action", "succeeded", "unknown"]
    assert sorted(UNSETTLED) == ["authorized", "processing", "requires_action", "unknown"]


def test_values_from_the_database_are_states():
    assert MOVES[State("unknown")] == MOVES[State.UNKNOWN]
    assert "unknown" in UNSETTLED


@pytest.mark.parametrize(("source", "target"), IMPOSSIBLE)
def test_every_move_that_is_not_in_the_table_is_refused(source, target):
    payment = Payment(state=source)

    with pytest.raises(IllegalMove):
        payment.move_to(target)

    assert payment.state == source
