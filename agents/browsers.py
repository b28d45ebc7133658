"""What a browser may do on our pages: the Content-Security-Policy, so that what somebody slips into one is not run.

Every page gets `PAGE`, those of the admin `ADMIN`. A view whose page needs something else says so: `with_policy`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "Content-Security-Policy"
Policy = dict[str, str]
View = Callable[..., HttpResponseBase]

PAGE: Policy = {
    "default-src": "'self'",
    "img-src": "'self' data: http: https:",  # a product's pictures may be anywhere
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
STYLED: Policy = PAGE | {"style-src": "'self' 'unsafe-inline'"}
ADMIN: Policy = STYLED | {"script-src": "'self' 'unsafe-inline' 'unsafe-eval'"}  # django-unfold's Alpine needs both


class ContentPolicyMiddleware:
    """Put the policy on every page that has none of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            found = request.resolver_match
            is_admin = found is not None and found.app_name == "admin"
            response.headers.setdefault(HEADER, written(ADMIN if is_admin else PAGE))
        return response


def with_policy(policy: Callable[[], Policy]) -> Callable[[View], View]:
    """Decorate a view whose pages have a policy of their own, which is asked for at each request."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            response.headers[HEADER] = written(policy())
            return response

        return wrapper

    return decorate


def written(policy: Policy) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
