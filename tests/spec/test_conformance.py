"""Every endpoint in every version. `Caller` measures each answer it gets, by the official schema and by arithmetic
(statement 14 of acp.md §6); here stands what else it must say."""

from urllib.parse import urlsplit

import pytest

from tests.spec import bodies
from tests.spec.bodies import ADDRESS, BEFORE_LINE_ITEMS, DECLINED_CARD, V1, V5
from tests.spec.caller import DELEGATE_PAYMENT
from tests.spec.measures import amounts, line_amounts, selected_ids

IN_NEW_YORK = ADDRESS | {"city": "New York", "state": "NY", "postal_code": "10001"}
ON_MARS = ADDRESS | {"country": "XX", "state": "XX"}


class TestCreate:
    def test_with_an_address_is_ready_for_payment(self, caller):
        """Statements 14, 32: create answers 201 with the full state, valid in the caller's version."""
        answer = caller.create()

        assert answer.status == 201
        assert answer.body["status"] == "ready_for_payment"
        assert amounts(answer.body["totals"])["total"] == 7_999 + 500

    def test_without_an_address_is_not_ready_and_says_so(self, caller):
        answer = caller.create(address=None)

        assert answer.status == 201
        assert answer.body["status"] == "not_ready_for_payment"
        assert answer.body["messages"][0]["code"] == "missing"
        assert answer.body["messages"][0]["param"] == _address_path(caller)

    @pytest.mark.parametrize("member", ["name", "line_one", "city", "country"])
    def test_with_half_an_address_asks_for_the_rest(self, caller, member):
        answer = caller.create(address=ADDRESS | {member: " "})

        assert answer.body["status"] == "not_ready_for_payment"
        asked = [(message["code"], message["param"]) for message in answer.body["messages"]]
        assert asked == [("missing", f"{_address_path(caller)}.{member}")]

    def test_digital_goods_need_no_address(self, caller):
        answer = caller.create(items={"ebook_123": 1}, address=None)

        assert answer.body["status"] == "ready_for_payment"
        assert [option["type"] for option in answer.body["fulfillment_options"]] == ["digital"]

    def test_both_kinds_of_goods_are_delivered_each_in_its_way(self, caller):
        answer = caller.create(items={"item_123": 1, "ebook_123": 1})

        assert {option["type"] for option in answer.body["fulfillment_options"]} == {"shipping", "digital"}

    def test_adds_up_with_a_sale_a_tax_and_several_of_each(self, caller):
        """Statements 6, 39: integers in minor units, and a total."""
        answer = caller.create(items={"item_789": 3, "item_123": 2, "ebook_123": 1}, address=IN_NEW_YORK)

        totals = amounts(answer.body["totals"])
        assert totals["items_base_amount"] == 3 * 1_500 + 2 * 7_999 + 1_499
        assert totals["items_discount"] == 3 * 300
        assert totals["tax"] > 0
        assert totals["total"] == totals["subtotal"] + totals["fulfillment"] + totals["tax"]

    def test_tells_the_amounts_of_each_line(self, caller):
        answer = caller.create(items={"item_789": 3})

        line = line_amounts(caller.version, answer.body["line_items"][0])
        assert (line["items_base_amount"], line["items_discount"], line["subtotal"]) == (4_500, 900, 3_600)

    def test_of_goods_that_are_sold_out_is_a_session_that_says_so(self, caller):
        answer = caller.create(items={"out_of_stock_item": 1})

        assert answer.status == 201
        assert answer.body["status"] == "not_ready_for_payment"
        assert answer.body["messages"][0]["code"] == "out_of_stock"

    @pytest.mark.parametrize(
        ("item", "quantity", "code", "older_code"),
        [("item_456", 11, "quantity_exceeded", "invalid"), ("item_789", 501, "low_stock", "out_of_stock")],
    )
    def test_of_too_many_is_a_session_that_says_so(self, caller, item, quantity, code, older_code):
        answer = caller.create(items={item: quantity})

        assert answer.body["status"] == "not_ready_for_payment"
        assert answer.body["messages"][0]["code"] == (older_code if caller.version in BEFORE_LINE_ITEMS else code)

    def test_to_where_we_do_not_deliver_is_a_session_that_says_so(self, caller):
        answer = caller.create(address=ON_MARS)

        assert answer.body["status"] == "not_ready_for_payment"
        assert answer.body["fulfillment_options"] == []
        assert answer.body["messages"][0]["param"] == f"{_address_path(caller)}.country"

    def test_sums_an_item_that_is_named_twice(self, caller):
        answer = caller.create(items=[{"id": "item_123", "quantity": 1}, {"id": "item_123", "quantity": 3}])

        assert len(answer.body["line_items"]) == 1
        assert amounts(answer.body["totals"])["items_base_amount"] == 4 * 7_999


class TestGet:
    def test_answers_what_create_answered(self, caller):
        """Statement 34: GET answers 200 (and 404: see test_refusals)."""
        created = caller.create()

        answer = caller.get(created.id)

        assert answer.status == 200
        assert answer.body == created.body

    def test_shows_an_order_where_the_version_has_one_on_every_session(self, caller):
        session_id = caller.create().id
        order = caller.complete(session_id).body["order"]

        answer = caller.get(session_id)

        assert answer.body["status"] == "completed"
        assert answer.body.get("order") == (None if caller.version == V1 else order)


class TestUpdate:
    def test_answers_the_full_state(self, caller):
        """Statement 33: update answers 200 with the full state."""
        created = caller.create(address=None)

        answer = caller.update(created.id, address=ADDRESS)

        assert answer.status == 200
        assert answer.body["status"] == "ready_for_payment"
        assert answer.body.keys() >= created.body.keys()

    def test_replaces_the_items(self, caller):
        session_id = caller.create().id

        answer = caller.update(session_id, items={"item_456": 2})

        assert [line["item"]["id"] for line in answer.body["line_items"]] == ["item_456"]
        assert amounts(answer.body["totals"])["items_base_amount"] == 7_000

    @pytest.mark.parametrize("option", ["express_shipping", "shipping_express"])
    def test_chooses_how_to_ship(self, caller, option):
        """Statement 40: what is selected is one of the options."""
        session_id = caller.create().id

        answer = caller.update(session_id, option=option)

        assert selected_ids(answer.body) == ["express_shipping"]
        assert "express_shipping" in [option["id"] for option in answer.body["fulfillment_options"]]
        assert amounts(answer.body["totals"])["fulfillment"] == 1_500

    def test_to_an_option_that_is_not_there_says_so(self, caller):
        session_id = caller.create().id

        answer = caller.update(session_id, option="fulfillment_option_456")

        assert answer.status == 200
        assert answer.body["status"] == "not_ready_for_payment"
        assert answer.body["messages"][0]["code"] == "invalid"

    def test_keeps_what_it_does_not_name(self, caller):
        session_id = caller.create(items={"item_123": 2}).id

        answer = caller.update(session_id, buyer={"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"})

        assert answer.body["buyer"]["email"] == "ann@example.com"
        assert answer.body["status"] == "ready_for_payment"
        assert amounts(answer.body["totals"])["items_base_amount"] == 2 * 7_999

    def test_clears_what_it_says_is_null(self, caller):
        session_id = caller.create().id
        member = "fulfillment_address" if caller.version == V1 else "fulfillment_details"

        answer = caller.post(f"/checkout_sessions/{session_id}", {member: None})

        assert answer.status == 200
        assert answer.body["status"] == "not_ready_for_payment"
        assert member not in answer.body


class TestComplete:
    def test_with_a_delegated_token_makes_an_order(self, caller):
        """Statements 35, 99: a delegated token completes a session, and there is an order."""
        session_id = caller.create().id
        token = caller.delegate(session_id, max_amount=8_499)
        assert token.status == 201

        answer = caller.complete(session_id, token.id)

        assert answer.status == 200
        assert answer.body["status"] == "completed"
        assert answer.body["order"]["checkout_session_id"] == session_id

    @pytest.mark.parametrize("token", ["tok_visa", "pm_card_visa"])
    def test_with_the_processors_own_token_makes_an_order(self, caller, token):
        session_id = caller.create().id

        answer = caller.complete(session_id, token)

        assert (answer.status, answer.body["status"]) == (200, "completed")
        assert answer.body["order"]["permalink_url"].startswith("http")

    def test_opens_the_orders_page(self, caller, client):
        order = caller.complete(caller.create().id).body["order"]

        page = client.get(urlsplit(order["permalink_url"]).path)

        assert page.status_code == 200

    def test_that_is_declined_leaves_a_session_that_can_be_paid(self, caller):
        session_id = caller.create().id

        declined = caller.complete(session_id, "pm_card_chargeDeclined")
        paid = caller.complete(session_id, "tok_visa")

        assert (declined.status, declined.body["status"]) == (200, "ready_for_payment")
        assert declined.body["messages"][0]["code"] == "payment_declined"
        assert paid.body["status"] == "completed"

    def test_with_a_delegated_card_that_is_declined_says_so(self, caller):
        session_id = caller.create().id
        token = caller.delegate(session_id, number=DECLINED_CARD)

        answer = caller.complete(session_id, token.id)

        assert answer.body["messages"][0]["code"] == "payment_declined"

    def test_of_digital_goods_needs_no_address(self, caller):
        session_id = caller.create(items={"ebook_123": 1}, address=None).id

        answer = caller.complete(session_id)

        assert answer.body["status"] == "completed"


class TestCancel:
    def test_answers_a_canceled_session(self, caller):
        """Statement 36: cancel answers 200 and a canceled session (and 405: see test_refusals)."""
        session_id = caller.create().id

        answer = caller.cancel(session_id)

        assert (answer.status, answer.body["status"]) == (200, "canceled")

    def test_needs_no_body(self, caller):
        session_id = caller.create().id

        answer = caller.post(f"/checkout_sessions/{session_id}/cancel")

        assert answer.body["status"] == "canceled"


class TestDelegatePayment:
    def test_answers_a_token_and_where_it_belongs(self, caller):
        """Statements 99, 100: 201, an id of its own, and metadata of strings that names the merchant."""
        first = caller.delegate("cs_some_session")
        second = caller.delegate("cs_some_session")

        assert (first.status, second.status) == (201, 201)
        assert first.id.startswith("vt_")
        assert first.id != second.id
        assert first.body["metadata"]["merchant_id"] == "merchant_123"
        assert ("idempotency_key" in first.body["metadata"]) == (caller.version == V5)

    def test_wants_a_risk_signal_before_2026_04_17(self, caller):
        """Statement 104: since then the list may be empty."""
        body = bodies.delegate_body("cs_some_session") | {"risk_signals": []}

        answer = caller.post(DELEGATE_PAYMENT, body)

        assert answer.status == (201 if caller.version == V5 else 400)

    def test_refuses_a_number_that_no_card_has(self, caller):
        answer = caller.delegate("cs_some_session", number="4242424242424241")

        assert answer.status in (400, 422)
        assert (answer.body["code"], answer.body["param"]) == ("invalid_card", "$.payment_method.number")


def _address_path(caller):
    return "$.fulfillment_address" if caller.version == V1 else "$.fulfillment_details.address"
