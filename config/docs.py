"""The OpenAPI document, and the page that shows it. No agent calls these: what goes wrong is told as DRF tells it."""

from collections.abc import Callable
from typing import Any

from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.response import Response
from rest_framework.views import exception_handler

from agents.browsers import STYLED, with_policy

READS = ["get", "head"]  # DRF would answer OPTIONS with the page's own template, which knows nothing of it


class OpenApiDocument(SpectacularJSONAPIView):
    http_method_names = READS

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return exception_handler


@method_decorator(with_policy(lambda: STYLED), name="dispatch")
class OpenApiPage(SpectacularSwaggerSplitView):
    http_method_names = READS

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return exception_handler
