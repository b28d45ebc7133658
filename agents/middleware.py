"""What every response carries and every request leaves in the log, whoever answers it."""

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from agents.ids import new_id
from agents.metrics import count

GetResponse = Callable[[HttpRequest], HttpResponseBase]

access_log = structlog.get_logger("till.access")


class RequestIdMiddleware:
    """Echo `Request-Id` and `Idempotency-Key`; name the request in every line it logs."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = _echo_of(request.headers.get("Request-Id", "")) or new_id("req")
        structlog.contextvars.clear_contextvars()  # a thread keeps what the request before us bound
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response.headers["Request-Id"] = request_id
        if key := _echo_of(request.headers.get("Idempotency-Key", "")):
            response.headers["Idempotency-Key"] = key
        return response


class AccessLogMiddleware:
    """One line per request, and one more in the metrics.

    Without the query and the headers, which may hold secrets; the agent binds its own id.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response = self.get_response(request)
        duration = time.perf_counter() - begun
        count(request, response, duration)
        access_log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            duration_ms=round(duration * 1000, 1),
        )
        return response


def _echo_of(value: str) -> str:
    """What may be said back of a caller's header: 255 printable ASCII characters at most."""
    return re.sub(r"[^ -~]", "", value)[:255]
