"""What became of 2026-01-16."""

from django.conf import settings

from agents.versioning import Body, FieldsAppeared, VersionChange, refuse_newer
from checkout import handlers
from checkout.schemas import PROVEN
from checkout.versions.shapes import (
    COMPLETE,
    CREATE,
    SESSIONS,
    UPDATE,
    amounts,
    keep_only,
    objects,
    rename,
)


class SessionDetailsAppeared(FieldsAppeared):
    """Sessions tell their locale, time zone, times, metadata and discounts; requests may set them."""

    requests = (CREATE, UPDATE, COMPLETE)
    responses = SESSIONS
    fields = (
        "protocol",
        "locale",
        "timezone",
        "metadata",
        "discounts",
        "coupons",
        "quote_id",
        "fulfillment_groups",
        "risk_signals",
        "created_at",
        "updated_at",
        "expires_at",
        "continue_url",
    )


class CurrencyAndCapabilitiesAppeared(VersionChange):
    """A new session's request names its currency and what the agent can do."""

    requests = (CREATE,)
    request_params = {r"\$\.(currency|capabilities)": "$"}

    def upgrade(self, body: Body) -> None:
        refuse_newer(body, "currency", "capabilities")
        body |= {"currency": settings.CURRENCY, "capabilities": {}}


class ItemsBecameLineItems(VersionChange):
    """`items` is called `line_items`."""

    requests = (CREATE, UPDATE)
    request_params = {r"\$\.line_items": "$.items"}

    def upgrade(self, body: Body) -> None:
        refuse_newer(body, "line_items")
        rename(body, "items", "line_items")


class PaymentProviderBecameHandlers(VersionChange):
    """`capabilities.payment.handlers` replaced `payment_provider`."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        declared = body.pop("capabilities")["payment"]["handlers"]
        card = next(handler for handler in declared if handler["id"] == handlers.CARD_TOKENIZED)
        body["payment_provider"] = {
            "provider": "stripe",  # the only value the older schemas know; a label, not a promise
            "merchant_id": card["config"]["merchant_id"],
            "supported_payment_methods": [
                {"type": "card", "supported_card_networks": card["config"]["accepted_brands"]}
            ],
        }


class PaymentTokenBecameInstrument(VersionChange):
    """`payment_data` names a handler and an instrument instead of a bare token and its provider."""

    requests = (COMPLETE,)
    request_params = {
        r"\$\.payment_data\.instrument\.credential\.token": "$.payment_data.token",
        r"\$\.payment_data\.(instrument|handler_id).*": "$.payment_data.token",
    }

    def upgrade(self, body: Body) -> None:
        payment_data = body.get("payment_data")
        if not isinstance(payment_data, dict):
            return
        refuse_newer(payment_data, "handler_id", "instrument", at="$.payment_data")
        payment_data.pop("provider", None)
        if "token" in payment_data:
            token = payment_data.pop("token")
            payment_data["handler_id"] = handlers.handler_for(token) if isinstance(token, str) else ""
            payment_data["instrument"] = {"type": "card", "credential": {"type": "spt", "token": token}}


class BuyerNameBecameOptional(VersionChange):
    """A buyer needs only an e-mail address, and may be a company, a member or tax-exempt."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        buyer = body.get("buyer")
        if not buyer:
            return
        first, _, last = buyer.get("full_name", "").partition(" ")
        buyer.setdefault("first_name", first)
        buyer.setdefault("last_name", last)
        keep_only(buyer, "first_name", "last_name", "email", "phone_number")


class LineAmountsBecameTotals(VersionChange):
    """A line's amounts moved to its `totals`, its quantity from the item to the line."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        for line in body["line_items"]:
            amount = amounts(line.pop("totals"))
            line["item"] = {"id": line["item"]["id"], "quantity": line["quantity"]}
            line |= {
                "base_amount": amount["items_base_amount"],
                "discount": amount["items_discount"],
                "subtotal": amount["subtotal"],
                "tax": amount["tax"],
                "total": amount["total"],
            }
            keep_only(line, *self.members)

    members = (
        *("id", "item", "base_amount", "discount", "subtotal", "tax", "total"),
        *("name", "description", "images", "unit_amount"),
        *("disclosures", "custom_attributes", "marketplace_seller_details"),
    )


class NestedSelectionBecameFlat(VersionChange):
    """A selected option's id and items moved out of the object named after its type."""

    requests = (UPDATE,)
    responses = SESSIONS
    request_params = {
        r"\$\.selected_fulfillment_options\[(\d+)\]\.(option_id|item_ids)": r"$.selected_fulfillment_options[\1]"
    }
    response_params = request_params

    def upgrade(self, body: Body) -> None:
        for index, selected in objects(body.get("selected_fulfillment_options")):
            refuse_newer(selected, "option_id", "item_ids", at=f"$.selected_fulfillment_options[{index}]")
            nested = selected.pop(str(selected.get("type")), None)
            if isinstance(nested, dict):
                selected.update(nested)

    def downgrade(self, body: Body) -> None:
        body["selected_fulfillment_options"] = [
            {
                "type": selected["type"],
                selected["type"]: {"option_id": selected["option_id"], "item_ids": selected["item_ids"]},
            }
            for selected in body["selected_fulfillment_options"]
        ]


class StatusesBecameEleven(VersionChange):
    """Sessions can be incomplete, expired, pending approval …"""

    responses = SESSIONS
    statuses = {"complete_in_progress": "in_progress", "expired": "canceled"}

    def downgrade(self, body: Body) -> None:
        body["status"] = self.statuses.get(body["status"], body["status"])


class MessagesGainedCodesAndSeverity(VersionChange):
    """There are warnings, a severity, and many more codes."""

    responses = SESSIONS
    known = frozenset({"missing", "invalid", "out_of_stock", "payment_declined", "requires_sign_in", "requires_3ds"})
    nearest = {"low_stock": "out_of_stock", "quantity_exceeded": "invalid", "intervention_required": "requires_3ds"}

    def downgrade(self, body: Body) -> None:
        for message in body["messages"]:
            message.pop("severity", None)
            if message["type"] == "warning":
                message["type"] = "info"
                message.pop("code")
            elif message["type"] == "error" and message["code"] not in self.known:
                message["code"] = self.nearest.get(message["code"], "invalid")


class AuthenticationOutcomesBecameTen(VersionChange):
    """An authentication result has ten outcomes, called otherwise than the five before, and some must be proven."""

    requests = (COMPLETE,)
    outcomes = {"failed": "denied", "unavailable": "internal_error", "attempt": "attempt_acknowledged"}

    def upgrade(self, body: Body) -> None:
        result = body.get("authentication_result")
        if isinstance(result, dict) and isinstance(result.get("outcome"), str):
            result["outcome"] = self.outcomes.get(result["outcome"], result["outcome"])
            if result["outcome"] in PROVEN and "outcome_details" not in result:
                del body["authentication_result"]  # it was allowed, and proves nothing: as if it had not been sent


class OrderStatusAppeared(VersionChange):
    """An order has a number, a status, a confirmation."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        if order := body.get("order"):
            keep_only(order, "id", "checkout_session_id", "permalink_url")
