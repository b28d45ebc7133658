"""What we answer when it is our fault, or our processor's, in every version."""

from tests.payments import unreliable
from tests.spec.bodies import BEFORE_LINE_ITEMS


class TestOurFailure:
    def test_is_told_in_one_sentence(self, caller, settings):
        """Statements 9, 10: 500 is a `processing_error`, and tells nothing of what went wrong."""
        settings.SHIPPING_SOURCE = "tests.spec.test_failures.BrokenShipping"

        answer = caller.create()

        assert (answer.status, answer.body["type"]) == (500, "processing_error")
        assert "truck" not in str(answer.body)

    def test_to_hear_from_the_processor_leaves_a_session_that_is_being_paid(self, caller, settings):
        """Statement 45: 503 says when to come back, and the session is in progress until then."""
        session_id = caller.create().id
        settings.PAYMENT_PROCESSOR = unreliable.path(unreliable.LosesTheAnswer)

        answer = caller.complete(session_id)

        assert (answer.status, answer.body["type"]) == (503, "service_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        in_progress = "in_progress" if caller.version in BEFORE_LINE_ITEMS else "complete_in_progress"
        assert caller.get(session_id).body["status"] == in_progress

    def test_to_reach_the_processor_makes_no_token(self, caller, settings):
        """Statement 107: 503 says when to come back."""
        settings.PAYMENT_PROCESSOR = unreliable.path(unreliable.CannotBeReached)

        answer = caller.delegate("cs_123")

        assert (answer.status, answer.body["type"]) == (503, "service_unavailable")
        assert int(answer.headers["Retry-After"]) > 0


class BrokenShipping:
    """A merchant's own source of shipping rates, on a bad day."""

    def quotes(self, **question):
        raise RuntimeError("the truck is broken")
