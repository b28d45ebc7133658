"""Every event, in every version, is what that version's webhook schema says; and the specification's own orders."""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from agents.models import OutgoingEvent
from agents.versioning import SUPPORTED
from checkout import operations
from checkout.models import Order
from checkout.operations import Ask, Tracking
from payments.models import Payment
from payments.money import Money
from payments.settling import refund_payment
from tests.caller import ADDRESS, Caller, payment
from tests.spec import official

UPS = Tracking(carrier="UPS", tracking_number="1Z999AA10123456784", tracking_url="https://www.ups.com/track?n=1Z99")


@pytest.fixture
def caller(catalogue):
    """Who buys in the newest version; the events are in others."""
    return Caller()


@pytest.fixture
def schema(acp_spec):
    """A function that measures an event against a version's webhook document."""

    def measure(version, event):
        folder = acp_spec / "spec" / version / "openapi"
        documents = {
            f"https://acp.test/{name}": DRAFT202012.create_resource(yaml.safe_load((folder / name).read_text()))
            for name in ("openapi.agentic_checkout.yaml", "openapi.agentic_checkout_webhook.yaml")
        }
        reference = "https://acp.test/openapi.agentic_checkout_webhook.yaml#/components/schemas/WebhookEvent"
        validator = Draft202012Validator(
            {"$ref": reference},
            registry=Registry().with_resources(documents.items()),
            format_checker=official.format_checker(),
        )
        error = best_match(validator.iter_errors(event))
        assert error is None, f"{version}: {error.json_path}: {error.message}"

    return measure


def bought(caller, *item_ids, token="tok_visa"):
    session = caller.ready(*item_ids)
    answer = caller.post(f"/checkout_sessions/{session['id']}/complete", payment(token))
    return Order.objects.get(id=answer.json()["order"]["id"])


def live(order):
    """Everything that can become of an order of two physical lines and a digital one."""
    stand, cable, book = (line.id for line in order.session.line_items.order_by("position"))
    ask = Ask("staff", reason="defective", description="Broken on arrival")
    parcel = operations.ship_order(order_id=order.id, quantities={stand: 1}, tracking=UPS)
    operations.record_fulfillment_event(fulfillment_id=parcel.id, type="in_transit", location="Oakland, CA")
    operations.record_fulfillment_event(fulfillment_id=parcel.id, type="delivered")
    operations.deliver_digitally(
        order_id=order.id, tracking=Tracking(access_url="https://shop.example/b", license_key="K")
    )
    operations.cancel_order(order_id=order.id, quantities={cable: 1}, ask=ask)
    operations.return_items(order_id=order.id, quantities={stand: 1}, ask=ask)
    operations.refund_order(order_id=order.id, quantities={book: 1}, ask=ask)
    refund_payment(payment=Payment.objects.get(), amount=Money(1, "usd"), requested_by="staff")


@pytest.mark.parametrize("version", SUPPORTED)
def test_every_event_is_valid_in_the_version_of_its_session(version, caller, schema):
    order = bought(caller, "item_456", "item_789", "ebook_123")
    order.session.api_version = version
    order.session.save()

    live(order)

    events = list(OutgoingEvent.objects.order_by("sequence"))[1:]
    assert len(events) == 10
    assert {event.api_version for event in events} == {version}
    for event in events:
        schema(version, json.loads(event.payload()))


def test_the_first_event_is_valid_too(caller, schema):
    bought(caller)

    event = OutgoingEvent.objects.get()
    assert event.type == "order_create"
    schema(event.api_version, json.loads(event.payload()))


def test_older_versions_read_of_refunds_and_of_a_status_they_know(caller):
    order = bought(caller, "ebook_123")
    order.session.api_version = "2026-01-30"
    order.session.save()

    operations.deliver_digitally(order_id=order.id)
    operations.refund_order(order_id=order.id, ask=Ask("staff"), amount=Money(100, "usd"))

    data = json.loads(OutgoingEvent.objects.latest("sequence").data)
    assert (data["status"], data["refunds"]) == ("fulfilled", [{"type": "original_payment", "amount": 100}])


class TestTheOfficialOrders:
    """What the specification shows, done by operations: ours says the same where the tale is the same."""

    @pytest.fixture
    def example(self, acp_spec):
        return lambda name: json.loads((acp_spec / "examples" / "orders" / f"{name}.json").read_text())

    @pytest.fixture
    def shown(self, caller):
        def show(order):
            body = caller.read({"id": order.session_id})["order"]
            official.validate("2026-04-17", "agentic_checkout", "Order", body)
            return body

        return show

    def test_simple(self, caller, example):
        order = bought(caller, "item_456")

        older = caller.speaking("2026-01-16").get(f"/checkout_sessions/{order.session_id}").json()["order"]

        assert older.keys() == {name for name in example("simple-order") if name[0] not in "$_"}
        assert older["permalink_url"] == order.get_absolute_url()

    def test_shipped(self, caller, example, shown):
        order, official_order = bought(caller, "item_456", "item_789"), example("shipped-order")
        happened = [event["type"] for event in official_order["fulfillments"][0]["events"]]
        parcel = operations.begin_fulfillment(order_id=order.id, type="shipping", happened=happened[:1])
        for type in happened[1:]:
            operations.record_fulfillment_event(fulfillment_id=parcel.id, type=type)

        assert gist(shown(order)) == gist(official_order)

    def test_digital(self, caller, example, shown):
        order = bought(caller, "ebook_123")
        operations.deliver_digitally(order_id=order.id, tracking=Tracking(license_key="PPRO"))

        assert gist(shown(order)) == gist(example("digital-fulfillment"))

    def test_partly_shipped(self, caller, example, shown):
        session = caller.create(
            line_items=[{"id": "item_456", "quantity": 3}, {"id": "item_789", "quantity": 2}],
            fulfillment_details={"address": ADDRESS},
        )
        answer = caller.post(f"/checkout_sessions/{session['id']}/complete", payment("tok_visa"))
        order = Order.objects.get(id=answer.json()["order"]["id"])
        shoes, shirts = (line.id for line in order.session.line_items.order_by("position"))
        parcel = operations.ship_order(order_id=order.id, quantities={shoes: 3})
        operations.record_fulfillment_event(fulfillment_id=parcel.id, type="delivered")
        operations.begin_fulfillment(order_id=order.id, type="shipping", quantities={shirts: 2})

        assert gist(shown(order)) == gist(example("partial-fulfillment"))

    def test_refunded(self, caller, example, shown):
        session = caller.create(
            line_items=[{"id": "item_456", "quantity": 2}, {"id": "item_789", "quantity": 1}],
            fulfillment_details={"address": ADDRESS},
        )
        answer = caller.post(f"/checkout_sessions/{session['id']}/complete", payment("tok_visa"))
        order = Order.objects.get(id=answer.json()["order"]["id"])
        headphones = order.session.line_items.order_by("position")[0].id
        operations.ship_order(order_id=order.id)
        operations.mark_delivered(order_id=order.id)
        operations.refund_order(order_id=order.id, quantities={headphones: 1}, ask=Ask("staff", reason="defective"))

        ours, theirs = shown(order), example("refunded-order")
        assert gist(ours) == gist(theirs)
        assert [[entry[name] for name in ("type", "status", "reason")] for entry in ours["adjustments"]] == [
            ["refund", "completed", "defective"]
        ]


def gist(order):
    """What an order says of itself, without names and sums."""
    return {
        "status": order["status"],
        "lines": [(line["quantity"], line["status"]) for line in order["line_items"]],
        "fulfillments": [
            (
                each["type"],
                each["status"],
                [part["quantity"] for part in each["line_items"]],
                [event["type"] for event in each["events"]],
            )
            for each in order["fulfillments"]
        ],
        "adjustments": [[part["quantity"] for part in each["line_items"]] for each in order.get("adjustments", [])],
    }
