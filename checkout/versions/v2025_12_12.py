"""What became of 2025-09-29."""

from agents.versioning import Body, VersionChange, refuse_newer
from checkout.fulfillment import DIGITAL_OPTION_ID
from checkout.versions.shapes import (
    COMPLETE,
    CREATE,
    SESSION,
    SESSIONS,
    UPDATE,
    keep_only,
)


class AttributionAppeared(VersionChange):
    """Requests may say who sent the buyer. Older requests that say so are heard without it (statement 93)."""

    requests = (CREATE, COMPLETE)

    def upgrade(self, body: Body) -> None:
        body.pop("affiliate_attribution", None)


class CardBecameCardNetworks(VersionChange):
    """`supported_payment_methods` says which card networks are taken."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        body["payment_provider"]["supported_payment_methods"] = ["card"]


class FulfillmentAddressBecameFulfillmentDetails(VersionChange):
    """`fulfillment_details` wraps the address and adds a name, a phone number and an e-mail address."""

    requests = (CREATE, UPDATE)
    responses = SESSIONS
    request_params = {r"\$\.fulfillment_details(\.address)?": "$.fulfillment_address"}
    response_params = request_params

    def upgrade(self, body: Body) -> None:
        refuse_newer(body, "fulfillment_details")
        if "fulfillment_address" in body:
            address = body.pop("fulfillment_address")
            body["fulfillment_details"] = None if address is None else {"address": address}

    def downgrade(self, body: Body) -> None:
        details = body.pop("fulfillment_details", None) or {}
        if "address" in details:
            body["fulfillment_address"] = details["address"]


class FulfillmentOptionIdBecameSelections(VersionChange):
    """A session may use several fulfillment options, each for some of its items."""

    requests = (UPDATE,)
    responses = SESSIONS
    request_params = {r"\$\.selected_fulfillment_options.*": "$.fulfillment_option_id"}
    response_params = request_params

    def upgrade(self, body: Body) -> None:
        refuse_newer(body, "selected_fulfillment_options")
        if "fulfillment_option_id" in body:
            option_id = body.pop("fulfillment_option_id")
            kind = "digital" if option_id == DIGITAL_OPTION_ID else "shipping"
            chosen = [{"type": kind, kind: {"option_id": option_id, "item_ids": []}}]
            body["selected_fulfillment_options"] = [] if option_id is None else chosen

    def downgrade(self, body: Body) -> None:
        selections = body.pop("selected_fulfillment_options")
        if selections:
            first = selections[0]
            body["fulfillment_option_id"] = first[first["type"]]["option_id"]


class LineItemsGainedDisplay(VersionChange):
    """Lines carry what an agent needs to show them."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        for line in body["line_items"]:
            keep_only(line, "id", "item", "base_amount", "discount", "subtotal", "tax", "total")


class TotalDescriptionAppeared(VersionChange):
    """Totals may be explained."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        for total in body["totals"]:
            total.pop("description", None)


class AuthenticationAppeared(VersionChange):
    """A session can wait for the buyer's approval, and `complete` can bring its result."""

    requests = (COMPLETE,)
    responses = SESSIONS
    request_params = {r"\$\.authentication_result": "$"}
    response_params = request_params

    def upgrade(self, body: Body) -> None:
        refuse_newer(body, "authentication_result")

    def downgrade(self, body: Body) -> None:
        body.pop("authentication_metadata", None)
        if body["status"] == "authentication_required":
            body["status"] = "not_ready_for_payment"


class OrderAppearedOnEverySession(VersionChange):
    """A completed session shows its order whenever it is read, not only when it is completed."""

    responses = (SESSION,)

    def downgrade(self, body: Body) -> None:
        body.pop("order", None)
