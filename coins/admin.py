"""Staff see who has how many coins and why, keep the packages, and give and take by transfers: nothing is edited."""

import json

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from agents.admin import ReadOnly
from agents.errors import ApiError
from agents.lists import LongList
from coins import operations
from coins.forms import GrantForm
from coins.models import REFERENCE, Customer, Package, Purchase, Transfer
from coins.status import Status
from payments.admin import PAGES, anchor, link, named
from payments.limits import refund_limit
from payments.money import Money
from payments.processors.base import Unknown

PAGES[REFERENCE] = "admin:coins_purchase_change"
COLORS = {"pending": "info", "completed": "success", "failed": "danger", "refunding": "warning", "refunded": "warning"}
GRANT = {"title": "Grant coins", "description": "As a transfer from the issuing account.", "form_class": GrantForm}
PLOTTED, LISTED = 200, 20  # changes of a balance
PLOT = {
    "animation": False,
    "maintainAspectRatio": False,
    "plugins": {"legend": {"display": False}},
    "scales": {"y": {"beginAtZero": True}, "x": {"ticks": {"maxTicksLimit": 8, "maxRotation": 0}}},
}


@admin.register(Package)
class PackageAdmin(ModelAdmin):
    """Edited freely: a purchase keeps the terms it was made at."""

    list_display = ["name", "id", "coins", "price", "is_active", "sold", "revenue"]
    list_filter = ["is_active", "currency"]
    search_fields = ["id", "name"]
    ordering = ["price_amount", "id"]
    fields = ["id", "name", "coins", "price_amount", "currency", "is_active"]

    def get_queryset(self, request):
        kept = Q(purchases__status=Status.COMPLETED, purchases__currency=F("currency"))
        own = kept & Q(purchases__reference__startswith=REFERENCE)  # an order's payment is for more than coins
        revenue = Sum("purchases__amount", filter=kept, default=0)
        given_back = Sum("purchases__payment__refunded_amount", filter=own, default=0)
        return (
            super()
            .get_queryset(request)
            .annotate(
                sold=Count("purchases", filter=Q(purchases__status=Status.COMPLETED)), revenue=revenue - given_back
            )
        )

    def get_readonly_fields(self, request, obj=None):
        return ["id"] if obj else []

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        operations.offer_package(obj)

    @display(description="sold", ordering="sold")
    def sold(self, package):
        return package.sold

    @display(description="revenue", ordering="revenue")
    def revenue(self, package):
        return str(Money(package.revenue, package.currency))


@admin.register(Customer)
class CustomerAdmin(ReadOnly, LongList):
    list_display = ["__str__", "email", "balance", "agent", "created_at"]
    list_select_related = ["account", "agent"]
    list_filter = ["agent", "created_at"]
    search_fields = ["id", "email", "name", "stripe_customer_id"]
    find_by = ("pk", "email", "stripe_customer_id")
    ordering = ["-created_at"]
    fieldsets = [
        (None, {"fields": ["name", "email", "balance", "agent", "created_at"]}),
        ("What became of the coins", {"fields": ["plot", "changes", "purchases"]}),
        ("Elsewhere", {"fields": ["id", "stripe_customer_id", "payment_method_id"]}),
    ]
    readonly_fields = ["balance", "plot", "changes", "purchases"]
    actions_detail = ["grant"]

    def has_grant_permission(self, request, obj=None):
        return request.user.has_perm("coins.add_transfer")

    @action(description="Grant coins", url_path="grant", icon="redeem", permissions=["grant"], dialog=GRANT)
    def grant(self, request: HttpRequest, form: GrantForm, object_id: str) -> HttpResponse:
        customer = get_object_or_404(Customer, pk=unquote(object_id))
        coins, reason = form.cleaned_data["coins"], form.cleaned_data["reason"]
        with transaction.atomic():
            operations.grant_coins(
                customer=customer, coins=coins, reason=reason, transfer_id=str(form.cleaned_data["attempt"])
            )
        self.log_change(request, customer, f"Granted {coins} coins: {reason}")
        messages.success(request, f"{customer} has {operations.balance_of(customer.id):,} coins now.")
        page = reverse("admin:coins_customer_change", args=[quote(customer.pk)])
        if "HX-Request" in request.headers:
            return HttpResponse(headers={"HX-Redirect": page})
        return redirect(page)

    @display(description="balance", ordering="account__balance")
    def balance(self, customer):
        return f"{customer.account.balance:,}"

    @display(description="balance over time")
    def plot(self, customer):
        points = operations.balances_over_time(account_id=customer.id, balance=customer.account.balance, limit=PLOTTED)
        line = {"label": "coins", "data": [held for _, held in points], "stepped": True, "borderColor": "#1f6f54"}
        data = {"labels": [f"{at:%Y-%m-%d %H:%M}" for at, _ in points], "datasets": [line]}
        shown = {"data": json.dumps(data), "options": json.dumps(PLOT), "height": 220, "class": "h-56"}
        return render_to_string("unfold/components/chart/line.html", shown)

    @display(description="latest changes")
    def changes(self, customer):
        lines = operations.statement(account_id=customer.id, limit=LISTED)
        rows = ((f"{line.change:+,}", line.kind, line.reason, f"{line.at:%Y-%m-%d %H:%M}") for line in lines)
        return format_html_join("", "<div>{} {} {} <small>{}</small></div>", rows) or "none"

    @display(description="purchases")
    def purchases(self, customer):
        theirs = f"{reverse('admin:coins_purchase_changelist')}?customer__id__exact={customer.pk}"
        return anchor(theirs, f"{customer.purchases.count():,}")


@admin.register(Purchase)
class PurchaseAdmin(ReadOnly, LongList):
    list_display = ["__str__", "status_label", "customer", "coins", "question", "created_at"]
    list_select_related = ["customer"]
    list_filter = [("attention", admin.EmptyFieldListFilter), "attention", "status", "package", "created_at"]
    search_fields = ["id", "reference", "customer__id", "customer__email", "payment__id"]
    find_by = ("pk", "reference", "customer__id", "customer__email", "payment__id")
    ordering = ["-created_at"]
    actions = ["refund", "refund_despite_spent", "collect", "dealt_with"]
    fieldsets = [
        (None, {"fields": ["id", "status_label", "question", "customer", "created_at"]}),
        ("Terms", {"fields": ["package", "package_name", "coins", "price"]}),
        ("Money and coins", {"fields": ["payment_link", "reference_link", "transfer_link", "coins_kept"]}),
    ]
    readonly_fields = ["status_label", "question", "price", "payment_link", "reference_link", "transfer_link"]

    def has_refund_permission(self, request):
        return request.user.has_perm("payments.add_refund")

    @admin.action(description="Refund, and take the coins back", permissions=["refund"])
    def refund(self, request, queryset):
        self._refund(request, queryset, despite_spent=False)

    @admin.action(description="Refund, even if the coins are spent", permissions=["refund"])
    def refund_despite_spent(self, request, queryset):
        self._refund(request, queryset, despite_spent=True)

    @admin.action(description="Take spent coins of refunded purchases now", permissions=["refund"])
    def collect(self, request, queryset):
        for pk in queryset.values_list("pk", flat=True):
            self._try(request, pk, lambda pk=pk: operations.collect_coins(purchase_id=pk))

    @admin.action(description="Dealt with: staff need not be asked any more", permissions=["refund"])
    def dealt_with(self, request, queryset):
        queryset.update(attention="")
        messages.success(request, "Nobody is asked about these any more.")

    @display(description="status", ordering="status", label=COLORS)
    def status_label(self, purchase):
        return purchase.status

    @display(description="staff are asked", ordering="attention", label="warning")
    def question(self, purchase):
        return purchase.get_attention_display() or None

    @display(description="price", ordering="amount")
    def price(self, purchase):
        return str(purchase.money)

    @display(description="payment")
    def payment_link(self, purchase):
        return link(purchase.payment) if purchase.payment else "none"

    @display(description="reference")
    def reference_link(self, purchase):
        return "itself" if purchase.is_our_own else named(purchase.reference)

    @display(description="transfer")
    def transfer_link(self, purchase):
        return link(purchase.transfer) if purchase.transfer else "none"

    def _refund(self, request, queryset, *, despite_spent):
        how = {"requested_by": request.user.get_username(), "despite_spent": despite_spent}
        for pk, currency in queryset.values_list("pk", "currency"):
            how["limit"] = refund_limit(request.user, currency)
            self._try(request, pk, lambda pk=pk: operations.refund_purchase(purchase_id=pk, **how))

    def _try(self, request, pk, work):
        try:
            purchase = work()
        except (ApiError, Unknown) as reason:
            messages.warning(request, f"{pk}: {reason}")
        else:
            self.log_change(request, purchase, f"It is {purchase.status} now.")
            messages.success(request, f"{pk} is {purchase.status}.")


@admin.register(Transfer)
class TransferAdmin(ReadOnly, LongList):
    """Read, never written: a transfer is undone by another one."""

    list_display = ["id", "kind", "coins", "giver", "taker", "reason", "created_at"]
    list_select_related = ["source__customer", "destination__customer"]
    list_filter = ["kind", "created_at"]
    search_fields = ["id", "source__id", "destination__id", "purchase__id"]
    find_by = ("pk", "source__id", "destination__id", "purchase__id")
    ordering = ["-created_at"]
    fields = ["id", "kind", "coins", "giver", "taker", "reason", "purchase_link", "reverses", "created_at"]
    readonly_fields = ["giver", "taker", "purchase_link"]

    @display(description="from")
    def giver(self, transfer):
        return self._holder(transfer.source)

    @display(description="to")
    def taker(self, transfer):
        return self._holder(transfer.destination)

    @display(description="purchase")
    def purchase_link(self, transfer):
        purchase = getattr(transfer, "purchase", None)
        return link(purchase) if purchase else "none"

    def _holder(self, account):
        return link(account.customer) if account.customer else str(account)
