"""How often one agent, or one visitor, may call."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle
from rest_framework.views import APIView


class AgentThrottle(SimpleRateThrottle):
    """AGENT_RATE calls per agent, counted in Django's cache. An empty rate is no limit."""

    def get_rate(self) -> str | None:
        return settings.AGENT_RATE or None

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"agent-calls:{request.user.pk}"


class VisitorThrottle(AnonRateThrottle):
    """The same rate, per address, where nobody says who they are."""

    def get_rate(self) -> str | None:
        return settings.AGENT_RATE or None
