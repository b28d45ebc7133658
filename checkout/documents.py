"""A session, an order and the shop itself as the newest version of the protocol shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from agents import versioning
from checkout import handlers, pricing, quotes, schemas
from checkout.adjustments import adjustments, amount_refunded
from checkout.models import Checkout, CheckoutSession, LineItem, Order
from payments.models import Refund


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
            "order": _order(checkout.order, checkout.refunds) if checkout.order else None,
        }
    )


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


def _order(order: Order, refunds: Sequence[Refund]) -> dict[str, Any]:
    refunded = amount_refunded(refunds)
    return {
        "type": "order",
        "id": order.id,
        "checkout_session_id": order.session_id,
        "order_number": order.number,
        "permalink_url": order.get_absolute_url(),
        "status": order.status,
        "confirmation": {"confirmation_number": order.number, "receipt_url": order.get_absolute_url()},
        "support": {"email": settings.SUPPORT_EMAIL} if settings.SUPPORT_EMAIL else None,
        "totals": [
            pricing.total("total", order.total_amount),  # what was charged, never less (statement 140)
            *([pricing.total("amount_refunded", refunded)] if refunded else []),
        ],
        "adjustments": adjustments(refunds) or None,
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
