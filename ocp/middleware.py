"""Reads a request's context headers, and says in the answer what became of them. Without them it does nothing at all.

Where the wire is ours or Stripe's, suggestions stand under one key, `ocp`; ACP's bodies are closed, and stay as they
are.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from agents import happenings
from ocp import headers, operations
from ocp.conversations import Conversation, current
from ocp.suggestions import Question, suggestions_for

logger = logging.getLogger(__name__)

VERSION = "1.0"
OPEN_WIRES = ("/v1/", "/stripe/")  # whose answers may have one more member


class OcpMiddleware:
    """The innermost: what other middleware does to an answer comes after it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        hint = headers.read(request.headers)
        if hint is None:
            return self.get_response(request)
        conversation = Conversation(hint)
        caller, heard = happenings.caller.set(""), current.set(conversation)
        try:
            response = self.get_response(request)
            owner = happenings.caller.get()
        finally:
            happenings.caller.reset(caller)
            current.reset(heard)
        response.headers["OCP-Version"] = VERSION
        response.headers["OCP-Context-Status"] = hint.status if owner else "ignored;unauthenticated"
        if hint.context_id:
            response.headers["OCP-Context-ID"] = hint.context_id
        if hint.context_id and owner:
            _apply(request, response, conversation, owner)
        return response


def _apply(request: HttpRequest, response: Any, conversation: Conversation, owner: str) -> None:
    """Remember, and suggest. A hint that cannot be followed fails nothing: the answer is as it was."""
    try:
        context = operations.remember(owner=owner, conversation=conversation, now=timezone.now())
        answered = _object_in(response.content) if _is_open(request, response) else None
        if answered is None:
            return
        question = Question(
            context=context,
            path=request.path,
            method=str(request.method),
            asked=_asked(request),
            answered=answered,
            customer_id=conversation.hint.customer_id,
        )
        said = {"context_id": context.context_id, "summary": operations.summary_of(context)}
        body = answered | {"ocp": said | suggestions_for(question)}
        response.content = json.dumps(body, indent=2 if request.path.startswith("/v1/") else None).encode()
        patch_cache_control(response, private=True, no_store=True)
        patch_vary_headers(response, ["OCP-Context-ID", "OCP-Session"])
    except Exception:
        logger.exception("a context could not be kept")


def _is_open(request: HttpRequest, response: Any) -> bool:
    content_type = response.headers.get("Content-Type", "")
    return request.path.startswith(OPEN_WIRES) and content_type.startswith("application/json")


def _asked(request: HttpRequest) -> dict[str, Any]:
    """What a JSON request said, if its view has read it."""
    if request.content_type != "application/json" or not hasattr(request, "_body"):
        return {}
    return _object_in(request.body) or {}


def _object_in(content: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
