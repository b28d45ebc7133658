"""What a load balancer or Kubernetes asks: is the process up, and can it work?"""

import functools
import logging
from collections.abc import Callable
from pkgutil import iter_modules

from django.apps import apps
from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.views.decorators.http import require_safe

from agents.relay import is_late
from config.server import is_stopping

logger = logging.getLogger(__name__)

PROBES = frozenset({"/health", "/ready", "/metrics"})


class ProbeMiddleware:
    """Answer probes before anybody minds how we were called: they know our address alone, and speak no TLS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path not in PROBES:
            return self.get_response(request)
        request.resolver_match = resolve(request.path)
        response = request.resolver_match.func(request)
        response.headers["Content-Length"] = str(len(response.content))  # CommonMiddleware, who would, is further in
        return response


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The process is up."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Requests may be sent here. And does the worker keep up?"""
    if is_stopping():
        return _not_ready("stopping")
    try:
        if _migrations_missing():
            return _not_ready("migrations are missing: manage.py migrate")
        worker = {"worker": "late"} if is_late() else {}  # a fact to look into, no reason to take us out of service
    except Error as exc:
        logger.error("database does not answer", exc_info=exc)
        return _not_ready("the database does not answer")
    return JsonResponse({"status": "ready", **worker})


def _not_ready(reason: str) -> HttpResponse:
    return JsonResponse({"status": "unavailable", "reason": reason}, status=503, headers={"Retry-After": "5"})


def _migrations_missing() -> bool:
    """Whether the database lacks one that we know. What it has beyond them is of a newer release, beside us."""
    return bool(_known_migrations() - MigrationRecorder(connection).applied_migrations().keys())


@functools.cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    rooms = apps.get_app_configs()
    found = ((room.label, each.name) for room in rooms for each in iter_modules([f"{room.path}/migrations"]))
    return frozenset((room, name) for room, name in found if name[0] not in "_~")  # as Django reads the folder
