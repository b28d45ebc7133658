"""The page behind an order's permalink."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from checkout import receipts, timeline
from checkout.models import Order
from checkout.operations import history_of


@require_safe
@never_cache
def order(request: HttpRequest, order_id: str) -> HttpResponse:
    """The page an order's permalink opens: whoever knows the address may see it, and no cache may keep it."""
    if not order_id.isprintable():  # PostgreSQL will not even look for a NUL
        raise Http404
    found = get_object_or_404(Order.objects.select_related("session", "payment__vault_token"), id=order_id)
    session, history = found.session, history_of(found)
    token = getattr(found.payment, "vault_token", None)  # none where the agent paid with a token of the processor's own
    buyer = session.buyer or {}
    deliveries = receipts.deliveries(session)
    ships = any(delivery.is_shipped for delivery in deliveries)
    context = {
        "order": found,
        "session": session,
        "name": buyer.get("first_name") or buyer.get("full_name", ""),
        "email": buyer.get("email", ""),
        "lines": history.lines,
        "rows": receipts.rows(session),
        "moments": timeline.moments(history),
        "refunded": receipts.refunded(history.refunds),
        "deliveries": deliveries,
        "ships": ships,
        "card": receipts.card(token) if token else "",
        "address_lines": receipts.address_lines((session.fulfillment_details or {}).get("address")) if ships else [],
    }
    return render(request, "checkout/order.html", context)
