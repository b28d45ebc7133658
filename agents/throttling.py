"""How often one agent, or one visitor, may call.

Visitors are told apart by their address. A caller may write any into `X-Forwarded-For`: of those DRF believes the one
that the outermost of our own proxies wrote (PROXIES says how many there are), and without any proxy none.
"""

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


class FormThrottle(SimpleRateThrottle):
    """FORM_RATE forms that are sent from one address: each writes something, and some try a card."""

    def get_rate(self) -> str | None:
        return settings.FORM_RATE or None

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"forms:{self.get_ident(request)}"


class LoginThrottle(SimpleRateThrottle):
    """LOGIN_RATE passwords that are tried from one address, right or wrong."""

    def get_rate(self) -> str | None:
        return settings.LOGIN_RATE or None

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"logins:{self.get_ident(request)}"
