"""Staff read a payment's whole story here. Nobody writes it: money is moved by operations."""

from django.contrib import admin
from django.utils.html import format_html_join
from unfold.admin import ModelAdmin
from unfold.decorators import display

from payments.models import Payment

COLORS = {
    "succeeded": "success",
    "authorized": "info",
    "processing": "info",
    "prepared": "info",
    "requires_action": "warning",
    "unknown": "danger",
    "declined": "warning",
}


class ReadOnly:
    """An admin page that shows, and changes nothing."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Payment)
class PaymentAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "shown_state", "shown_amount", "reference", "agent", "created_at", "unknown_since")
    list_filter = ("state", "processor", "currency", ("contradiction", admin.EmptyFieldListFilter))
    list_select_related = ("agent",)
    search_fields = ("id", "reference", "attempt", "processor_id", "charge_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fieldsets = (
        ("What was promised", {"fields": ("id", "shown_amount", "reference", "agent", "attempt", "credential")}),
        (
            "How far it has come",
            {"fields": ("shown_state", "created_at", "updated_at", "lease_until", "unknown_since", "settled_at")},
        ),
        (
            "At the processor",
            {"fields": ("processor", "processor_id", "charge_id", "action_url", "create_key", "confirm_key")},
        ),
        ("How it came out", {"fields": ("decline_code", "decline_message", "contradiction")}),
        ("Other payments for the same thing", {"fields": ("others",)}),
    )
    readonly_fields = ("shown_amount", "shown_state", "create_key", "confirm_key", "others")

    @display(description="state", ordering="state", label=COLORS)
    def shown_state(self, payment):
        return payment.state

    @display(description="amount", ordering="amount")
    def shown_amount(self, payment):
        return str(payment.money)

    @display(description="payments")
    def others(self, payment):
        rows = Payment.objects.filter(reference=payment.reference).exclude(pk=payment.pk).order_by("created_at")
        lines = ((row.pk, row.state, row.created_at.isoformat(timespec="seconds")) for row in rows)
        return format_html_join("", '<div><a href="../../{0}/change/">{0}</a> {1}, {2}</div>', lines) or "none"
