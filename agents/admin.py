"""Staff's view of agents, keys and remembered requests.

A key or secret is shown once, in a message, in the response to the click that made it. What changes something is an
action on the list, because those are sent as a POST with a CSRF token; a link could be forged.
"""

import json

from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from agents import operations
from agents.lists import LongList
from agents.models import Agent, ApiKey, Endpoint, Exchange, IdempotentRequest, OutgoingEvent, Try

REPLAY = {"title": "Replay", "description": "Send every event that was given up once more, with its id."}
SHOWN_ONCE = "Copy it now: it cannot be shown again."
MOST_EXCHANGES = 50  # on the page of what they are about; the list has them all


class ReadOnly:
    """Looked at, never edited: what happens here happens through operations."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ApiKeyInline(ReadOnly, TabularInline):
    model = ApiKey
    fields = ["prefix", "created_at", "revoked_at"]
    extra = 0
    show_change_link = hide_title = True


@admin.register(Agent)
class AgentAdmin(ModelAdmin):
    list_display = ["name", "pinned_version", "is_active", "signs_with", "created_at"]
    list_filter = ["is_active", "pinned_version"]
    search_fields = ["name", "id"]
    ordering = ["name"]
    fields = ["name", "pinned_version", "is_active", "signing_public_key", "signs_with", "id", "created_at"]
    inlines = [ApiKeyInline]
    actions = ["issue_key", "set_signing_secret", "remove_signing_key"]

    def get_readonly_fields(self, request, obj=None):
        # One way of signing at a time: the secret goes before a public key comes.
        has_secret = obj is not None and obj.signing_secret
        return ["signs_with", "id", "created_at", *(["signing_public_key"] if has_secret else [])]

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if not change:
            self._show_new_key(request, obj)

    @admin.display(description="signs with")
    def signs_with(self, agent):
        if agent.signing_secret:
            return "a secret (HMAC-SHA256)"
        return "its own key (Ed25519)" if agent.signing_public_key else "nothing"

    @admin.action(description="Issue another key", permissions=["change"])
    def issue_key(self, request, agents):
        for agent in agents:
            self._show_new_key(request, agent)
            self.log_change(request, agent, "Issued a key.")

    @admin.action(description="Issue a new signing secret (the old one stops working)", permissions=["change"])
    def set_signing_secret(self, request, agents):
        for agent in agents:
            secret = operations.set_signing_secret(agent=agent)
            self.log_change(request, agent, "Issued a signing secret.")
            messages.success(request, f"The signing secret of {agent} is {secret} — {SHOWN_ONCE}")

    @admin.action(description="Remove the signing secret or public key", permissions=["change"])
    def remove_signing_key(self, request, agents):
        for agent in agents:
            operations.remove_signing_key(agent=agent)
            self.log_change(request, agent, "Removed the signing key.")
            messages.success(request, f"{agent} may call unsigned.")

    def _show_new_key(self, request, agent):
        _, plain = operations.issue_key(agent=agent)
        messages.success(request, f"The new key of {agent} is {plain} — {SHOWN_ONCE}")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, ModelAdmin):
    list_display = ["prefix", "agent", "created_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["agent"]
    search_fields = ["prefix", "agent__name"]
    ordering = ["-created_at"]
    fields = ["agent", "prefix", "created_at", "revoked_at"]
    actions = ["rotate", "revoke"]

    def has_rotate_permission(self, request):
        return request.user.has_perm("agents.change_apikey")

    @admin.action(description="Rotate: revoke, and issue a key in its place", permissions=["rotate"])
    def rotate(self, request, keys):
        for key in keys.filter(revoked_at=None):
            _, plain = operations.rotate_key(key=key)
            self.log_change(request, key, "Rotated.")
            messages.success(request, f"The key of {key.agent} in place of {key} is {plain} — {SHOWN_ONCE}")

    @admin.action(description="Revoke: it opens nothing from now on", permissions=["rotate"])
    def revoke(self, request, keys):
        for key in keys.filter(revoked_at=None):
            operations.revoke_key(key=key)
            self.log_change(request, key, "Revoked.")
            messages.success(request, f"The key {key} of {key.agent} is revoked.")


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(ReadOnly, LongList):
    """Without bodies: they tell of buyers."""

    list_display = ["key", "path", "agent", "response_status", "claimed_at", "created_at"]
    list_filter = ["response_status", "agent"]
    list_select_related = ["agent"]
    search_fields = ["key", "path"]
    ordering = ["-created_at"]
    fields = ["agent", "path", "key", "response_status", "claimed_at", "created_at"]


@admin.register(Endpoint)
class EndpointAdmin(ModelAdmin):
    """Where agents hear of their orders."""

    list_display = ["agent", "url", "is_enabled", "health", "failures"]
    list_filter = ["is_enabled", ("paused_at", admin.EmptyFieldListFilter)]
    list_select_related = ["agent"]
    search_fields = ["url", "agent__name"]
    fields = ["agent", "url", "is_enabled", "signature_scheme", "signature_header", "event_names"]
    actions = ["rotate", "resume"]

    def get_readonly_fields(self, request, obj=None):
        return ["agent"] if obj else []

    def save_model(self, request, obj, form, change):
        if not change:
            secret = operations.new_secret()
            obj.set_secret(secret, timezone.now())
            messages.success(request, f"The secret of {obj.agent}'s endpoint is {secret} — {SHOWN_ONCE}")
        super().save_model(request, obj, form, change)

    @display(description="health", label={"paused": "danger", "failing": "warning", "fine": "success"})
    def health(self, endpoint):
        if endpoint.paused_at:
            return "paused"
        return "failing" if endpoint.failures else "fine"

    @admin.action(description="New secret (the old one stays good for a day)", permissions=["change"])
    def rotate(self, request, endpoints):
        for endpoint in endpoints:
            secret = operations.rotate_endpoint_secret(endpoint=endpoint)
            self.log_change(request, endpoint, "Rotated the secret.")
            messages.success(request, f"The new secret of {endpoint.agent}'s endpoint is {secret} — {SHOWN_ONCE}")

    @admin.action(description="Resume: deliver again, beginning with what has waited", permissions=["change"])
    def resume(self, request, endpoints):
        for endpoint in endpoints:
            operations.resume_endpoint(endpoint=endpoint)
            self.log_change(request, endpoint, "Resumed.")


class TryInline(ReadOnly, TabularInline):
    model = Try
    fields = ["began_at", "status", "milliseconds", "answer"]
    ordering = ["id"]
    extra = 0
    hide_title = True


@admin.register(OutgoingEvent)
class OutgoingEventAdmin(ReadOnly, LongList):
    """What agents were told, each with its tries and the next one."""

    list_display = ["id", "type", "subject", "agent", "shown_state", "tried", "next_try_at", "created_at"]
    list_filter = ["state", "agent", "type"]
    list_select_related = ["agent"]
    find_by = ("id", "subject")
    search_fields = ["id", "subject"]
    ordering = ["-sequence"]
    fields = [
        *["id", "type", "subject", "agent", "api_version", "shown_state"],
        *["created_at", "delivered_at", "next_try_at", "give_up_at", "data"],
    ]
    inlines = [TryInline]
    actions = ["replay"]
    actions_list = ["replay_failed"]

    @display(
        description="state",
        ordering="state",
        label={"pending": "info", "delivered": "success", "given up": "danger", "nobody to tell": "default"},
    )
    def shown_state(self, event):
        return event.get_state_display()

    def has_replay_permission(self, request, obj=None):
        return request.user.has_perm("agents.change_outgoingevent")

    @admin.action(description="Send once more, with the same id", permissions=["replay"])
    def replay(self, request, events):
        for event in events.order_by("sequence"):
            operations.replay_event(event=event)
        messages.success(request, f"{len(events)} event(s) will be sent once more.")

    @action(
        description="Replay all that failed",
        url_path="replay-failed",
        icon="replay",
        permissions=["replay"],
        dialog=REPLAY,
    )
    def replay_failed(self, request, form):
        number = operations.replay_failed_events()
        messages.success(request, f"{number} event(s) will be sent once more.")
        page = reverse("admin:agents_outgoingevent_changelist")
        return HttpResponse(headers={"HX-Redirect": page}) if "HX-Request" in request.headers else redirect(page)


@admin.register(Exchange)
class ExchangeAdmin(ReadOnly, LongList):
    """The inspector: what an agent asked, what it was answered, and what was true after that."""

    list_display = ["began_at", "subject", "call", "response_status", "state_after", "version", "agent", "milliseconds"]
    list_filter = ["response_status", "version", "agent", "began_at"]
    list_select_related = ["agent"]
    find_by = ("subject",)
    search_fields = ["subject", "request_id", "idempotency_key"]
    ordering = ["-began_at"]
    fieldsets = [(None, {"fields": ["subject", "agent"]}), ("The call", {"classes": ["wide"], "fields": ["shown"]})]
    readonly_fields = ["shown"]

    @admin.display(description="call")
    def call(self, exchange):
        return f"{exchange.method} {exchange.path}"

    @admin.display(description="Call and answer")
    def shown(self, exchange):
        return _told([exchange], is_open=True)


def exchanges(subject, agent_id):
    """What one agent asked about one thing, told as a sequence."""
    found = list(Exchange.objects.about(subject, agent_id)[: MOST_EXCHANGES + 1])
    return _told(found[:MOST_EXCHANGES], more=len(found) > MOST_EXCHANGES, subject=subject)


def _told(found, **context):
    calls = [{"row": row, "sent": _in_lines(row.sent), "answered": _in_lines(row.answered)} for row in found]
    return render_to_string("agents/exchanges.html", {"calls": calls, **context})


def _in_lines(text):
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:  # there was none, or it was too long
        return text
