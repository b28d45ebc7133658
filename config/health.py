"""What a load balancer asks: is the process up, and can it work?"""

import logging

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from agents.relay import is_late

logger = logging.getLogger(__name__)


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The process is up."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers; and does the worker keep up?"""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        worker = {"worker": "late"} if is_late() else {}  # a fact to look into, no reason to take us out of service
    except Error as exc:
        logger.error("database does not answer", exc_info=exc)
        return JsonResponse({"status": "unavailable"}, status=503, headers={"Retry-After": "5"})
    return JsonResponse({"status": "ready", **worker})
