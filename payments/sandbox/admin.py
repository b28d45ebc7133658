"""Staff see what the sandbox has in its books. What holds a secret is not shown."""

from django.contrib import admin, messages
from django.utils import timezone
from unfold.admin import ModelAdmin, TabularInline

from agents.lists import LongList
from agents.redaction import redacted
from payments.admin import ReadOnly
from payments.sandbox.deliveries import deliver_again
from payments.sandbox.models import (
    Charge,
    Customer,
    Delivery,
    Dispute,
    Event,
    HttpRequest,
    KeyedRequest,
    PaymentIntent,
    PaymentMethod,
    Refund,
    Token,
    WebhookEndpoint,
)


class ReadOnlyInline(ReadOnly, TabularInline):
    extra = 0

    def get_readonly_fields(self, request, obj=None):
        return self.fields


class ChargeInline(ReadOnlyInline):
    model = Charge
    fields = ("id", "status", "amount", "captured_amount", "refunded_amount", "payment_method", "failure_code")


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = ("id", "status", "amount", "reason", "failure_reason", "created_at")


class DisputeInline(ReadOnlyInline):
    model = Dispute
    fields = ("id", "status", "amount", "reason", "created_at")


class PaymentMethodInline(ReadOnlyInline):
    model = PaymentMethod
    fields = ("id", "brand", "last4", "exp_month", "exp_year", "behavior")


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ("endpoint", "attempts", "next_attempt_at", "delivered_at", "response")


@admin.register(PaymentIntent)
class PaymentIntentAdmin(ReadOnly, LongList):
    list_display = ("id", "status", "amount", "currency", "payment_method", "latest_charge", "created_at")
    list_filter = ("status", "currency", "capture_method")
    list_select_related = ("payment_method", "latest_charge")
    search_fields = ("id", "charges__id", "customer__id")
    ordering = ("-created_at",)
    inlines = (ChargeInline,)


@admin.register(Charge)
class ChargeAdmin(ReadOnly, LongList):
    list_display = ("id", "status", "amount", "captured_amount", "refunded_amount", "is_disputed", "created_at")
    list_filter = ("status", "is_disputed", "currency")
    search_fields = ("id", "payment_intent__id", "refunds__id", "disputes__id")
    ordering = ("-created_at",)
    inlines = (RefundInline, DisputeInline)


@admin.register(Customer)
class CustomerAdmin(ReadOnly, LongList):
    list_display = ("id", "email", "account", "is_deleted", "created_at")
    list_filter = ("is_deleted",)
    search_fields = ("id", "email")
    ordering = ("-created_at",)
    inlines = (PaymentMethodInline,)


@admin.register(PaymentMethod)
class PaymentMethodAdmin(ReadOnly, LongList):
    list_display = ("id", "brand", "last4", "funding", "country", "behavior", "customer", "created_at")
    list_filter = ("brand", "funding", "behavior")
    list_select_related = ("customer",)
    search_fields = ("id", "last4", "customer__id")
    ordering = ("-created_at",)


@admin.register(Token)
class TokenAdmin(ReadOnly, LongList):
    list_display = ("id", "payment_method", "created_at", "used_at")
    list_select_related = ("payment_method",)
    search_fields = ("id",)
    ordering = ("-created_at",)


@admin.register(Event)
class EventAdmin(ReadOnly, LongList):
    list_display = ("id", "type", "account", "request_id", "created_at")
    list_filter = ("type",)
    search_fields = ("id", "request_id", "idempotency_key")
    ordering = ("-created_at",)
    inlines = (DeliveryInline,)
    actions = ("replay",)

    def get_object(self, request, object_id, from_field=None):
        """To be looked at, never saved: an intent's event tells its client secret, as Stripe's does."""
        event = super().get_object(request, object_id, from_field)
        if event is not None:
            event.data = redacted(event.data)
        return event

    def has_replay_permission(self, request):
        return request.user.has_perm("sandbox.change_event")

    @admin.action(description="Deliver again", permissions=["replay"])
    def replay(self, request, events):
        for event in events:
            count = deliver_again(event, now=timezone.now())
            messages.success(request, f"{event} is on its way to {count} endpoint(s) again.")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "url", "status", "account", "created_at")
    list_filter = ("status",)
    search_fields = ("id", "url")
    ordering = ("-created_at",)
    exclude = ("sealed_secret",)
    actions = ("enable", "disable")

    def has_switch_permission(self, request):
        return request.user.has_perm("sandbox.change_webhookendpoint")

    @admin.action(description="Enable: send events there", permissions=["switch"])
    def enable(self, request, endpoints):
        self._switch(request, endpoints, disabled=False)

    @admin.action(description="Disable: send nothing there", permissions=["switch"])
    def disable(self, request, endpoints):
        self._switch(request, endpoints, disabled=True)

    def _switch(self, request, endpoints, *, disabled):
        for endpoint in endpoints:
            endpoint.switch(disabled=disabled)
            endpoint.save(update_fields=["status"])
            self.log_change(request, endpoint, f"It is {endpoint.status} now.")
            messages.success(request, f"{endpoint} is {endpoint.status}.")


@admin.register(KeyedRequest)
class KeyedRequestAdmin(ReadOnly, LongList):
    list_display = ("key", "created_at")
    search_fields = ("key",)
    ordering = ("-created_at",)


@admin.register(HttpRequest)
class HttpRequestAdmin(ReadOnly, LongList):
    list_display = ("key", "response_status", "request_id", "account", "claimed_at")
    list_filter = ("response_status",)
    search_fields = ("key", "request_id")
    ordering = ("-created_at",)
    exclude = ("sealed_body",)
