"""What became of 2026-01-30."""

from agents.versioning import Body, FieldsAppeared, VersionChange, refuse_newer
from checkout.versions.shapes import COMPLETE, CREATE, EVENT, SESSIONS, UPDATE, addresses, keep_only


class OrderNotesAndMarketingConsentsAppeared(FieldsAppeared):
    """Requests may carry `order_notes`; `complete` may carry `marketing_consents`."""

    requests = (CREATE, UPDATE, COMPLETE)
    fields = ("order_notes", "marketing_consents")


class AddressCompanyAppeared(VersionChange):
    """Addresses may name a `company`."""

    requests = (CREATE, UPDATE, COMPLETE)
    responses = SESSIONS

    def upgrade(self, body: Body) -> None:
        for path, address in addresses(body):
            refuse_newer(address, "company", at=path)

    def downgrade(self, body: Body) -> None:
        for _, address in addresses(body):
            address.pop("company", None)


class HandlerDisplayAppeared(VersionChange):
    """Payment handlers say how they want to be shown."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        for handler in body["capabilities"]["payment"]["handlers"]:
            handler.pop("display_name")
            handler.pop("display_order")


class MessageResolutionAppeared(VersionChange):
    """Messages say who can resolve them."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        for message in body["messages"]:
            message.pop("resolution", None)


class OrderBecameFull(VersionChange):
    """An order carries its lines, fulfillments and totals, and an open set of statuses."""

    responses = SESSIONS
    statuses = {
        "created": "confirmed",
        "confirmed": "confirmed",
        "manual_review": "processing",
        "processing": "processing",
        "shipped": "shipped",
        "completed": "delivered",
    }

    def downgrade(self, body: Body) -> None:
        if order := body.get("order"):
            keep_only(
                order, "id", "checkout_session_id", "order_number", "permalink_url", "status", "confirmation", "support"
            )
            if status := self.statuses.get(order.pop("status", "")):
                order["status"] = status


class EventsBecameFullOrders(VersionChange):
    """An order's event carries the whole order; before, a status of six and what was refunded."""

    responses = (EVENT,)
    statuses = {"processing": "confirmed", "completed": "fulfilled"}
    refunds = {"refund": "original_payment", "credit": "store_credit"}

    def downgrade(self, body: Body) -> None:
        order = body["data"]
        order["status"] = self.statuses.get(order["status"], order["status"])
        order["refunds"] = [
            {"type": self.refunds[adjustment["type"]], "amount": adjustment["amount"]}
            for adjustment in order["adjustments"]
            if adjustment["type"] in self.refunds and adjustment["status"] == "completed"
        ]
        keep_only(order, "type", "checkout_session_id", "permalink_url", "status", "refunds")


class ProtocolWas20260130(VersionChange):
    """`protocol.version` names the version being spoken."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        body["protocol"] = {"version": "2026-01-30"}
