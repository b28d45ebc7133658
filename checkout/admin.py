"""Staff follow a purchase from its session to its order; what agents and buyers agreed on is not theirs to edit."""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.utils import display_for_label

from agents.admin import ReadOnly, exchanges
from agents.errors import ApiError
from agents.lists import LongList
from agents.models import OutgoingEvent
from agents.versioning import LATEST, SUPPORTED
from checkout import documents, operations, receipts, timeline
from checkout.forms import CancelForm, GrantForm, RefundForm, ReturnForm, ShipForm
from checkout.models import CheckoutSession, LineItem, Order
from payments.admin import PAGES, anchor, link
from payments.limits import refund_limit
from payments.models import Payment
from payments.money import Money
from vault.models import VaultToken

COLORS = {
    "completed": "success",
    "confirmed": "info",
    "processing": "info",
    "shipped": "info",
    "not_ready_for_payment": "default",
    "ready_for_payment": "info",
    "authentication_required": "warning",
    "complete_in_progress": "warning",
    "manual_review": "warning",
    "canceled": "danger",
    "expired": "danger",
}
SHIP = {"title": "Ship", "description": "A parcel with these goods has left.", "form_class": ShipForm}
DELIVERED = {"title": "Delivered", "description": "Every parcel that is under way has arrived."}
GRANT = {"title": "Deliver digitally", "description": "Give the buyer access.", "form_class": GrantForm}
CANCEL = {"title": "Cancel", "description": "What was not sent: stock and money go back.", "form_class": CancelForm}
RETURN = {"title": "Return", "description": "What came back: its money goes back.", "form_class": ReturnForm}
REFUND = {
    "title": "Refund",
    "description": "Give money back; the goods stay with the buyer. All of it, if nothing is filled in.",
    "form_class": RefundForm,
}
RELEASE = {"title": "Release", "description": "Somebody looked at this order's payment, and it is fine."}
PAGES["cs_"] = "admin:checkout_checkoutsession_change"


def once(show: Callable[[Any, Any], str]) -> Callable[[Any, Any], str]:
    """Unfold asks for each field of a page several times: let a field that queries be worked out the first time."""
    name = f"_shown_{show.__name__}"

    @wraps(show)
    def remembered(page: Any, row: Any) -> str:
        if not hasattr(row, name):
            setattr(row, name, show(page, row))
        return getattr(row, name)

    return remembered


class Purchase(ReadOnly, LongList):
    """What the pages of a session and of its order have in common."""

    list_filter = ("status", "agent", "created_at")
    ordering = ("-created_at",)

    @display(description="Status", ordering="status")
    def status_label(self, row: Any) -> str:
        return display_for_label((row.status, row.get_status_display()), "-", COLORS)

    @display(description="Total", ordering="total_amount")
    def total(self, row: Any) -> str:
        return str(Money(row.total_amount, row.currency))

    @display(description="Sum")
    def rows(self, row: Any) -> str:
        sums = receipts.rows(session_of(row))
        return lines(f"{each.text}{f' ({each.note})' if each.note else ''}: {each.money}" for each in sums)

    @display(description="Buyer")
    def buyer_email(self, row: Any) -> str:
        return (session_of(row).buyer or {}).get("email", "")

    @display(description="Buyer")
    def buyer_lines(self, row: Any) -> str:
        session = session_of(row)
        buyer = session.buyer or {}
        company = (buyer.get("company") or {}).get("name")
        return lines([receipts.buyer_name(session), company, buyer.get("email"), buyer.get("phone_number")])

    @display(description="Address")
    def address(self, row: Any) -> str:
        details = session_of(row).fulfillment_details or {}
        contact = [details.get(field) for field in ("name", "phone_number", "email")]
        return lines([*receipts.address_lines(details.get("address")), *contact])

    @display(description="Delivery")
    def delivery(self, row: Any) -> str:
        chosen = receipts.deliveries(session_of(row))
        return lines(" · ".join(filter(None, [each.title, each.carrier, each.description])) for each in chosen)

    @display(description="Note")
    def note(self, row: Any) -> str:
        return session_of(row).order_notes or "-"


def session_of(row: CheckoutSession | Order) -> CheckoutSession:
    """The session that a page is about."""
    return row.session if isinstance(row, Order) else row


class LineItemInline(ReadOnly, TabularInline):
    model = LineItem
    fields = ("item", "quantity", "unit", "discount", "tax", "total")
    readonly_fields = fields
    extra = 0
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[LineItem]:
        return super().get_queryset(request).select_related("session", "product").order_by("position")

    @display(description="Item")
    def item(self, line: LineItem) -> str:
        return link(line.product, line.title)

    @display(description="Unit price")
    def unit(self, line: LineItem) -> str:
        return str(Money(line.unit_amount, line.session.currency))

    @display(description="Discount")
    def discount(self, line: LineItem) -> str:
        return str(Money(-line.discount_amount, line.session.currency))

    @display(description="Tax")
    def tax(self, line: LineItem) -> str:
        return str(Money(line.tax_amount, line.session.currency))

    @display(description="Total")
    def total(self, line: LineItem) -> str:
        return str(Money(line.total_amount, line.session.currency))


@admin.register(CheckoutSession)
class CheckoutSessionAdmin(Purchase):
    list_display = ("id", "status_label", "total", "buyer_email", "agent", "created_at")
    find_by = ("pk", "order__id", "order__number", "buyer__email")
    search_fields = ("id", "order__id", "order__number", "buyer__email")
    inlines = (LineItemInline,)
    fieldsets = (
        (None, {"fields": ("id", "status_label", "agent", "created_at", "updated_at", "expires_at")}),
        ("What came of it", {"fields": ("order_link", "payments", "tokens")}),
        ("Call by call", {"classes": ("wide",), "fields": ("calls",)}),
        ("What the agent was told", {"fields": ("messages_shown", "rows", "continue_url")}),
        ("Where it goes", {"fields": ("buyer_lines", "address", "delivery", "note")}),
        (
            "What else the agent said",
            {
                "classes": ("collapse",),
                "fields": (
                    *("api_version", "locale", "timezone", "discount_codes", "marketing_consents", "interventions"),
                    *("first_attribution", "last_attribution", "intent_trace", "fulfillment_groups", "metadata"),
                    "risk_signals",
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckoutSession]:
        return super().get_queryset(request).select_related("agent", "order")

    @display(description="Order")
    def order_link(self, session: CheckoutSession) -> str:
        order = getattr(session, "order", None)
        return link(order, order.number) if order else "none"

    @display(description="Payments")
    @once
    def payments(self, session: CheckoutSession) -> str:
        found = Payment.objects.filter(reference=session.id).order_by("created_at")
        return lines(format_html("{} {}", link(each), payment_story(each)) for each in found)

    @display(description="Vault tokens")
    @once
    def tokens(self, session: CheckoutSession) -> str:
        found = VaultToken.objects.filter(agent=session.agent_id, checkout_session_id=session.id).order_by("created_at")
        return lines(format_html("{} {}, {}", link(each, each.id), each.state, receipts.card(each)) for each in found)

    @display(description="Calls")
    @once
    def calls(self, session: CheckoutSession) -> str:
        return exchanges(session.id, session.agent_id)

    @display(description="Messages")
    def messages_shown(self, session: CheckoutSession) -> str:
        return lines(": ".join(filter(None, [each.get("code"), each["content"]])) for each in session.messages)


@admin.register(Order)
class OrderAdmin(Purchase):
    list_display = ("number", "status_label", "total", "buyer_email", "agent", "created_at", "page")
    find_by = ("pk", "number", "session__id", "payment__id", "session__buyer__email")
    search_fields = ("id", "number", "session__id", "payment__id", "session__buyer__email")
    fieldsets = (
        (None, {"fields": ("number", "id", "status_label", "total", "agent", "created_at", "page")}),
        ("How it was paid", {"fields": ("session", "payment_link", "token_link")}),
        ("What was bought", {"fields": ("items", "rows")}),
        ("Where it goes", {"fields": ("buyer_lines", "address", "delivery", "note")}),
        ("What became of it", {"fields": ("life", "told")}),
        ("What the agent sees", {"fields": ("versions", "document"), "classes": ("collapse",)}),
    )
    actions_detail = (
        *("ship", "deliver"),
        {"title": "More", "items": ["grant", "give_back", "cancel", "take_back", "release"]},
    )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Order | None:
        order = super().get_object(request, object_id, from_field)
        if order:
            asked = request.GET.get("version", order.session.api_version)
            vars(order)["shown_version"] = asked if asked in SUPPORTED else LATEST
        return order

    def has_order_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("checkout.change_order")

    def has_back_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_order_permission(request) and request.user.has_perm("payments.add_refund")

    @action(description="Ship", url_path="ship", icon="local_shipping", permissions=["order"], dialog=SHIP)
    def ship(self, request: HttpRequest, form: ShipForm, object_id: str) -> HttpResponse:
        return done(request, object_id, operations.ship_order, quantities=form.quantities, tracking=form.tracking)

    @action(description="Delivered", url_path="deliver", icon="check", permissions=["order"], dialog=DELIVERED)
    def deliver(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return done(request, object_id, operations.mark_delivered)

    @action(description="Deliver digitally", url_path="grant", icon="download", permissions=["order"], dialog=GRANT)
    def grant(self, request: HttpRequest, form: GrantForm, object_id: str) -> HttpResponse:
        return done(
            request, object_id, operations.deliver_digitally, quantities=form.quantities, tracking=form.tracking
        )

    @action(description="Refund", url_path="refund", icon="undo", permissions=["back"], dialog=REFUND)
    def give_back(self, request: HttpRequest, form: RefundForm, object_id: str) -> HttpResponse:
        amount = form.cleaned_data["amount"]
        return done(request, object_id, operations.refund_order, **asked(request, form), amount=amount)

    @action(description="Cancel", url_path="cancel", icon="cancel", permissions=["back"], dialog=CANCEL)
    def cancel(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        return done(request, object_id, operations.cancel_order, **asked(request, form))

    @action(description="Return", url_path="return", icon="assignment_return", permissions=["back"], dialog=RETURN)
    def take_back(self, request: HttpRequest, form: ReturnForm, object_id: str) -> HttpResponse:
        amount = form.cleaned_data["amount"]
        return done(request, object_id, operations.return_items, **asked(request, form), amount=amount)

    @action(description="Release", url_path="release", icon="lock_open", permissions=["order"], dialog=RELEASE)
    def release(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return done(request, object_id, operations.release_order)

    @display(description="Timeline")
    @once
    def life(self, order: Order) -> str:
        found = timeline.moments(operations.history_of(order))
        return lines(f"{each.at:%Y-%m-%d %H:%M} {each.title} {each.note}" for each in found)

    @display(description="Events")
    @once
    def told(self, order: Order) -> str:
        found = OutgoingEvent.objects.filter(subject=order.id).order_by("sequence")
        return lines(
            format_html("{} {}, {}", link(each, each.id), each.type, each.get_state_display()) for each in found
        )

    @display(description="Version")
    def versions(self, order: Order) -> str:
        return format_html_join(" · ", "{}", ((anchor(f"?version={each}", each),) for each in SUPPORTED))

    @display(description="Order")
    @once
    def document(self, order: Order) -> str:
        version = vars(order)["shown_version"]
        data = documents.event_data(operations.history_of(order), version)
        shown = json.dumps(data, indent=2, ensure_ascii=False)
        return format_html('<pre class="overflow-x-auto whitespace-pre-wrap">{}: {}</pre>', version, shown)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return super().get_queryset(request).select_related("agent", "session", "payment__vault_token")

    @display(description="Items")
    @once
    def items(self, order: Order) -> str:
        return lines(map(str, order.session.line_items.order_by("position")))

    @display(description="Payment")
    def payment_link(self, order: Order) -> str:
        return format_html("{} {}", link(order.payment), payment_story(order.payment)) if order.payment else "none"

    @display(description="Vault token")
    def token_link(self, order: Order) -> str:
        token = getattr(order.payment, "vault_token", None)
        return format_html("{} {}", link(token, token.id), receipts.card(token)) if token else "none"

    @display(description="Buyer's page")
    def page(self, order: Order) -> str:
        return anchor(reverse("order", args=[order.id]), "open")


def lines(texts: Iterable[str | None]) -> str:
    """One under the other; a dash for none."""
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts if text)) or "-"


def asked(request: HttpRequest, form: CancelForm) -> dict[str, Any]:
    """Who asks for what to go back, and how much money they may give back."""
    ask, limit = form.ask(request.user.get_username()), refund_limit(request.user, form.order.currency)
    return {"quantities": form.quantities, "ask": ask, "limit": limit}


def done(request: HttpRequest, object_id: str, operation: Callable[..., Any], **order: Any) -> HttpResponse:
    """Do it, and lead back to the order's page; a dialog is told so in its own way."""
    order_id = unquote(object_id)
    try:
        operation(order_id=order_id, **order)
    except ApiError as refused:
        messages.warning(request, refused.message)
    else:
        messages.success(request, "Done; the agent is told.")
    page = reverse("admin:checkout_order_change", args=[quote(order_id)])
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": page})
    return redirect(page)


def payment_story(payment: Payment) -> str:
    return " ".join(filter(None, [payment.state, str(payment.money), payment.decline_message]))
