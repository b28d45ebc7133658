"""What an older caller sends and reads, where it differs from the newest version."""

import pytest

from agents.versioning import SUPPORTED
from checkout.versions import VERSIONS
from tests.caller import ADDRESS, Caller

V1, V2, V3, V4, V5 = reversed(SUPPORTED)


@pytest.fixture
def first(shop):
    """An agent that never moved on from the first version."""
    return Caller(version=V1)


def post(caller, path, body, status=200):
    answer = caller.post(path, body)
    assert answer.status_code == status, answer.content
    return answer.json()


class TestRequestsOfTheFirstVersion:
    def test_items_and_address_become_lines_and_details(self, first):
        body = {"items": [{"id": "item_123", "quantity": 2}], "fulfillment_address": ADDRESS}

        session = post(first, "/checkout_sessions", body, 201)

        assert session["line_items"][0]["item"] == {"id": "item_123", "quantity": 2}
        assert session["line_items"][0]["base_amount"] == 2 * 7999
        assert session["fulfillment_address"] == ADDRESS

    def test_an_option_id_selects_a_delivery_and_null_clears_it(self, first):
        body = {"items": [{"id": "item_123", "quantity": 1}], "fulfillment_address": ADDRESS}
        session = post(first, "/checkout_sessions", body, 201)
        path = f"/checkout_sessions/{session['id']}"

        chosen = post(first, path, {"fulfillment_option_id": "express_shipping"})
        cleared = post(first, path, {"fulfillment_option_id": None})

        assert chosen["fulfillment_option_id"] == "express_shipping"
        assert cleared["fulfillment_option_id"] == "standard_shipping"

    def test_an_option_id_may_be_that_of_digital_delivery(self, first):
        session = post(first, "/checkout_sessions", {"items": [{"id": "ebook_123", "quantity": 1}]}, 201)

        updated = post(first, f"/checkout_sessions/{session['id']}", {"fulfillment_option_id": "digital_delivery"})

        assert (updated["status"], updated["messages"]) == ("ready_for_payment", [])

    @pytest.mark.parametrize(
        ("body", "param"),
        [
            ({}, "$.items"),
            ({"items": []}, "$.items"),
            ({"items": [{"id": "nothing", "quantity": 1}]}, "$.items[0].id"),
            ({"items": [{"id": "item_123", "quantity": 0}]}, "$.items[0].quantity"),
            ({"items": "all"}, "$.items"),
            ({"items": [{"id": "item_123"}], "fulfillment_address": {"city": "SF"}}, "$.fulfillment_address.name"),
            ({"items": [{"id": "item_123"}], "fulfillment_address": "here"}, "$.fulfillment_address"),
        ],
    )
    def test_a_refusal_points_into_the_body_that_was_sent(self, first, body, param):
        """Statement 11: `param` is a JSONPath, in the caller's own words."""
        assert post(first, "/checkout_sessions", body, 400)["param"] == param

    @pytest.mark.parametrize(
        "newer", ["line_items", "currency", "capabilities", "fulfillment_details", "metadata", "order_notes"]
    )
    def test_what_only_newer_versions_have_is_refused(self, first, newer):
        """Statement 46: each version has its own fields."""
        error = post(first, "/checkout_sessions", {"items": [{"id": "item_123"}], newer: {}}, 400)

        assert (error["code"], error["param"]) == ("unknown_field", f"$.{newer}")

    def test_attribution_is_ignored_not_refused(self, first):
        body = {"items": [{"id": "item_123"}], "affiliate_attribution": {"provider": "impact.com", "token": "t"}}

        post(first, "/checkout_sessions", body, 201)

    def test_a_token_problem_points_at_the_token(self, first):
        session = post(first, "/checkout_sessions", {"items": [{"id": "ebook_123"}]}, 201)
        body = {"payment_data": {"token": "vt_nobody_has_this", "provider": "stripe"}}

        error = post(first, f"/checkout_sessions/{session['id']}/complete", body, 400)

        assert (error["code"], error["param"]) == ("token_not_found", "$.payment_data.token")


class TestAnswersToOlderVersions:
    def test_a_missing_address_is_asked_for_by_the_version_own_name(self, first):
        body = {"items": [{"id": "item_123"}]}

        params = {
            version: Caller(version, version)
            .post(
                "/checkout_sessions",
                body if version < V4 else {"line_items": body["items"], "currency": "usd", "capabilities": {}},
            )
            .json()["messages"][0]["param"]
            for version in SUPPORTED
        }

        assert params == {V1: "$.fulfillment_address"} | dict.fromkeys(
            (V2, V3, V4, V5), "$.fulfillment_details.address"
        )

    def test_warnings_become_information(self, shop):
        newest = Caller()
        session = newest.ready()
        newest.update(session, discounts={"codes": ["NOPE"]})

        message = newest.get(f"/checkout_sessions/{session['id']}", headers={"API-Version": V3}).json()["messages"][0]

        assert message["type"] == "info"
        assert "code" not in message

    def test_codes_that_are_newer_become_the_nearest(self, shop):
        newest = Caller()
        session = newest.ready(line_items=[{"id": "item_456", "quantity": 11}])

        message = newest.get(f"/checkout_sessions/{session['id']}", headers={"API-Version": V1}).json()["messages"][0]

        assert (message["code"], message["param"]) == ("invalid", "$.line_items[0].quantity")

    def test_an_order_shows_as_much_as_its_version_knows(self, shop):
        newest = Caller()
        session = newest.ready()
        newest.complete(session, "tok_visa")
        path = f"/checkout_sessions/{session['id']}"

        orders = {
            version: newest.get(path, headers={"API-Version": version}).json().get("order") for version in SUPPORTED
        }

        assert orders[V1] is None  # its sessions have no member for it; only the answer to `complete` has
        assert orders[V2].keys() == orders[V3].keys() == {"id", "checkout_session_id", "permalink_url"}
        assert orders[V4]["status"] == "confirmed"
        assert "totals" in orders[V5]

    def test_every_version_has_the_same_total(self, shop):
        newest = Caller()
        session = newest.ready("item_123", "ebook_123")

        totals = {
            total["amount"]
            for version in SUPPORTED
            for total in newest.get(f"/checkout_sessions/{session['id']}", headers={"API-Version": version}).json()[
                "totals"
            ]
            if total["type"] == "total"
        }

        assert len(totals) == 1


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize(
    "name", ["CheckoutSessionCreateRequest", "CheckoutSessionUpdateRequest", "CheckoutSessionCompleteRequest"]
)
@pytest.mark.parametrize(
    "body",
    [
        {"items": 1, "payment_data": 1, "fulfillment_address": 1, "selected_fulfillment_options": 1},
        {"items": [1, None], "payment_data": {"token": 1}, "selected_fulfillment_options": [1, {}, {"type": 1}]},
        {"fulfillment_details": 1, "payment_data": {"billing_address": 1}},
    ],
)
def test_upgrading_nonsense_leaves_it_for_validation(version, name, body):
    from agents.errors import ApiError

    try:
        VERSIONS.upgrade(name, body, since=version)
    except ApiError as refused:
        assert refused.code == "unknown_field"
