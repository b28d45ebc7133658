"""Staff see what each shared token allows, what is used of it, by whom and for what; and can take one back."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display

from agents.lists import LongList
from payments.admin import PAGES, ReadOnly, link, named
from payments.money import Money
from spt import operations
from spt.models import Reason, SharedPaymentToken, Status, Use

PAGES["spt_"] = "admin:spt_sharedpaymenttoken_change"
LABELS = {
    Status.ACTIVE: "success",
    Status.REQUIRES_ACTION: "warning",
    Reason.CONSUMED: "primary",
    Reason.EXPIRED: "warning",
    Reason.RESOLVED: "info",
    Reason.REVOKED: "danger",
}


class UseInline(ReadOnly, TabularInline):
    model = Use
    extra = 0
    fields = readonly_fields = ("payment", "seller", "purpose", "reserved", "captured", "created_at")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("token", "payment_intent")

    @display(description="payment intent")
    def payment(self, use):
        return link(use.payment_intent)

    @display(description="seller's account")
    def seller(self, use):
        return use.payment_intent.account

    @display(description="for")
    def purpose(self, use):
        intent = use.payment_intent
        return named(intent.metadata.get("reference") or intent.details.get("description") or "-")

    @display(description="reserved")
    def reserved(self, use):
        return Money(use.reserved_amount, use.token.currency)

    @display(description="captured")
    def captured(self, use):
        return Money(use.captured_amount, use.token.currency)


@admin.register(SharedPaymentToken)
class SharedPaymentTokenAdmin(ReadOnly, LongList):
    list_display = ("id", "state", "usage", "left", "payment_method", "seller", "expires_at", "created_at")
    list_filter = ("deactivated_reason", "currency", "created_at")
    list_select_related = ("payment_method",)
    search_fields = ("id", "network_business_profile", "external_id", "account", "uses__payment_intent__id")
    find_by = ("pk", "uses__payment_intent__id")
    ordering = ("-created_at",)
    actions = ("revoke", "resolve")
    inlines = (UseInline,)
    fieldsets = (
        (None, {"fields": ("id", "state", "created_at", "deactivated_at")}),
        ("Limits", {"fields": ("usage", "cap", "captured", "reserved", "left", "expires_at")}),
        ("Agent", {"fields": ("account", "card", "return_url", "setup_future_usage", "shared_metadata")}),
        ("Seller", {"fields": ("network_business_profile", "external_id", "seller_account", "customer")}),
    )

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("spt.change_sharedpaymenttoken")

    @admin.action(description="Revoke selected tokens, as their agent", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[SharedPaymentToken]) -> None:
        self._end(request, queryset, operations.revoke_token)

    @admin.action(description="Resolve selected tokens, as their seller", permissions=["revoke"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[SharedPaymentToken]) -> None:
        self._end(request, queryset, operations.resolve_token)

    def _end(
        self,
        request: HttpRequest,
        queryset: QuerySet[SharedPaymentToken],
        end: Callable[..., SharedPaymentToken],
    ) -> None:
        with transaction.atomic():
            tokens = [end(token=token) for token in queryset.order_by("pk")]
        for token in tokens:
            self.message_user(request, f"{token.id} is {token.deactivated_reason}", messages.SUCCESS)

    @display(description="state", label=LABELS)
    def state(self, token: SharedPaymentToken) -> str:
        return token.deactivated_reason or token.status_at(timezone.now())

    @display(description="used", ordering="captured_amount")
    def usage(self, token: SharedPaymentToken) -> str:
        """A bar: dark what was captured, light what is reserved."""
        shares = [f"{100 * part / token.max_amount:.4g}%" for part in (token.captured_amount, token.reserved_amount)]
        return format_html(
            '<span role="img" aria-label="{} of {} captured, {} reserved" title="{} captured, {} reserved" '
            'style="display:flex;width:9rem;height:.6rem;border-radius:.3rem;overflow:hidden;background:#8884">'
            '<span style="width:{};background:#1f6f54"></span><span style="width:{};background:#8fd3b8"></span></span>',
            *(self.captured(token), self.cap(token), self.reserved(token)),
            *(self.captured(token), self.reserved(token)),
            *shares,
        )

    @display(description="cap")
    def cap(self, token: SharedPaymentToken) -> str:
        return str(token.limits.cap)

    @display(description="captured")
    def captured(self, token: SharedPaymentToken) -> str:
        return str(Money(token.captured_amount, token.currency))

    @display(description="reserved")
    def reserved(self, token: SharedPaymentToken) -> str:
        return str(Money(token.reserved_amount, token.currency))

    @display(description="left")
    def left(self, token: SharedPaymentToken) -> str:
        is_over = token.status_at(timezone.now()) == Status.DEACTIVATED
        return "-" if is_over else str(Money(token.limits.remaining, token.currency))

    @display(description="card")
    def card(self, token: SharedPaymentToken) -> str:
        return link(token.payment_method)

    @display(description="seller")
    def seller(self, token: SharedPaymentToken) -> str:
        return token.external_id or token.network_business_profile or token.seller_account or "anyone"
