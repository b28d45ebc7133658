"""A bearer key names the agent; a signature vouches for what it sent."""

import structlog
from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from agents import happenings, secrets, signatures
from agents.errors import ApiError
from agents.models import Agent, ApiKey
from agents.prepared import Prepared
from agents.requests import AgentRequest


class Unauthorized(ApiError):
    """We do not know who is calling."""

    status = 401
    code = "unauthorized"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.headers["WWW-Authenticate"] = "Bearer"


class InvalidSignature(ApiError):
    """We know who is calling, but not that this is what they sent."""

    status = 401
    code = "invalid_signature"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`: one indexed query finds the agent. No header at all is the anonymous agent."""

    def authenticate(self, request: Request) -> tuple[Agent, ApiKey | None]:
        header = request.headers.get("Authorization")
        agent, key = (_anonymous_agent(), None) if header is None else _agent_with_key(header)
        structlog.contextvars.bind_contextvars(agent_id=agent.pk)
        happenings.caller.set(agent.pk)
        return agent, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _agent_with_key(header: str) -> tuple[Agent, ApiKey]:
    scheme, _, plain = header.partition(" ")
    if scheme.lower() != "bearer" or not plain:
        raise Unauthorized("The Authorization header must read: Bearer <API key>")
    for key in _keys_with_hash(ApiKey.hash_of(plain)):  # one at most
        return key.agent, key
    raise Unauthorized("This API key is not valid")


_keys_with_hash = Prepared(
    lambda hash: ApiKey.objects.select_related("agent").filter(hash=hash, revoked_at=None, agent__is_active=True)
)


def _anonymous_agent() -> Agent:
    """A sandbox may let calls without a key act as one agent, so that a first try needs nothing."""
    if settings.SANDBOX and settings.ANONYMOUS_AGENT:
        agent = Agent.objects.filter(name=settings.ANONYMOUS_AGENT, is_active=True).first()
        if agent is not None:
            return agent
    raise Unauthorized("An API key is required: Authorization: Bearer <API key>")


class HasValidSignature(BasePermission):
    """An agent that has a signing key signs every request, in the headers Signature and Timestamp (acp.md §5.2)."""

    def has_permission(self, request: AgentRequest, view: APIView) -> bool:  # type: ignore[override]
        if request.user.must_sign:
            _check_signature(request, request.user)
        return True


def _check_signature(request: AgentRequest, agent: Agent) -> None:
    timestamp, signature = request.headers.get("Timestamp"), request.headers.get("Signature")
    if timestamp is None or signature is None:
        raise InvalidSignature("This agent must send the headers Timestamp and Signature")
    try:
        is_timely = signatures.is_timely(timestamp, now=timezone.now())
    except ValueError:
        raise InvalidSignature("The Timestamp header must be an RFC 3339 timestamp") from None
    if not is_timely:
        raise InvalidSignature("The Timestamp header is more than 300 seconds from our time")
    if not _matches(signatures.message_of(timestamp=timestamp, content=_canonical_content(request)), signature, agent):
        raise InvalidSignature("The Signature header does not match the timestamp and the canonical JSON of the body")


def _canonical_content(request: AgentRequest) -> str:
    try:
        return signatures.canonical_json(request.data) if request.body else ""
    except ValueError:
        raise InvalidSignature("The body holds a number that canonical JSON cannot write") from None


def _matches(message: bytes, signature: str, agent: Agent) -> bool:
    if agent.signing_secret:
        return signatures.has_valid_mac(message, signature, secret=secrets.unseal(agent.signing_secret))
    return signatures.has_valid_ed25519(message, signature, public_key=agent.signing_public_key)
