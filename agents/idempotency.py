"""Run a POST at most once per Idempotency-Key, and repeat its answer to every retry (ACP §6; acp.md §1.4).

1. The *claim* is a row, committed before the work begins, so that whoever comes second finds it.
2. The *answer* is stored in the transaction that does the work (`keep`), so that neither exists without the other.
   Or, if the failure is ours, the key is given up, so that a retry can succeed.

Who dies in between leaves a claim without an answer. When its lease is over, the next request with the key takes the
claim over. Should the first come back to life, its claim is gone: `keep` finds no row to write to, and its work is
rolled back. The lease decides how long a caller waits, never whether something happens twice.
"""

import functools
import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.response import Response

from agents.errors import ApiError, as_api_error
from agents.models import IdempotentRequest
from agents.parsing import body_of
from agents.requests import AgentRequest
from agents.versioning import Policy

LONGEST = 255  # characters of a key

Handler = Callable[..., Response]


class KeyRequired(ApiError):
    """This version asks for an Idempotency-Key on every POST."""

    code = "idempotency_key_required"


class InFlight(ApiError):
    """Another request with this key is at work."""

    status = 409
    code = "idempotency_in_flight"
    retry_after = 1


class Conflict(ApiError):
    """The key was used before, with another body. Which status says so depends on the version."""

    code = "idempotency_conflict"

    def __init__(self, status: int) -> None:
        super().__init__("This Idempotency-Key was used before with another body")
        self.status = status


def idempotent(handler: Handler) -> Callable[..., HttpResponseBase]:
    """Decorate a POST handler whose work is one transaction: this one. A failure leaves no trace of the key."""
    return _once(handler, functools.partial(transaction.atomic, durable=True), IdempotentRequest.forget)


def idempotent_in_steps(handler: Handler) -> Callable[..., HttpResponseBase]:
    """Decorate a POST handler whose operation commits more than once and calls `keep` in its last transaction.

    After a failure the next request with the key continues: by `request.attempt` the operation knows its own steps.
    """
    return _once(handler, nullcontext, IdempotentRequest.give_back)


def keep(request: AgentRequest, response: Response) -> Response:
    """Store `response` as the answer, in the transaction that does the work, and return it.

    :raises InFlight: if we were taken over; the work must then be rolled back.
    """
    claimed = request.claimed
    if claimed is None or response is request.kept:
        return response
    # Rendered here, once: what the first caller gets is what is stored.
    rendered = request.parser_context["view"].finalize_response(request, response).render()
    if not claimed.answer(rendered.status_code, rendered.content.decode()):
        raise InFlight("A later request with this Idempotency-Key has taken over")
    request.kept = response
    return response


def fingerprint_of(body: dict[str, Any]) -> str:
    """Two bodies have the same fingerprint if they are the same JSON (ACP §6.2). Keyed, for a body may hold a card."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return salted_hmac("agents.idempotency", text, algorithm="sha256").hexdigest()


def _once(
    handler: Handler, work: Callable[[], AbstractContextManager[Any]], give_up: Callable[[IdempotentRequest], None]
) -> Callable[..., HttpResponseBase]:
    @functools.wraps(handler)
    def wrapper(view: Any, request: AgentRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        claimed = _claim(request)
        if claimed is not None and claimed.is_answered:
            return _replay(claimed)
        request.claimed, request.kept = claimed, None
        request.attempt = claimed.attempt if claimed is not None else uuid.uuid4().hex
        try:
            with work():
                return keep(request, handler(view, request, *args, **kwargs))
        except Exception as exc:
            error = as_api_error(exc)
        if claimed is None:
            raise error
        if error.status >= 500 or error.retry_after is not None:
            give_up(claimed)
            raise error
        return keep(request, view.refuse(error))

    return wrapper


def _claim(request: AgentRequest) -> IdempotentRequest | None:
    """Return the request under this key, claimed by us or answered before; None if the caller sent no key."""
    key = _key_of(request)
    if key is None:
        return None
    ours = IdempotentRequest(
        agent=request.user, path=request.path, key=key, fingerprint=fingerprint_of(body_of(request))
    )
    return ours if ours.insert() else _earlier(ours, request.policy)


def _earlier(ours: IdempotentRequest, policy: Policy) -> IdempotentRequest:
    """Return the request that used our key before us, answered or taken over; or ours, if that one is outdated.

    Every change is decided by the database, in one statement. Whoever loses a race is told that the winner is at work.
    """
    now = timezone.now()
    same_key = IdempotentRequest.objects.filter(agent=ours.agent_id, path=ours.path, key=ours.key)
    if same_key.outdated(now).delete()[0]:
        if ours.insert():
            return ours
    elif earlier := same_key.first():
        if earlier.fingerprint != ours.fingerprint:
            raise Conflict(policy.idempotency_conflict_status)
        if earlier.is_answered or earlier.take_over(now):
            return earlier
    raise InFlight("A request with this Idempotency-Key is at work")


def _key_of(request: AgentRequest) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if not key and request.policy.idempotency_key_required:
        raise KeyRequired("The Idempotency-Key header is required on every POST")
    if key is None:
        return None
    if not (key.isascii() and key.isprintable() and 1 <= len(key) <= LONGEST):
        raise ApiError(f"An Idempotency-Key is 1 to {LONGEST} printable ASCII characters")
    return key


def _replay(answered: IdempotentRequest) -> HttpResponse:
    return HttpResponse(
        answered.response_body,
        status=answered.response_status,
        content_type="application/json",
        headers={"Idempotent-Replayed": "true"},
    )
