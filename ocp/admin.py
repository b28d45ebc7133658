"""Staff read a conversation as a timeline: what the agent did, in order, with links. Nothing of what it claimed."""

from django.apps import apps
from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import NoReverseMatch
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from agents.admin import ReadOnly
from agents.lists import LongList
from agents.models import Agent
from ocp.models import Context, ContextEvent
from ocp.operations import latest_events
from payments.admin import link
from payments.money import Money

# Whose page it is, by how an object's id begins
PAGES = {
    "cus_": "sandbox.Customer",
    "pm_": "sandbox.PaymentMethod",
    "pi_": "sandbox.PaymentIntent",
    "ch_": "sandbox.Charge",
    "re_": "sandbox.Refund",
    "spt_": "spt.SharedPaymentToken",
    "vt_": "vault.VaultToken",
    "cs_": "checkout.CheckoutSession",
    "ord_": "checkout.Order",
    "cp_": "coins.Purchase",
}


@admin.register(Context)
class ContextAdmin(ReadOnly, LongList):
    list_display = ("context_id", "whose", "agent_type", "goal", "happened", "last_seen_at")
    list_filter = ("dialect", "last_seen_at")
    search_fields = ("context_id", "owner", "events__object_id")
    find_by = ("owner",)
    ordering = ("-last_seen_at",)
    fieldsets = (
        (None, {"fields": ("context_id", "whose", "agent_type", "goal", "user", "workspace")}),
        ("What the agent did", {"fields": ("timeline",)}),
        ("Kept", {"fields": ("dialect", "created_at", "last_seen_at")}),
    )

    def get_queryset(self, request):
        """What is told of each row is looked up for the rows that are shown, not for all before they are sorted."""
        events = ContextEvent.objects.filter(context=OuterRef("pk")).order_by().values("context")
        names = Agent.objects.filter(pk=OuterRef("owner")).values("name")
        return (
            super()
            .get_queryset(request)
            .annotate(
                events_count=Coalesce(Subquery(events.annotate(count=Count("*")).values("count")), 0),
                agent_name=Subquery(names),
            )
        )

    @display(description="whose")
    def whose(self, context):
        return link(Agent(pk=context.owner), context.agent_name) if context.agent_name else context.owner

    @display(description="events")
    def happened(self, context):
        return context.events_count

    @display(description="")
    def timeline(self, context: Context) -> str:
        steps = format_html_join(
            "",
            '<li style="padding:.35rem 0;border-left:2px solid #2f9470;padding-left:.9rem">'
            '<time style="opacity:.7">{}</time> <strong>{}</strong> {} {}</li>',
            (
                (f"{event.created_at:%H:%M:%S}", words(event.kind), linked(event.object_id), amount(event))
                for event in latest_events(context)
            ),
        )
        return format_html("<ol>{}</ol>", steps) if steps else "nothing yet"


def words(kind: str) -> str:
    """`payment_intent.succeeded` for people."""
    return kind.replace("shared_payment.", "").replace(".", ": ").replace("_", " ")


def amount(event: ContextEvent) -> str:
    return str(Money(event.amount, event.currency)) if event.amount is not None and event.currency else ""


def linked(object_id: str) -> str:
    prefix = object_id.partition("_")[0] + "_"
    if prefix not in PAGES:
        return object_id
    model = apps.get_model(PAGES[prefix])
    try:
        return link(model(pk=object_id), object_id)
    except NoReverseMatch:  # a thing without a page of its own
        return object_id
