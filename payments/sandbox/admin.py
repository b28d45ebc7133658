"""Staff see what the sandbox's card network has in its books."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from payments.admin import ReadOnly
from payments.sandbox.models import Charge, KeyedRequest, PaymentIntent, PaymentMethod, Token


class ChargeInline(ReadOnly, TabularInline):
    model = Charge
    fields = ("id", "status", "amount", "currency", "payment_method", "failure_code", "decline_code", "created_at")
    readonly_fields = fields
    extra = 0


@admin.register(PaymentIntent)
class PaymentIntentAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "status", "amount", "currency", "payment_method", "latest_charge", "created_at")
    list_filter = ("status", "currency")
    list_select_related = ("payment_method", "latest_charge")
    search_fields = ("id", "charges__id")
    ordering = ("-created_at",)
    inlines = (ChargeInline,)


@admin.register(PaymentMethod)
class PaymentMethodAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "brand", "last4", "funding", "country", "behavior", "created_at")
    list_filter = ("brand", "funding", "behavior")
    search_fields = ("id", "last4")
    ordering = ("-created_at",)


@admin.register(Token)
class TokenAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "payment_method", "created_at", "used_at")
    list_select_related = ("payment_method",)
    search_fields = ("id",)
    ordering = ("-created_at",)


@admin.register(KeyedRequest)
class KeyedRequestAdmin(ReadOnly, ModelAdmin):
    list_display = ("key", "created_at")
    search_fields = ("key",)
    ordering = ("-created_at",)
