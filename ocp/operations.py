"""What happens to contexts: kept, summed up, forgotten."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from agents.errors import NotFound, without_card_numbers
from agents.steps import Advance, in_steps
from ocp.conversations import Conversation
from ocp.models import Context, ContextEvent

MOST_CONTEXTS = 1_000  # of one owner; the oldest gives way
FORGOTTEN_AT_ONCE = 100  # with their events
TOLD = 50  # events that a summary lists


@transaction.atomic
def remember(*, owner: str, conversation: Conversation, now: datetime) -> Context:
    """Write down that a conversation goes on, and what was heard in this request."""
    hint = conversation.hint
    said = {"agent_type": hint.agent_type, "goal": hint.goal, "user": hint.user, "workspace": hint.workspace}
    said = {name: without_card_numbers(value) for name, value in said.items() if value}
    context, is_new = Context.objects.update_or_create(
        owner=owner, context_id=hint.context_id, defaults=said | {"dialect": hint.dialect, "last_seen_at": now}
    )
    if is_new:
        _make_room(owner)
    if conversation.heard:
        ContextEvent.objects.bulk_create(
            ContextEvent(context=context, created_at=now, **vars(happening)) for happening in conversation.heard
        )
        _forget_the_oldest(context)
    return context


def find_context(*, owner: str, context_id: str, now: datetime) -> Context:
    """:raises NotFound: if the owner has no such context, or it has been quiet for too long."""
    context = Context.objects.of(owner).alive(now).filter(context_id=context_id).first()
    if context is None:
        raise NotFound("There is no such context")
    return context


def summary_of(context: Context) -> dict[str, Any]:
    """How often what happened in this context: `{"events": 3, "order.created": 1, …}`."""
    kinds = Counter(context.events.values_list("kind", flat=True))
    return {"events": kinds.total(), "by_kind": dict(sorted(kinds.items()))}


def latest_events(context: Context) -> list[ContextEvent]:
    """What happened in this context, oldest first: the latest of it."""
    return list(context.events.order_by("-id")[:TOLD])[::-1]


def forget_contexts(now: datetime, *, advance: Advance | None = None) -> int:
    """Forget the contexts nobody came back to; returns how many."""
    return in_steps(lambda: _forget_some(now), advance)


@transaction.atomic
def _forget_some(now: datetime) -> int:
    """Locked: one that somebody comes back to this moment stays."""
    quiet = Context.objects.forgettable(now).select_for_update(skip_locked=True).order_by("last_seen_at")
    some = list(quiet.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    Context.objects.filter(pk__in=some).delete()
    return len(some)


def _forget_the_oldest(context: Context) -> None:
    oldest = context.events.order_by("-id").values_list("id", flat=True)[settings.OCP_CONTEXT_EVENTS :][:1].first()
    if oldest is not None:
        context.events.filter(id__lte=oldest).delete()


def _make_room(owner: str) -> None:
    surplus = Context.objects.of(owner).order_by("-last_seen_at").values_list("pk", flat=True)[MOST_CONTEXTS:]
    Context.objects.filter(pk__in=list(surplus)).delete()
