"""Staff read every token and can take one back, nothing else: what happens to tokens is an operation's business."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from agents.lists import LongList
from vault import models, operations
from vault.models import State, VaultToken

STATES = [*State.choices[:1], (models.EXPIRED, "Expired"), *State.choices[1:]]
LABELS = {
    State.ACTIVE: "success",
    models.EXPIRED: "warning",
    State.RESERVED: "info",
    State.CONSUMED: "primary",
    State.REVOKED: "danger",
}


class StateFilter(admin.SimpleListFilter):
    """The state as of now: a token that has expired is not active."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return STATES

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[VaultToken]:
        return queryset.in_state(self.value(), timezone.now()) if self.value() else queryset


@admin.register(VaultToken)
class VaultTokenAdmin(LongList):
    list_display = [
        "id",
        "current_state",
        "card",
        "allowed",
        "merchant_id",
        "agent",
        "review",
        "expires_at",
        "created_at",
    ]
    list_filter = [StateFilter, "created_at", "needs_review", "brand", "agent"]
    list_select_related = ["agent"]
    search_fields = ["id", "checkout_session_id", "merchant_id", "last4", "payment__id"]
    ordering = ["-created_at"]
    find_by = ("pk", "checkout_session_id", "payment__id")
    actions = ["revoke"]
    fieldsets = [
        (None, {"fields": ["id", "agent", "current_state", "created_at"]}),
        ("Allowance", {"fields": ["allowed", "merchant_id", "checkout_session_id", "expires_at"]}),
        ("What became of it", {"fields": ["payment", "reserved_at", "consumed_at", "revoked_at"]}),
        (
            "Card",
            {
                "fields": [
                    "card",
                    "expiry",
                    "funding",
                    "card_number_type",
                    "credential",
                    "fingerprint",
                    "billing_address",
                ]
            },
        ),
        ("Risk", {"fields": ["review", "risk_signals", "metadata"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: VaultToken | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: VaultToken | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("vault.change_vaulttoken")

    @admin.action(description="Revoke selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[VaultToken]) -> None:
        for token in queryset:
            try:
                operations.revoke_token(token=token)
            except operations.TokenInUse as refused:
                self.message_user(request, f"{token.id}: {refused.message}", messages.WARNING)
            else:
                self.message_user(request, f"{token.id} is revoked", messages.SUCCESS)

    @display(description="state", ordering="state", label=LABELS)
    def current_state(self, token: VaultToken) -> str:
        return token.state_at(timezone.now())

    @display(description="card")
    def card(self, token: VaultToken) -> str:
        return str(token)

    @display(description="expires")
    def expiry(self, token: VaultToken) -> str:
        return f"{token.exp_month:02}/{token.exp_year}"

    @display(description="up to", ordering="max_amount")
    def allowed(self, token: VaultToken) -> str:
        return str(token.allowance.max_amount)

    @display(description="review", ordering="needs_review", label={"asked for": "warning"})
    def review(self, token: VaultToken) -> str | None:
        return "asked for" if token.needs_review else None
