"""What becomes of an order: each deed adds to its history, and its quantities, its status and its agent follow."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from agents.errors import ApiError
from agents.models import OutgoingEvent
from catalog.models import Product
from checkout import operations
from checkout.models import Fulfillment, FulfillmentEvent, Order
from checkout.operations import Ask
from payments.money import Money
from payments.processors.base import RefundFailed
from payments.settling import record_refund
from tests.caller import ADDRESS, BUYER, payment
from vault.models import VaultToken

STAFF = Ask("staff")


@pytest.fixture
def order(caller):
    """Two stands and one cable, paid."""
    session = caller.create(
        line_items=[{"id": "item_456", "quantity": 2}, {"id": "item_789", "quantity": 1}],
        buyer=BUYER,
        fulfillment_details={"address": ADDRESS},
    )
    return completed(caller, session)


def completed(caller, session, token="tok_visa"):
    answer = caller.post(f"/checkout_sessions/{session['id']}/complete", payment(token))
    return Order.objects.get(id=answer.json()["order"]["id"])


def lines_of(order):
    return [line.id for line in order.session.line_items.order_by("position")]


def told():
    return json.loads(OutgoingEvent.objects.latest("sequence").data)


def quantities():
    return [tuple(line["quantity"].values()) for line in told()["line_items"]]


class TestShip:
    def test_everything(self, order):
        operations.ship_order(order_id=order.id)

        assert (told()["status"], quantities()) == ("shipped", [(2, 2, 2), (1, 1, 1)])

    def test_some_lines_and_then_the_rest(self, order):
        stand, cable = lines_of(order)
        operations.ship_order(order_id=order.id, quantities={stand: 1})
        assert (told()["status"], quantities()) == ("processing", [(2, 2, 1), (1, 1, 0)])

        operations.ship_order(order_id=order.id)

        assert [part["quantity"] for part in told()["fulfillments"][1]["line_items"]] == [1, 1]
        assert told()["status"] == "shipped"

    @pytest.mark.parametrize("quantity", [0, -1, 3])
    def test_not_more_than_there_is(self, order, quantity):
        with pytest.raises(ApiError, match="there are 2"):
            operations.ship_order(order_id=order.id, quantities={lines_of(order)[0]: quantity})

        assert not Fulfillment.objects.exists()

    def test_nothing_twice(self, order):
        operations.ship_order(order_id=order.id)

        with pytest.raises(ApiError, match="Nothing"):
            operations.ship_order(order_id=order.id)

    def test_not_before_a_held_payment_was_looked_at(self, caller):
        session = caller.ready()
        token = caller.delegate(session)
        VaultToken.objects.update(needs_review=True)
        order = completed(caller, session, token)
        with pytest.raises(ApiError, match="held"):
            operations.ship_order(order_id=order.id)

        operations.release_order(order_id=order.id)
        operations.ship_order(order_id=order.id)

        assert told()["status"] == "shipped"


class TestAParcel:
    def test_ends_with_its_delivery(self, order):
        operations.ship_order(order_id=order.id)
        assert operations.mark_delivered(order_id=order.id) == 1

        assert told()["status"] == "completed"
        with pytest.raises(ApiError, match="delivered"):
            operations.record_fulfillment_event(fulfillment_id=Fulfillment.objects.get().id, type="in_transit")

    def test_that_came_back_can_be_sent_again(self, order):
        parcel = operations.ship_order(order_id=order.id)
        operations.record_fulfillment_event(fulfillment_id=parcel.id, type="returned_to_sender")
        assert (told()["fulfillments"][0]["status"], told()["status"]) == ("failed", "confirmed")

        operations.ship_order(order_id=order.id)

        assert quantities() == [(2, 2, 2), (1, 1, 1)]

    def test_that_was_taken_back_and_then_reported_lost_is_not_there_twice(self, order):
        stand, _ = lines_of(order)
        parcel = operations.ship_order(order_id=order.id, quantities={stand: 2})
        stock = Product.objects.get(id="item_456").stock or 0
        operations.return_items(order_id=order.id, quantities={stand: 2}, ask=STAFF)
        operations.record_fulfillment_event(fulfillment_id=parcel.id, type="returned_to_sender")

        with pytest.raises(ApiError, match="there are 0"):
            operations.cancel_order(order_id=order.id, quantities={stand: 2}, ask=STAFF)

        assert quantities()[0] == (2, 0, 2)
        assert Product.objects.get(id="item_456").stock == stock + 2

    def test_is_not_picked_up(self, order):
        parcel = operations.ship_order(order_id=order.id)

        with pytest.raises(ApiError, match="does not happen"):
            operations.record_fulfillment_event(fulfillment_id=parcel.id, type="ready_for_pickup")

    def test_keeps_its_history(self, order):
        operations.ship_order(order_id=order.id)
        event = FulfillmentEvent.objects.get()

        with pytest.raises(TypeError, match="history"):
            event.save()
        with pytest.raises(TypeError, match="history"):
            event.delete()


class TestCancel:
    def test_gives_stock_and_money_back(self, order):
        stock = Product.objects.get(id="item_456").stock or 0
        operations.cancel_order(order_id=order.id, ask=STAFF)

        assert (told()["status"], quantities()) == ("canceled", [(2, 0, 0), (1, 0, 0)])
        assert totals()["amount_refunded"] == order.total_amount
        assert stock is not None
        assert Product.objects.get(id="item_456").stock == stock + 2

    def test_of_some_gives_back_what_they_cost(self, order):
        stand = order.session.line_items.order_by("position")[0]
        operations.cancel_order(order_id=order.id, quantities={stand.id: 1}, ask=STAFF)

        assert totals()["amount_refunded"] == stand.total_amount // 2
        assert [entry["type"] for entry in told()["adjustments"]] == ["cancellation", "refund"]

    def test_leaves_what_was_sent(self, order):
        stand, cable = lines_of(order)
        operations.ship_order(order_id=order.id, quantities={stand: 2})
        operations.cancel_order(order_id=order.id, ask=STAFF)

        assert (told()["status"], quantities()) == ("shipped", [(2, 2, 2), (1, 0, 0)])

    def test_ends_what_was_only_planned(self, order):
        operations.begin_fulfillment(order_id=order.id, type="shipping")
        operations.cancel_order(order_id=order.id, ask=STAFF)

        assert told()["fulfillments"][0]["status"] == "canceled"
        assert told()["status"] == "canceled"

    def test_twice_in_one_request_is_once(self, order):
        for _ in range(2):
            operations.cancel_order(
                order_id=order.id, quantities={lines_of(order)[0]: 1}, ask=Ask("staff", attempt="1")
            )

        assert quantities()[0] == (2, 1, 0)


class TestReturn:
    def test_gives_back_what_was_paid_for_it(self, order):
        stand = order.session.line_items.order_by("position")[0]
        operations.ship_order(order_id=order.id)
        operations.return_items(order_id=order.id, quantities={stand.id: 1}, ask=STAFF)

        assert quantities()[0] == (2, 1, 2)
        assert told()["line_items"][0]["status"] == "fulfilled"
        assert totals()["amount_refunded"] == stand.total_amount // 2

    def test_of_the_last_unit_gives_back_the_last_cent(self, caller):
        session = caller.create(
            line_items=[{"id": "item_456", "quantity": 3}], buyer=BUYER, fulfillment_details={"address": ADDRESS}
        )
        order = completed(caller, session)
        line = order.session.line_items.get()
        operations.ship_order(order_id=order.id)
        for _ in range(3):
            operations.return_items(order_id=order.id, quantities={line.id: 1}, ask=STAFF)

        assert totals()["amount_refunded"] == line.total_amount

    def test_leaves_what_was_kept_of_it_before(self, order):
        """Nothing more of the order is left, but some of it was sent: what that cost stays paid."""
        stand, cable = order.session.line_items.order_by("position")
        operations.ship_order(order_id=order.id, quantities={stand.id: 2})
        operations.return_items(order_id=order.id, quantities={stand.id: 2}, ask=STAFF, amount=Money(1, "usd"))
        operations.cancel_order(order_id=order.id, ask=STAFF)

        assert totals()["amount_refunded"] == 1 + cable.total_amount

    def test_is_of_what_was_sent(self, order):
        with pytest.raises(ApiError, match="there are 0"):
            operations.return_items(order_id=order.id, quantities={lines_of(order)[0]: 1}, ask=STAFF)


class TestRefund:
    def test_more_than_was_paid_changes_nothing(self, order):
        with pytest.raises(ApiError):
            operations.refund_order(order_id=order.id, ask=STAFF, amount=Money(order.total_amount + 1, "usd"))

        assert OutgoingEvent.objects.count() == 1

    def test_of_all_leaves_the_goods(self, order):
        operations.refund_order(order_id=order.id, ask=STAFF)

        assert totals()["amount_refunded"] == order.total_amount
        assert told()["status"] == "confirmed"

    @pytest.mark.parametrize("deed", ["cancel", "return"])
    def test_of_a_unit_is_not_given_again_when_the_unit_goes_back(self, order, deed):
        stand = order.session.line_items.order_by("position")[0]
        operations.refund_order(order_id=order.id, quantities={stand.id: 2}, ask=STAFF)
        if deed == "cancel":
            operations.cancel_order(order_id=order.id, quantities={stand.id: 2}, ask=STAFF)
        else:
            operations.ship_order(order_id=order.id)
            operations.return_items(order_id=order.id, quantities={stand.id: 2}, ask=STAFF)

        assert totals()["amount_refunded"] == stand.total_amount

    def test_that_failed_does_not_count(self, order):
        stand = order.session.line_items.order_by("position")[0]
        refund = operations.refund_order(order_id=order.id, quantities={stand.id: 2}, ask=STAFF)
        record_refund(refund, RefundFailed(refund.processor_id, "lost_or_stolen_card", "no such account"))
        operations.cancel_order(order_id=order.id, quantities={stand.id: 2}, ask=STAFF)

        assert order.payment.refunds.order_by("created_at").last().amount == stand.total_amount


def totals():
    return {total["type"]: total["amount"] for total in told()["totals"]}


def test_a_session_with_a_long_history_asks_no_more(caller, order, django_assert_max_num_queries):
    stand, _ = lines_of(order)
    for _ in range(2):
        parcel = operations.ship_order(order_id=order.id, quantities={stand: 1})
        operations.record_fulfillment_event(fulfillment_id=parcel.id, type="delivered")
        operations.return_items(order_id=order.id, quantities={stand: 1}, ask=STAFF)

    with django_assert_max_num_queries(15):  # two of them keep the call for the inspector
        caller.read({"id": order.session_id})


class TestTheCommand:
    def test_ships_and_prints_what_the_agent_sees(self, order, capsys):
        stand, _ = lines_of(order)
        call_command("order", order.number, "ship", "--line", f"{stand}=1", "--carrier", "UPS")

        shown = json.loads(capsys.readouterr().out)
        assert (shown["status"], shown["fulfillments"][0]["carrier"]) == ("processing", "UPS")

    @pytest.mark.parametrize("words", [["ship", "--line", "x"], ["ship", "--line", "li_no=1"], ["return"]])
    def test_says_what_is_wrong(self, order, words):
        with pytest.raises(CommandError):
            call_command("order", order.number, *words)

    def test_refunds_an_amount_and_prints_an_older_version(self, order, capsys):
        call_command("order", order.id, "refund", "--amount", "12.50", "--api-version", "2025-09-29")

        assert json.loads(capsys.readouterr().out)["refunds"] == [{"type": "original_payment", "amount": 1250}]


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_ship_the_same_at_once_ship_it_once(transactional_db):
    from tests.caller import Caller

    call_command("seed_catalog", verbosity=0)
    caller = Caller()
    order = completed(caller, caller.ready())

    def ship(_):
        try:
            operations.ship_order(order_id=order.id)
        except ApiError:
            return "refused"
        finally:
            connection.close()
        return "sent"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ship, range(4))) == ["refused", "refused", "refused", "sent"]
