"""A version is a way to speak, not a property of a session: what one version made, every other can go on with."""

from itertools import product

import pytest

from catalog.models import Fee, Promotion
from tests.spec.bodies import ADDRESS, V1, V4, V5, VERSIONS
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


# All that the newest version can say in a request, by member.
EVERYTHING = {
    "buyer": {
        "full_name": "Ada King Lovelace",
        "email": "ada@example.com",
        "customer_id": "customer_1",
        "account_type": "business",
        "authentication_status": "authenticated",
        "company": {"name": "Analytical Engines", "tax_id": "GB123"},
        "loyalty": {"tier": "gold", "points_balance": 10},
        "tax_exemption": {"certificate_id": "cert_1", "certificate_type": "resale"},
    },
    "fulfillment_details": {
        "name": "Ada Lovelace",
        "phone_number": "15551234567",
        "email": "ada@example.com",
        "address": ADDRESS | {"line_two": "", "company": "Analytical Engines", "state": "NY"},
    },
    "fulfillment_groups": [{"id": "group_1", "item_ids": ["item_123"], "destination_type": "shipping"}],
    "affiliate_attribution": {"provider": "impact.com", "token": "atp_1", "touchpoint": "first"},
    "discounts": {"codes": ["SAVE10"]},
    "locale": "en-US",
    "timezone": "America/New_York",
    "metadata": {"cart": {"tags": ["a", 1]}},
    "order_notes": "Ring twice",
    "capabilities": {"interventions": {"supported": ["3ds"]}},
}
SOLD_HERE = {"item_123": 2, "item_456": 1, "item_789": 3, "sofa_123": 1, "laptop_pro_16_inch": 1, "ebook_123": 1}


def test_whatever_the_newest_version_says_can_be_read_in_every_version(caller, speaking):
    """Statements 6, 14: every kind of product, total, message and member there is, in its older words or not at all."""
    Promotion.objects.create(name="Autumn", currency="usd", rate_bps=333)
    Fee.objects.create(name="Handling", currency="usd", amount=199)
    newest = speaking(V5).create(items=SOLD_HERE, **EVERYTHING)
    assert amounts(newest.body["totals"]).keys() >= {"items_discount", "discount", "tax", "fee"}

    open_session = caller.get(newest.id)
    completed = caller.complete(newest.id, buyer=None)

    assert (open_session.body["status"], completed.body["status"]) == ("ready_for_payment", "completed")
    assert amounts(open_session.body["totals"]) == amounts(newest.body["totals"])
    assert open_session.body["buyer"]["email"] == "ada@example.com"


def test_a_session_names_the_version_it_is_written_in(caller):
    session = caller.create().body

    assert session.get("protocol") == ({"version": caller.version} if caller.version >= V4 else None)


@pytest.mark.parametrize("operation", ["create", "complete"])
def test_who_sent_the_buyer_is_heard_or_ignored(caller, operation):
    """Statement 93: the oldest version ignores it; no version repeats it (statement 87)."""
    path, body = caller.request(operation, caller.create().id)
    attribution = {"provider": "impact.com", "token": "atp_1", "touchpoint": "last"}

    answer = caller.post(path, body | {"affiliate_attribution": attribution})

    assert answer.status in (200, 201)
    assert "atp_1" not in str(answer.body)


def test_the_oldest_version_does_not_even_look_at_who_sent_the_buyer(speaking):
    """Statement 93: a member it does not know, in whatever shape, and the checkout proceeds."""
    answer = speaking(V1).create(affiliate_attribution={"provider": 7})

    assert answer.status == 201
