"""Staff follow a purchase from its session to its order; what agents and buyers agreed on is not theirs to edit."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from checkout.models import CheckoutSession, LineItem, Order
from payments.money import Money

STATUS_COLORS = {
    "completed": "success",
    "confirmed": "success",
    "ready_for_payment": "info",
    "complete_in_progress": "warning",
    "manual_review": "warning",
    "canceled": "danger",
    "expired": "danger",
}


class ReadOnly:
    """Nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LineItemInline(ReadOnly, TabularInline):
    model = LineItem
    fields = ("title", "quantity", "unit", "discount", "tax", "total")
    readonly_fields = fields
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[LineItem]:
        return super().get_queryset(request).select_related("session").order_by("position")

    @display(description="Unit price")
    def unit(self, line: LineItem) -> str:
        return str(Money(line.unit_amount, line.session.currency))

    @display(description="Discount")
    def discount(self, line: LineItem) -> str:
        return str(Money(line.discount_amount, line.session.currency))

    @display(description="Tax")
    def tax(self, line: LineItem) -> str:
        return str(Money(line.tax_amount, line.session.currency))

    @display(description="Total")
    def total(self, line: LineItem) -> str:
        return str(Money(line.total_amount, line.session.currency))


@admin.register(CheckoutSession)
class CheckoutSessionAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "agent", "status_label", "total", "buyer_email", "created_at", "expires_at")
    list_filter = ("status", "agent", "created_at")
    list_select_related = ("agent",)
    search_fields = ("id", "order__id", "order__number", "buyer__email")
    ordering = ("-created_at",)
    inlines = (LineItemInline,)
    show_full_result_count = False

    @display(description="Status", label=STATUS_COLORS, ordering="status")
    def status_label(self, session: CheckoutSession) -> str:
        return session.status

    @display(description="Total", ordering="total_amount")
    def total(self, session: CheckoutSession) -> str:
        return str(Money(session.total_amount, session.currency))

    @display(description="Buyer")
    def buyer_email(self, session: CheckoutSession) -> str:
        return (session.buyer or {}).get("email", "")


@admin.register(Order)
class OrderAdmin(ReadOnly, ModelAdmin):
    list_display = ("number", "agent", "status_label", "total", "created_at", "page")
    list_filter = ("status", "agent", "created_at")
    list_select_related = ("agent",)
    search_fields = ("id", "number", "session__id", "payment__id", "session__buyer__email")
    ordering = ("-created_at",)
    fields = ("number", "id", "status", "agent", "session_link", "payment_link", "total", "created_at", "page")
    readonly_fields = fields
    show_full_result_count = False

    @display(description="Status", label=STATUS_COLORS, ordering="status")
    def status_label(self, order: Order) -> str:
        return order.status

    @display(description="Total", ordering="total_amount")
    def total(self, order: Order) -> str:
        return str(Money(order.total_amount, order.currency))

    @display(description="Session")
    def session_link(self, order: Order) -> str:
        return _link("admin:checkout_checkoutsession_change", order.session_id)

    @display(description="Payment")
    def payment_link(self, order: Order) -> str:
        return _link("admin:payments_payment_change", order.payment_id) if order.payment_id else "nothing to pay"

    @display(description="Buyer's page")
    def page(self, order: Order) -> str:
        return format_html('<a href="{}">open</a>', reverse("order", args=[order.id]))


def _link(name: str, key: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse(name, args=[key]), key)
