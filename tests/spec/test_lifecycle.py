"""What a session's states, fields and problems look like in each version: acp.md §6, statements 45 to 47 and 52."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.models import CheckoutSession
from tests.spec import bodies
from tests.spec.bodies import ADDRESS, BEFORE_LINE_ITEMS, V1, V2, V3, V4, V5, VERSIONS
from tests.spec.caller import SESSIONS

FLAT = [{"type": "shipping", "option_id": "express_shipping", "item_ids": ["item_123"]}]
NESTED = [{"type": "shipping", "shipping": {"option_id": "express_shipping", "item_ids": ["item_123"]}}]

# An operation's member → a value of it, and the versions that know it.
MEMBERS = {
    ("create", "locale"): ("en-US", (V4, V5)),
    ("create", "metadata"): ({"a": "b"}, (V4, V5)),
    ("create", "order_notes"): ("Ring twice", (V5,)),
    ("update", "fulfillment_address"): (ADDRESS, (V1,)),
    ("update", "fulfillment_option_id"): ("express_shipping", (V1,)),
    ("update", "fulfillment_details"): ({"address": ADDRESS}, (V2, V3, V4, V5)),
    ("update", "items"): ([{"id": "item_123", "quantity": 2}], (V1, V2, V3)),
    ("update", "line_items"): ([{"id": "item_123"}], (V4, V5)),
    ("update", "discounts"): ({"codes": []}, (V4, V5)),
    ("update", "order_notes"): ("Ring twice", (V5,)),
    ("complete", "authentication_result"): ({"outcome": "rejected"}, (V2, V3, V4, V5)),
    ("complete", "risk_signals"): ({"session_id": "s"}, (V4, V5)),
    ("complete", "marketing_consents"): ([{"channel": "email", "opted_in": True}], (V5,)),
    ("complete", "order_notes"): ("Ring twice", (V5,)),
}


class TestAStatus:
    def test_of_a_session_whose_time_is_over(self, caller):
        """Statement 45: `expired` is `canceled` where a version does not know it."""
        session_id = caller.create().id
        CheckoutSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

        answer = caller.get(session_id)

        assert answer.body["status"] == ("canceled" if caller.version in BEFORE_LINE_ITEMS else "expired")

    def test_of_a_session_that_is_being_paid(self, caller):
        """Statement 45: `complete_in_progress` is `in_progress` where a version does not know it."""
        session_id = caller.create().id
        CheckoutSession.objects.update(status="complete_in_progress")

        answer = caller.get(session_id)

        expected = "in_progress" if caller.version in BEFORE_LINE_ITEMS else "complete_in_progress"
        assert answer.body["status"] == expected


class TestAField:
    @pytest.mark.parametrize(("operation", "member"), MEMBERS)
    def test_is_known_in_its_versions_only(self, caller, operation, member):
        """Statement 46: older names in older versions, newer names in newer ones."""
        value, known_in = MEMBERS[operation, member]
        path, body = caller.request(operation, caller.create().id)

        answer = caller.post(path, body | {member: value})

        assert (answer.status < 300) == (caller.version in known_in)
        assert answer.body.get("param") == (None if caller.version in known_in else f"$.{member}")

    @pytest.mark.parametrize("version", VERSIONS[1:])
    @pytest.mark.parametrize(("shape", "known_in"), [(NESTED, (V2, V3)), (FLAT, (V4, V5))], ids=["nested", "flat"])
    def test_has_the_shape_of_its_version(self, speaking, version, shape, known_in):
        """Statement 46: a selection is nested in 2025-12-12 and 2026-01-16, and flat since."""
        caller = speaking(version)
        session_id = caller.create().id

        answer = caller.post(f"{SESSIONS}/{session_id}", {"selected_fulfillment_options": shape})

        assert answer.status == (200 if version in known_in else 400)

    @pytest.mark.parametrize("version", VERSIONS)
    def test_of_a_payment_has_the_shape_of_its_version(self, speaking, version):
        """Statement 46: a token and its provider until 2026-01-16, a handler and an instrument since."""
        other_shape = bodies.complete_body(V5 if version in BEFORE_LINE_ITEMS else V3, "tok_visa")
        caller = speaking(version)
        session_id = caller.create().id

        answer = caller.post(f"{SESSIONS}/{session_id}/complete", other_shape)

        assert answer.status == 400
        assert answer.body["param"].startswith("$.payment_data")

    @pytest.mark.parametrize("outcome", ["authenticated", "failed", "unavailable", "rejected", "attempt"])
    def test_of_an_authentication_has_the_words_of_2026_01_16(self, speaking, outcome):
        """Statement 46: that version names five outcomes of its own, and asks for no details of any."""
        caller = speaking(V3)
        path, body = caller.request("complete", caller.create().id)

        answer = caller.post(path, body | {"authentication_result": {"outcome": outcome}})

        assert answer.status == 200


class TestAProblem:
    @pytest.mark.parametrize(
        ("members", "code"),
        [
            ({"address": None}, "missing"),
            ({"items": {"out_of_stock_item": 1}}, "out_of_stock"),
        ],
    )
    def test_the_buyer_can_solve_is_a_message_in_a_session(self, caller, members, code):
        """Statement 47: no HTTP error."""
        answer = caller.create(**members)

        assert answer.status == 201
        assert [message["code"] for message in answer.body["messages"]] == [code]

    def test_of_the_card_is_a_message_in_a_session(self, caller):
        """Statement 47: a decline is no HTTP error."""
        answer = caller.complete(caller.create().id, "pm_card_chargeDeclined")

        assert answer.status == 200
        assert [message["code"] for message in answer.body["messages"]] == ["payment_declined"]

    def test_says_how_bad_it_is_and_who_solves_it(self, caller):
        """Statement 47: with a severity from 2026-01-30 on, and a resolution from 2026-04-17 on."""
        message = caller.create(address=None).body["messages"][0]

        assert ("severity" in message) == (caller.version >= V4)
        assert ("resolution" in message) == (caller.version >= V5)


@pytest.mark.parametrize("operation", ["create", "update", "complete"])
@pytest.mark.parametrize(("length", "is_taken"), [(5_000, True), (5_001, False)])
def test_order_notes_have_five_thousand_characters_at_most(speaking, operation, length, is_taken):
    """Statement 52: one more is refused."""
    caller = speaking(V5)
    path, body = caller.request(operation, caller.create().id)

    answer = caller.post(path, body | {"order_notes": "x" * length})

    assert (answer.status < 300) == is_taken
    assert answer.body.get("param") == (None if is_taken else "$.order_notes")
