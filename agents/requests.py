"""What an agent sends, as handlers see it."""

from rest_framework.request import Request
from rest_framework.response import Response

from agents.models import Agent, IdempotentRequest
from agents.versioning import Policy


class AgentRequest(Request):
    """DRF's request, with the types of what `AgentViewSet.initial` and the idempotency decorators know about it."""

    user: Agent  # type: ignore[assignment]
    version: str  # the protocol's, negotiated
    policy: Policy  # the manners that came with it
    attempt: str  # the same for every retry under one Idempotency-Key
    claimed: IdempotentRequest | None  # None without a key
    kept: Response | None  # what `keep` has stored
