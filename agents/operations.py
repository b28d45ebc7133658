"""What happens to agents and their keys. A plain key or secret is returned once and can never be read again."""

import secrets
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from agents.ids import new_id
from agents.models import Agent, ApiKey, Exchange, IdempotentRequest
from agents.secrets import seal

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


def forget_old_requests(*, now: datetime) -> dict[str, int]:
    """Delete what we keep of requests, once its time is over; returns how many answers and how many exchanges."""
    return {
        "answers": _delete_in_steps(IdempotentRequest.objects.outdated(now)),
        "exchanges": _delete_in_steps(Exchange.objects.outdated(now)),
    }


def _delete_in_steps(rows: models.QuerySet[Any]) -> int:
    """Delete `rows`, some at a time. What changed meanwhile is looked at again in the DELETE itself."""
    deleted, seen = 0, list(rows.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    while seen:
        deleted += rows.filter(pk__in=seen).delete()[0]
        seen = list(rows.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]) if len(seen) == FORGOTTEN_AT_ONCE else []
    return deleted
