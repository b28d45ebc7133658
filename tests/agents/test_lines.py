"""What a line of the log is about."""

from structlog.contextvars import get_contextvars

from agents.lines import about, apart


def said(*ids):
    about(*ids)
    return get_contextvars()


def test_what_was_taken_up_is_named_by_its_kind():
    assert apart(said, "cs_1", "pay_2").items() >= {"session_id": "cs_1", "payment_id": "pay_2"}.items()


def test_of_two_of_a_kind_the_later_is_named():
    def two():
        about("cs_1")
        return said("cs_2")

    assert apart(two)["session_id"] == "cs_2"


def test_what_we_have_no_name_for_is_left_out():
    assert "unheard_1" not in apart(said, "unheard_1", "").values()


def test_what_is_done_apart_leaves_nothing_behind():
    before = get_contextvars()

    apart(said, "cs_1")

    assert get_contextvars() == before
