"""What happens to agents and their keys. A plain key or secret is returned once and can never be read again."""

import secrets

from django.db import transaction
from django.utils import timezone

from agents.ids import new_id
from agents.models import Agent, ApiKey
from agents.secrets import seal


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
