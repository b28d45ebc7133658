"""Creating, updating, reading, canceling and expiring: the state an agent is told is the state."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from catalog.models import Fee, Product, Promotion, TaxRate
from checkout.models import CheckoutSession
from checkout.operations import _sessions, expire_sessions
from tests.caller import ADDRESS, BUYER, Caller, total_of


def codes(session):
    return [message["code"] for message in session["messages"] if message["type"] == "error"]


class TestCreate:
    def test_without_an_address_asks_for_one(self, caller):
        session = caller.create()

        assert session["status"] == "not_ready_for_payment"
        assert [message["param"] for message in session["messages"]] == ["$.fulfillment_details.address"]

    def test_of_digital_goods_needs_no_address(self, caller):
        session = caller.create("ebook_123")

        assert session["status"] == "ready_for_payment"
        assert [option["type"] for option in session["fulfillment_options"]] == ["digital"]

    def test_sums_an_id_named_twice(self, caller):
        session = caller.create(line_items=[{"id": "item_123", "quantity": 2}, {"id": "item_123"}])

        assert [line["quantity"] for line in session["line_items"]] == [3]
        assert total_of(session, "subtotal") == 3 * 7999

    def test_chooses_the_cheapest_delivery(self, caller):
        session = caller.ready()

        assert session["selected_fulfillment_options"][0]["option_id"] == "standard_shipping"
        assert session["selected_fulfillment_options"][0]["item_ids"] == [session["line_items"][0]["id"]]

    def test_tells_where_we_do_not_deliver(self, caller):
        session = caller.ready(fulfillment_details={"address": ADDRESS | {"country": "AQ"}})

        assert codes(session) == ["region_restricted"]
        assert session["status"] == "not_ready_for_payment"

    @pytest.mark.parametrize(
        ("product", "quantity", "code"),
        [
            ("out_of_stock_item", 1, "out_of_stock"),
            ("item_456", 9_999, "low_stock"),
            ("item_789", 6, "quantity_exceeded"),
        ],
    )
    def test_tells_what_stands_in_the_way_of_a_quantity(self, caller, product, quantity, code):
        Product.objects.filter(id="item_456").update(max_quantity_per_order=None)
        Product.objects.filter(id="item_789").update(stock=None, max_quantity_per_order=5)

        session = caller.ready(line_items=[{"id": product, "quantity": quantity}])

        assert codes(session) == [code]

    @pytest.mark.parametrize("quantity", [0, -1, 1.5, 10_000, 10**30, "2", None, True, [1]])
    def test_refuses_an_impossible_quantity(self, caller, quantity):
        body = {"currency": "usd", "capabilities": {}, "line_items": [{"id": "item_123", "quantity": quantity}]}

        answer = caller.post("/checkout_sessions", body)

        assert (answer.status_code, answer.json()["param"]) == (400, "$.line_items[0].quantity")
        assert not CheckoutSession.objects.exists()

    def test_accepts_a_whole_number_however_it_is_written(self, caller):
        assert caller.create(line_items=[{"id": "item_123", "quantity": 2.0}])["line_items"][0]["quantity"] == 2

    def test_refuses_an_item_nobody_sells(self, caller):
        body = {"currency": "usd", "capabilities": {}, "line_items": [{"id": "item_123"}, {"id": "nothing"}]}

        answer = caller.post("/checkout_sessions", body)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_item_id")
        assert answer.json()["param"] == "$.line_items[1].id"

    def test_adds_promotions_fees_and_taxes_up(self, caller):
        TaxRate.objects.update_or_create(country="US", state="CA", defaults={"goods_bps": 875, "shipping_bps": 875})
        Promotion.objects.create(name="Ten percent", currency="usd", minimum_amount=0, rate_bps=1000)
        Fee.objects.create(name="Handling", currency="usd", amount=150)

        session = caller.ready("item_123", "item_456", "ebook_123")

        amounts = {total["type"]: total["amount"] for total in session["totals"]}
        assert amounts["discount"] == amounts["subtotal"] // 10
        assert amounts["fee"] == 150
        assert amounts["tax"] > 0
        assert (
            amounts["total"]
            == sum(amounts[type] for type in ("subtotal", "fulfillment", "tax", "fee")) - amounts["discount"]
        )


class TestUpdate:
    def test_replaces_what_it_names_and_keeps_the_rest(self, caller):
        session = caller.ready()

        updated = caller.update(session, line_items=[{"id": "item_456", "quantity": 2}])

        assert [line["item"]["id"] for line in updated["line_items"]] == ["item_456"]
        assert updated["buyer"]["email"] == BUYER["email"]
        assert updated["fulfillment_details"]["address"] == ADDRESS

    def test_keeps_the_id_of_a_line_that_stays(self, caller):
        session = caller.ready("item_123", "item_456")

        updated = caller.update(session, line_items=[{"id": "item_456", "quantity": 3}])

        assert updated["line_items"][0]["id"] == session["line_items"][1]["id"]

    def test_does_not_forget_that_a_line_is_no_longer_sold(self, caller):
        session = caller.ready("item_456")
        Product.objects.filter(id="item_456").update(is_active=False)

        updated = caller.update(session, order_notes="Ring twice")

        assert codes(updated) == ["out_of_stock"]
        assert updated["status"] == "not_ready_for_payment"

    def test_null_clears(self, caller):
        session = caller.ready()

        updated = caller.update(session, fulfillment_details=None)

        assert "fulfillment_details" not in updated
        assert codes(updated) == ["missing"]

    def test_selects_a_delivery(self, caller):
        session = caller.ready()
        wish = {"type": "shipping", "option_id": "shipping_express", "item_ids": []}

        updated = caller.update(session, selected_fulfillment_options=[wish])

        assert updated["selected_fulfillment_options"][0]["option_id"] == "express_shipping"
        assert total_of(updated, "fulfillment") > total_of(session, "fulfillment")

    def test_tells_of_a_delivery_that_does_not_exist(self, caller):
        session = caller.ready()
        wish = {"type": "shipping", "option_id": "teleport", "item_ids": []}

        updated = caller.update(session, selected_fulfillment_options=[wish])

        assert codes(updated) == ["invalid"]
        assert updated["status"] == "not_ready_for_payment"

    def test_tells_of_discount_codes_we_do_not_know(self, caller):
        session = caller.ready()

        updated = caller.update(session, discounts={"codes": ["SAVE10"]})

        assert updated["messages"][0]["code"] == "discount_code_invalid"
        assert updated["discounts"]["rejected"] == [{"code": "SAVE10", "reason": "discount_code_invalid"}]
        assert updated["status"] == "ready_for_payment"

    @pytest.mark.parametrize(
        ("members", "param"),
        [
            ({"discounts": {"codes": ["A"] * 51}}, "$.discounts.codes"),
            ({"coupons": ["A"] * 51}, "$.coupons"),
            (
                {"selected_fulfillment_options": [{"type": "shipping", "option_id": "a", "item_ids": []}] * 201},
                "$.selected_fulfillment_options",
            ),
        ],
    )
    def test_refuses_more_wishes_than_can_be_answered_one_by_one(self, caller, members, param):
        session = caller.ready()

        answer = caller.post(f"/checkout_sessions/{session['id']}", members)

        assert (answer.status_code, answer.json()["param"]) == (400, param)

    def test_of_a_finished_session_is_refused(self, caller):
        session = caller.ready()
        caller.post(f"/checkout_sessions/{session['id']}/cancel")

        answer = caller.post(f"/checkout_sessions/{session['id']}", {"order_notes": "too late"})

        assert (answer.status_code, answer.json()["code"]) == (409, "session_canceled")


class TestCancel:
    def test_keeps_the_reason_to_itself(self, caller):
        session = caller.ready()
        trace = {"reason_code": "shipping_cost", "metadata": {"shown": 1299}}

        answer = caller.post(f"/checkout_sessions/{session['id']}/cancel", {"intent_trace": trace})

        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
        assert "shipping_cost" not in answer.content.decode()
        assert CheckoutSession.objects.get().intent_trace == trace

    def test_of_a_finished_session_is_405(self, caller):
        session = caller.ready()
        caller.post(f"/checkout_sessions/{session['id']}/cancel")

        assert caller.post(f"/checkout_sessions/{session['id']}/cancel").status_code == 405


class TestExpiry:
    def test_is_told_on_read(self, caller):
        session = caller.ready()

        with time_machine.travel(timezone.now() + timedelta(hours=1)):
            assert caller.read(session)["status"] == "expired"

    def test_is_refused_at_complete_even_if_nobody_wrote_it_down(self, caller):
        session = caller.ready()

        with time_machine.travel(timezone.now() + timedelta(hours=1)):
            answer = caller.complete(session, "tok_visa")

        assert (answer.status_code, answer.json()["code"]) == (409, "session_expired")

    def test_is_written_down_by_a_command(self, caller, capsys):
        caller.ready()

        with time_machine.travel(timezone.now() + timedelta(hours=1)):
            call_command("expire_sessions")

        assert "1 session expired" in capsys.readouterr().out
        assert CheckoutSession.objects.get().status == "expired"

    def test_is_written_down_a_few_at_a_time(self, caller, monkeypatch):
        """Nobody else can write to SQLite meanwhile."""
        monkeypatch.setattr(_sessions, "EXPIRED_AT_ONCE", 2)
        for _ in range(5):
            caller.ready()

        with time_machine.travel(timezone.now() + timedelta(hours=1)):
            assert expire_sessions() == 5
            assert expire_sessions() == 0

    @pytest.mark.needs_postgres
    def test_is_found_by_index_however_many_sessions_there_are(self, caller):
        agent, now = caller.agent, timezone.now()
        done = [CheckoutSession(agent=agent, currency="usd", status="completed", expires_at=now) for _ in range(3_000)]
        CheckoutSession.objects.bulk_create(done)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE checkout_checkoutsession")

        assert "open_sessions_by_expiry" in CheckoutSession.objects.lapsed(now).explain()
        assert "waiting_sessions_by_expiry" in CheckoutSession.objects.waiting_too_long(now).explain()


class TestIsolation:
    def test_another_agents_session_does_not_exist(self, caller):
        session = caller.ready()
        stranger = Caller("stranger")
        path = f"/checkout_sessions/{session['id']}"

        answers = [
            stranger.get(path),
            stranger.post(path, {}),
            stranger.complete(session, "tok_visa"),
            stranger.post(f"{path}/cancel"),
        ]

        assert [answer.status_code for answer in answers] == [404] * 4
        assert CheckoutSession.objects.get().status == "ready_for_payment"
