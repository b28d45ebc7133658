"""What happens to agents and their keys. A plain key or secret is returned once and can never be read again."""

import secrets
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from agents.ids import new_id
from agents.models import Agent, ApiKey, Endpoint, EventState, Exchange, IdempotentRequest, OutgoingEvent
from agents.secrets import seal
from agents.steps import Advance, in_steps

FORGOTTEN_AT_ONCE = 1000  # rows: what a long memory holds must not keep others from writing


def create_agent(*, name: str, pinned_version: str = "") -> tuple[Agent, str]:
    """Return a new agent and its first key, in plain."""
    with transaction.atomic():
        agent = Agent.objects.create(name=name, pinned_version=pinned_version)
        _, plain = issue_key(agent=agent)
    return agent, plain


def issue_key(*, agent: Agent, plain: str | None = None) -> tuple[ApiKey, str]:
    """Return a new key of this agent, and the key in plain. Only a demo names its own, well-known key."""
    plain = plain or new_id("till")
    key = ApiKey.objects.create(agent=agent, prefix=plain[:8], hash=ApiKey.hash_of(plain))
    return key, plain


def rotate_key(*, key: ApiKey) -> tuple[ApiKey, str]:
    """Return a key in place of `key`, which opens nothing from now on."""
    with transaction.atomic():
        revoke_key(key=key)
        return issue_key(agent=key.agent)


def revoke_key(*, key: ApiKey) -> None:
    """Take a key back. The moment of the first revocation stays."""
    now = timezone.now()
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        key.revoked_at = now


def set_signing_secret(*, agent: Agent) -> str:
    """Return a fresh HMAC secret, in plain. From now on this agent must sign with it, and with nothing else."""
    plain = secrets.token_urlsafe(32)
    agent.signing_secret, agent.signing_public_key = seal(plain), ""
    agent.save(update_fields=["signing_secret", "signing_public_key"])
    return plain


def remove_signing_key(*, agent: Agent) -> None:
    """Let this agent call unsigned again."""
    agent.signing_secret = agent.signing_public_key = ""
    agent.save(update_fields=["signing_secret", "signing_public_key"])


def set_endpoint(*, agent: Agent, url: str, secret: str = "", **options: str) -> tuple[Endpoint, str]:
    """Have `agent` hear of its orders at `url`; return the endpoint and its secret, in plain.

    An endpoint that is there is changed. `options` are its `signature_scheme`, `signature_header`, `event_names`.

    :raises ValidationError: if the URL, or an option, is none.
    """
    endpoint = Endpoint.objects.filter(agent=agent).first() or Endpoint(agent=agent)
    endpoint.url = url
    for name, value in options.items():
        setattr(endpoint, name, value)
    plain = secret or new_secret()
    if not endpoint.sealed_secret or plain not in endpoint.secrets(timezone.now())[:1]:
        endpoint.set_secret(plain, timezone.now())
    endpoint.full_clean()
    endpoint.save()
    return endpoint, plain


def rotate_endpoint_secret(*, endpoint: Endpoint) -> str:
    """Return a fresh secret, in plain. The one before it stays good for a day."""
    plain = new_secret()
    endpoint.set_secret(plain, timezone.now())
    endpoint.save(update_fields=["sealed_secret", "sealed_old_secret", "rotated_at"])
    return plain


def resume_endpoint(*, endpoint: Endpoint) -> None:
    """Deliver to an endpoint that was paused again, beginning with what has waited."""
    endpoint.resume(timezone.now())


def replay_event(*, event: OutgoingEvent) -> None:
    """Send an event once more, with the same id."""
    event.replay(timezone.now())


def replay_failed_events(*, agent: Agent | None = None) -> int:
    """Send once more what was given up; return how many that are."""
    failed = OutgoingEvent.objects.filter(state=EventState.GIVEN_UP)
    events = list(failed if agent is None else failed.filter(agent=agent))
    for event in events:
        replay_event(event=event)
    return len(events)


def new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def forget_old_requests(*, now: datetime, advance: Advance | None = None) -> dict[str, int]:
    """Delete what we keep of requests, once its time is over; returns how many answers and how many exchanges."""
    return {
        "answers": in_steps(lambda: _delete_some(IdempotentRequest.objects.outdated(now)), advance),
        "exchanges": in_steps(lambda: _delete_some(Exchange.objects.outdated(now)), advance),
    }


def forget_delivered_events(*, now: datetime, advance: Advance | None = None) -> int:
    """Delete events that arrived longer than EVENT_RETENTION seconds ago, and their tries; returns how many events."""
    return in_steps(lambda: _forget_some_events(now), advance)


def _forget_some_events(now: datetime) -> int:
    with transaction.atomic():  # locked: one that staff replay this moment stays
        outdated = OutgoingEvent.objects.outdated(now).select_for_update(skip_locked=True).order_by("pk")
        some = list(outdated.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
        OutgoingEvent.objects.filter(pk__in=some).delete()
    return len(some)


def _delete_some(rows: models.QuerySet[Any]) -> int:
    """What changed meanwhile is looked at again in the DELETE itself."""
    seen = list(rows.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    return rows.filter(pk__in=seen).delete()[0]
