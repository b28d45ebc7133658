"""A version is a way to speak, not a property of a session: what one version made, every other can go on with."""

from itertools import product

import pytest

from tests.spec.bodies import ADDRESS, V1, VERSIONS
from tests.spec.measures import amounts

PAIRS = pytest.mark.parametrize(("maker", "other"), list(product(VERSIONS, VERSIONS)))


@PAIRS
def test_a_session_is_read_in_every_version(maker, other, speaking):
    created = speaking(maker).create(items={"item_789": 2, "ebook_123": 1})

    answer = speaking(other).get(created.id)

    assert answer.status == 200
    assert answer.body["status"] == created.body["status"]
    assert amounts(answer.body["totals"]) == amounts(created.body["totals"])


@PAIRS
def test_a_session_is_updated_in_every_version(maker, other, speaking):
    session_id = speaking(maker).create(address=None).id

    updated = speaking(other).update(session_id, address=ADDRESS, items={"item_456": 2}, option="express_shipping")

    seen = speaking(maker).get(session_id)
    assert (updated.status, updated.body["status"]) == (200, "ready_for_payment")
    assert amounts(seen.body["totals"]) == amounts(updated.body["totals"])
    assert amounts(seen.body["totals"])["total"] == 7_000 + 1_500


@PAIRS
def test_a_session_is_completed_in_every_version(maker, other, speaking):
    session_id = speaking(maker).create().id
    token = speaking(maker).delegate(session_id)

    completed = speaking(other).complete(session_id, token.id)

    seen = speaking(maker).get(session_id)
    assert (completed.status, completed.body["status"], seen.body["status"]) == (200, "completed", "completed")
    assert maker == V1 or seen.body["order"]["id"] == completed.body["order"]["id"]


@PAIRS
def test_a_session_is_canceled_in_every_version(maker, other, speaking):
    session_id = speaking(maker).create().id

    canceled = speaking(other).cancel(session_id)

    assert (canceled.status, canceled.body["status"]) == (200, "canceled")
    assert speaking(maker).get(session_id).body["status"] == "canceled"
