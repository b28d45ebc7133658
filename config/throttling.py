"""How often a visitor may send a form: agents have manners (`agents/throttling.py`), and so have the pages for people.

What is only looked at is not counted: it costs little, or asks about a payment that began with a form.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import Throttled

from agents.errors import as_api_error
from agents.throttling import FormThrottle, LoginThrottle
from config.errors import answer

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class FormThrottleMiddleware:
    """Refuse a form that comes too soon after too many others, before its view is called."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if request.method in SAFE or not (limit := _limit_of(request, view)):
            return None
        throttle = limit()
        if throttle.allow_request(request, view):  # type: ignore[arg-type]  # of the request it reads META alone
            return None
        return answer(request, as_api_error(Throttled(throttle.wait())))


def _limit_of(request: HttpRequest, view: Any) -> type[FormThrottle | LoginThrottle] | None:
    """Whatever needs Django's token against forgery is a form; other doors want a key or a signature."""
    found = request.resolver_match
    if found is not None and found.app_name == "admin":  # staff may work as fast as they can
        return LoginThrottle if found.url_name == "login" else None
    return None if getattr(view, "csrf_exempt", False) else FormThrottle
