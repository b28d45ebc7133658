"""A session, an order and the shop itself as the newest version of the protocol shows them."""

from datetime import datetime
from typing import Any

from django.conf import settings

from agents import versioning
from checkout import handlers, pricing, quotes, schemas
from checkout.adjustments import adjustments, amount_refunded, moment, references
from checkout.models import Checkout, CheckoutSession, Fulfillment, History, LineItem
from checkout.progress import Quantity
from checkout.versions import VERSIONS
from checkout.versions.shapes import EVENT


def checkout_session(checkout: Checkout) -> schemas.CheckoutSession:
    """The authoritative state of a session."""
    session = checkout.session
    return schemas.CheckoutSession.model_validate(
        {
            "id": session.id,
            "protocol": {"version": versioning.LATEST},
            "capabilities": _capabilities(session),
            "buyer": session.buyer,
            "status": session.status,
            "currency": session.currency,
            "locale": session.locale or None,
            "timezone": session.timezone or None,
            "line_items": [_line_item(line) for line in checkout.lines],
            "fulfillment_details": session.fulfillment_details,
            "fulfillment_options": session.fulfillment_options,
            "selected_fulfillment_options": session.selected_fulfillment_options,
            "totals": session.totals,
            "messages": session.messages,
            "authentication_metadata": session.authentication_metadata,
            "continue_url": session.continue_url or None,
            "links": _links(),
            "created_at": _time(session.created_at),
            "updated_at": _time(session.updated_at),
            "expires_at": _time(session.expires_at),
            "metadata": session.metadata,
            "discounts": _discounts(session),
            "order": _order(checkout.history) if checkout.history else None,
        }
    )


def order(history: History) -> schemas.Order:
    """An order with all that became of it."""
    return schemas.Order.model_validate(_order(history))


def event_data(history: History, version: str) -> dict[str, Any]:
    """The `data` of an order's event, as `version` has it."""
    data = order(history).model_dump(mode="json", exclude_none=True)
    event: dict[str, Any] = VERSIONS.downgrade(EVENT, {"data": data}, to=version)
    return event["data"]


def discovery() -> schemas.DiscoveryResponse:
    """What anyone may know about this shop (`/.well-known/acp.json`, acp.md §4.12)."""
    return schemas.DiscoveryResponse(
        protocol=schemas.DiscoveryProtocol(
            name="acp",
            version=versioning.LATEST,
            supported_versions=list(reversed(versioning.SUPPORTED)),
            documentation_url=f"{settings.PUBLIC_URL}/docs",
        ),
        api_base_url=settings.PUBLIC_URL,
        transports=["rest"],
        capabilities=schemas.DiscoveryCapabilities(
            services=["checkout", "orders", "delegate_payment"],
            intervention_types=list(handlers.INTERVENTIONS) or None,
            supported_currencies=[settings.CURRENCY],
        ),
    )


def _capabilities(session: CheckoutSession) -> dict[str, Any]:
    return {
        "payment": {"handlers": handlers.declared()},
        "interventions": {
            "supported": session.interventions,
            "required": settings.REQUIRED_INTERVENTIONS,
            "enforcement": settings.INTERVENTION_ENFORCEMENT,
        },
    }


def _line_item(line: LineItem) -> dict[str, Any]:
    product = line.product
    return {
        "id": line.id,
        "item": {"id": product.id, "name": line.title, "unit_amount": line.unit_amount},
        "quantity": line.quantity,
        "name": line.title,
        "description": product.description or None,
        "images": product.image_urls or None,
        "unit_amount": line.unit_amount,
        "disclosures": product.disclosures or None,
        "custom_attributes": product.custom_attributes or None,
        "marketplace_seller_details": {"name": product.seller_name} if product.seller_name else None,
        "sku": product.sku or None,
        "category": product.category or None,
        "tags": product.tags or None,
        "availability_status": product.availability_status,
        "available_quantity": product.stock,
        "max_quantity_per_order": product.max_quantity_per_order,
        "variant_options": product.variant_options or None,
        "tax_exempt": product.tax_exempt or None,
        "totals": quotes.amounts_of(line).totals(),
    }


def _order(history: History) -> dict[str, Any]:
    order, refunded = history.order, amount_refunded(history.refunds)
    return {
        "type": "order",
        "id": order.id,
        "checkout_session_id": order.session_id,
        "order_number": order.number,
        "permalink_url": order.get_absolute_url(),
        "status": order.status,
        "confirmation": {"confirmation_number": order.number, "receipt_url": order.get_absolute_url()},
        "support": {"email": settings.SUPPORT_EMAIL} if settings.SUPPORT_EMAIL else None,
        "line_items": [_order_line(line, history.quantities[line.id]) for line in history.lines],
        "fulfillments": [_fulfillment(fulfillment) for fulfillment in history.fulfillments],
        "adjustments": adjustments(history),
        "totals": [  # the total is what was charged, never less (statement 140)
            *[total for total in order.session.totals if total["type"] != "amount_refunded"],
            *([pricing.total("amount_refunded", refunded)] if refunded else []),
        ],
    }


def _order_line(line: LineItem, quantity: Quantity) -> dict[str, Any]:
    product = line.product
    return {
        "id": line.id,
        "title": line.title,
        "product_id": product.id,
        "description": product.description or None,
        "image_url": next(iter(product.image_urls), None),
        "quantity": {"ordered": quantity.ordered, "current": quantity.current, "fulfilled": quantity.fulfilled},
        "unit_price": line.unit_amount,
        "subtotal": line.subtotal_amount,
        "totals": quotes.amounts_of(line).totals(),
        "status": quantity.status,
    }


def _fulfillment(fulfillment: Fulfillment) -> dict[str, Any]:
    earliest, latest, expires = fulfillment.earliest_at, fulfillment.latest_at, fulfillment.access_expires_at
    access = {
        "access_url": fulfillment.access_url or None,
        "license_key": fulfillment.license_key or None,
        "expires_at": moment(expires) if expires else None,
    }
    return {
        "id": fulfillment.id,
        "type": fulfillment.type,
        "status": fulfillment.status,
        "line_items": references(fulfillment.quantities),
        "carrier": fulfillment.carrier or None,
        "tracking_number": fulfillment.tracking_number or None,
        "tracking_url": fulfillment.tracking_url or None,
        # An event's schema (OpenAPI's) knows no company in an address (acp.md, S6).
        "destination": {**fulfillment.destination, "company": None} if fulfillment.destination else None,
        "estimated_delivery": {"earliest": moment(earliest), "latest": moment(latest)} if earliest and latest else None,
        "digital_delivery": access if any(access.values()) else None,
        "description": fulfillment.description or None,
        "events": [
            {
                "id": event.id,
                "type": event.type,
                "occurred_at": moment(event.occurred_at),
                "description": event.description or None,
                "location": event.location or None,
            }
            for event in fulfillment.happened
        ],
    }


def _discounts(session: CheckoutSession) -> dict[str, Any] | None:
    if not session.discount_codes:
        return None
    rejected = [{"code": code, "reason": "discount_code_invalid"} for code in session.discount_codes]
    return {"codes": session.discount_codes, "applied": [], "rejected": rejected}


def _links() -> list[dict[str, str]]:
    return [
        {"type": "terms_of_use", "url": settings.TERMS_URL},
        {"type": "privacy_policy", "url": settings.PRIVACY_URL},
    ]


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
