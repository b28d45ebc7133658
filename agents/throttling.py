"""How often one agent, or one visitor, may call.

Visitors are told apart by their address. A caller may write any into `X-Forwarded-For`: of those DRF believes the one
that the outermost of our own proxies wrote (PROXIES says how many there are), and without any proxy none.
"""

from typing import ClassVar

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

A_MOMENT = 0.001  # seconds: times as long as those of today are not told apart more finely


class Throttle(SimpleRateThrottle):
    """So many calls at once, and as many again in the time that the rate names, evenly. An empty rate is no limit.

    In Django's cache stands only when all that was used up is given back: many calls cost no more than few.
    """

    setting: ClassVar[str]  # the name of the one that holds the rate
    num_requests: int
    duration: int  # seconds
    too_soon = 0.0  # seconds

    def get_rate(self) -> str | None:
        return getattr(settings, self.setting) or None

    def allow_request(self, request: Request, view: APIView) -> bool:
        if self.rate is None:
            return True
        key, now = self.get_cache_key(request, view), self.timer()
        given_back = self.cache.get(key, now)
        if not now < given_back <= now + self.duration + A_MOMENT:  # it is, or the clock was put back since
            given_back = now
        given_back += self.duration / self.num_requests
        self.too_soon = given_back - now - self.duration
        if self.too_soon > A_MOMENT:
            return False
        self.cache.set(key, given_back, self.duration)
        return True

    def wait(self) -> float:
        """Seconds until the next call is let in, after one that was not."""
        return self.too_soon

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"{type(self).__name__}:{self.get_ident(request)}"


class AgentThrottle(Throttle):
    """AGENT_RATE calls per agent."""

    setting = "AGENT_RATE"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"{type(self).__name__}:{request.user.pk}"


class VisitorThrottle(Throttle):
    """The same rate, per address, where nobody says who they are."""

    setting = "AGENT_RATE"


class FormThrottle(Throttle):
    """FORM_RATE forms that are sent from one address: each writes something, and some try a card."""

    setting = "FORM_RATE"


class LoginThrottle(Throttle):
    """LOGIN_RATE passwords that are tried from one address, right or wrong."""

    setting = "LOGIN_RATE"
