"""Staff read a payment's whole story here. Nobody writes it: what they can do is ask, and give money back."""

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.admin import TabularInline
from unfold.decorators import action, display

from agents.errors import ApiError
from agents.lists import LongList
from payments.forms import RefundForm
from payments.hearing import reconcile
from payments.models import Dispute, Event, Payment, Refund, Trouble
from payments.processors.base import Unknown
from payments.settling import refund_payment

COLORS = {
    "succeeded": "success",
    "authorized": "info",
    "processing": "info",
    "prepared": "info",
    "requires_action": "warning",
    "unknown": "danger",
    "declined": "warning",
    "pending": "warning",
    "failed": "danger",
}
ASK = {"title": "Settle now", "description": "Ask the processor what has become of this payment and its refunds."}
GIVE_BACK = {"title": "Refund", "description": "Give the buyer money back.", "form_class": RefundForm}
ATTENDED = {"title": "Dealt with", "description": "What went wrong so far has been put right; do not list it any more."}
# By how its id begins, the page of what is paid for, or paid with. The rooms that have them say which.
PAGES: dict[str, str] = {}


class ReadOnly:
    """An admin page that shows, and changes nothing."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class RefundInline(ReadOnly, TabularInline):
    model = Refund
    fields = (
        *("id", "shown_state", "shown_amount", "reason", "requested_by", "failure_message"),
        *("unknown_since", "processor_id", "created_at", "settled_at"),
    )
    readonly_fields = ("id", "shown_state", "shown_amount", "created_at")
    ordering = ("created_at",)
    extra = 0

    @display(description="state", label=COLORS)
    def shown_state(self, refund):
        return refund.state

    @display(description="amount")
    def shown_amount(self, refund):
        return str(refund.money)


class DisputeInline(ReadOnly, TabularInline):
    model = Dispute
    fields = ("id", "status", "shown_amount", "reason", "answer_by", "created_at", "updated_at")
    readonly_fields = ("id", "shown_amount", "created_at", "updated_at")
    ordering = ("created_at",)
    extra = 0

    @display(description="amount")
    def shown_amount(self, dispute):
        return str(dispute.money)


class EventInline(ReadOnly, TabularInline):
    model = Event
    verbose_name_plural = "events heard"
    fields = ("page", "type", "heard_at", "handled_at", "trouble")
    readonly_fields = ("page", "heard_at")
    ordering = ("heard_at",)
    extra = 0

    @display(description="event")
    def page(self, event):
        return link(event)


class Story(ReadOnly, LongList):
    """A payment's page: everything that is known of it."""

    search_fields = ("id", "reference", "attempt", "processor_id", "charge_id", "refunds__id", "refunds__processor_id")
    find_by: tuple[str, ...] = ("pk", "reference", "processor_id", "charge_id", "refunds__id")
    ordering = ("-created_at",)
    inlines = (RefundInline, DisputeInline, EventInline)
    actions_detail = ("settle_now", "refund", "attend")
    fieldsets = (
        (
            "What was promised",
            {"fields": ("id", "shown_amount", "shown_reference", "agent", "attempt", "shown_credential")},
        ),
        (
            "How far it has come",
            {"fields": ("shown_state", "created_at", "updated_at", "lease_until", "unknown_since", "settled_at")},
        ),
        (
            "At the processor",
            {"fields": ("processor", "processor_id", "charge_id", "capture", "action_url", "shown_keys")},
        ),
        (
            "How it came out",
            {"fields": ("decline_code", "decline_message", "shown_refunded", "contradiction")},
        ),
        ("What belongs to it", {"fields": ("holders", "others")}),
        ("Who dealt with what went wrong", {"fields": ("attended_by", "attended_at")}),
    )
    readonly_fields = (
        *("shown_amount", "shown_reference", "shown_credential", "shown_state"),
        *("shown_keys", "shown_refunded", "holders", "others"),
    )

    def has_settle_permission(self, request, obj=None):
        return request.user.has_perm("payments.change_payment")

    def has_refund_permission(self, request, obj=None):
        return request.user.has_perm("payments.add_refund")

    @action(description="Settle now", url_path="settle", icon="sync", permissions=["settle"], dialog=ASK)
    def settle_now(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        payment = get_object_or_404(Payment, pk=unquote(object_id))
        try:
            messages.success(request, f"State: {reconcile(payment).state}.")
        except (ApiError, Unknown) as reason:
            messages.warning(request, str(reason))
        return back_to(request, payment)

    @action(description="Refund", url_path="refund", icon="undo", permissions=["refund"], dialog=GIVE_BACK)
    def refund(self, request: HttpRequest, form: RefundForm, object_id: str) -> HttpResponse:
        staff = request.user.get_username()
        order = {name: form.cleaned_data[name] for name in ("amount", "reason", "attempt")}
        try:
            refund = refund_payment(payment=form.payment, requested_by=staff, limit=form.limit, **order)
        except ApiError as reason:
            messages.warning(request, reason.message)
        else:
            level = messages.ERROR if refund.has_failed else messages.SUCCESS
            messages.add_message(request, level, f"Refund of {refund.money}: {refund.state}. {refund.failure_message}")
        return back_to(request, form.payment)

    @action(description="Dealt with", url_path="attend", icon="check", permissions=["settle"], dialog=ATTENDED)
    def attend(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        payment = get_object_or_404(Payment, pk=unquote(object_id))
        payment.attend(request.user.get_username(), timezone.now())
        return back_to(request, payment)

    @display(description="state", ordering="state", label=COLORS)
    def shown_state(self, payment):
        return payment.state

    @display(description="amount", ordering="amount")
    def shown_amount(self, payment):
        return str(payment.money)

    @display(description="keys")
    def shown_keys(self, payment):
        keys = (payment.create_key, payment.confirm_key, payment.capture_key, payment.cancel_key)
        return format_html_join("", "<div>{}</div>", ((key,) for key in keys))

    @display(description="refunded")
    def shown_refunded(self, payment):
        return str(payment.refunded)

    @display(description="reference")
    def shown_reference(self, payment):
        return named(payment.reference)

    @display(description="credential")
    def shown_credential(self, payment):
        return named(payment.credential)

    @display(description="held by")
    def holders(self, payment):
        """The order, the token: whatever higher room's row names this payment as its own."""
        relations = [relation for relation in Payment._meta.related_objects if relation.one_to_one]
        rows = [getattr(payment, str(relation.get_accessor_name()), None) for relation in relations]
        lines = ((row._meta.verbose_name, link(row)) for row in rows if row)
        return format_html_join("", "<div>{} {}</div>", lines) or "none"

    @display(description="other payments for the same thing")
    def others(self, payment):
        rows = Payment.objects.filter(reference=payment.reference).exclude(pk=payment.pk).order_by("created_at")
        lines = ((link(row), row.state, row.created_at.isoformat(timespec="seconds")) for row in rows)
        return format_html_join("", "<div>{} {}, {}</div>", lines) or "none"


@admin.register(Payment)
class PaymentAdmin(Story):
    list_display = ("id", "shown_state", "shown_amount", "reference", "agent", "created_at", "unknown_since")
    list_filter = ("state", "created_at", "processor", "currency", ("contradiction", admin.EmptyFieldListFilter))
    list_select_related = ("agent",)


@admin.register(Trouble)
class TroubleAdmin(Story):
    """Empty on a good day."""

    list_display = ("page", "reasons", "shown_amount", "reference", "created_at")
    list_display_links = None

    def get_queryset(self, request):
        return Trouble.all_at(timezone.now()).prefetch_related("refunds__payment", "disputes", "events")

    @display(description="payment", ordering="id")
    def page(self, trouble):
        return anchor(payment_page(trouble), trouble.pk)

    @display(description="what is wrong")
    def reasons(self, trouble):
        return format_html_join("", "<div>{}</div>", ((reason,) for reason in trouble.reasons(timezone.now())))


@admin.register(Refund)
class RefundAdmin(ReadOnly, LongList):
    list_display = ("id", "shown_state", "shown_amount", "payment", "requested_by", "created_at", "failure_message")
    list_filter = ("state", "created_at")
    list_select_related = ("payment",)
    find_by = ("pk", "processor_id", "payment__id", "payment__reference")
    search_fields = ("id", "processor_id", "payment__id", "payment__reference", "requested_by")
    ordering = ("-created_at",)
    shown_state, shown_amount = RefundInline.shown_state, RefundInline.shown_amount


@admin.register(Dispute)
class DisputeAdmin(ReadOnly, LongList):
    list_display = ("id", "status", "shown_amount", "reason", "payment", "answer_by", "created_at")
    list_filter = ("status", "reason")
    list_select_related = ("payment",)
    find_by = ("pk", "payment__id", "payment__reference")
    search_fields = ("id", "payment__id", "payment__reference")
    ordering = ("-created_at",)
    shown_amount = DisputeInline.shown_amount


@admin.register(Event)
class EventAdmin(ReadOnly, LongList):
    """What the processor told us of. Acting on it again asks the processor what is true now."""

    list_display = ("id", "type", "payment", "heard_at", "handled_at", "trouble")
    list_filter = (("handled_at", admin.EmptyFieldListFilter), "heard_at", "type")
    list_select_related = ("payment",)
    find_by = ("pk", "payment__id", "payment__reference")
    search_fields = ("id", "type", "payment__id")
    ordering = ("-heard_at",)
    fields = ("id", "type", "shown_payment", "heard_at", "handled_at", "trouble")
    readonly_fields = ("shown_payment",)
    actions = ("replay",)

    def has_replay_permission(self, request):
        return request.user.has_perm("payments.change_payment")

    @admin.action(description="Act on it again", permissions=["replay"])
    def replay(self, request, events):
        for event in events.select_related("payment"):
            try:
                payment = reconcile(event.payment)
            except (ApiError, Unknown) as reason:
                messages.warning(request, f"{event}: {reason}")
            else:
                event.handle(timezone.now())
                messages.success(request, f"{event}: the payment is {payment.state}.")

    @display(description="payment")
    def shown_payment(self, event):
        return link(event.payment)


def payment_page(payment: Payment) -> str:
    return reverse("admin:payments_payment_change", args=[quote(payment.pk)])


def back_to(request: HttpRequest, payment: Payment) -> HttpResponse:
    """The payment's page; a dialog is told so in its own way."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": payment_page(payment)})
    return redirect(payment_page(payment))


def link(row: Model, text: str = "") -> str:
    """`row`'s own page in the admin."""
    return anchor(
        reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)]), text or str(row)
    )


def named(id: str) -> str:
    """What a reference or a credential names: its page, if a room has one."""
    page = next((page for prefix, page in PAGES.items() if id.startswith(prefix)), "")
    return anchor(reverse(page, args=[quote(id)]), id) if page else id


def anchor(url: str, text: str) -> str:
    return format_html('<a href="{}" class="text-link">{}</a>', url, text)
