"""Run a POST at most once per Idempotency-Key, and repeat its answer to every retry (ACP §6; acp.md §1.4).

Where the work is one transaction (`idempotent`), the key is used in it too: an answer is stored with the work that it
tells of, and who fails or dies leaves no trace of either. Who comes meanwhile with the same key is sent away by a lock.

Where the work is several (`idempotent_in_steps`), it takes two notes:
1. The *claim* is a row, committed before the work begins, so that whoever comes second finds it.
2. The *answer* is stored in the last transaction (`keep`), so that neither exists without the other.
   Or, if the failure is ours, the claim is given back, so that a retry can continue.
Who dies in between leaves a claim without an answer. When its lease is over, the next request with the key takes the
claim over. Should the first come back to life, its claim is gone: `keep` finds no row to write to, and its work is
rolled back. The lease decides how long a caller waits, never whether something happens twice.
"""

import functools
import json
import uuid
from collections.abc import Callable
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

    @functools.wraps(handler)
    def wrapper(view: Any, request: AgentRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        ours = _under_key(request)

        def in_one_transaction(answer: Callable[[], Response]) -> HttpResponseBase:
            with transaction.atomic(durable=True):
                claimed = _lock(ours, request.policy) if ours is not None else None
                if claimed is not None and claimed.is_answered:
                    return _replay(claimed)
                _begin(request, claimed)
                return keep(request, answer())

        try:
            return in_one_transaction(lambda: handler(view, request, *args, **kwargs))
        except Exception as exc:
            error = as_api_error(exc)
        if request.claimed is None or _may_pass(error):
            raise error
        return in_one_transaction(lambda: view.refuse(error))

    return wrapper


def idempotent_in_steps(handler: Handler) -> Callable[..., HttpResponseBase]:
    """Decorate a POST handler whose operation commits more than once and calls `keep` in its last transaction.

    After a failure the next request with the key continues: by `request.attempt` the operation knows its own steps.
    """

    @functools.wraps(handler)
    def wrapper(view: Any, request: AgentRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        ours = _under_key(request)
        claimed = _claim(ours, request.policy) if ours is not None else None
        if claimed is not None and claimed.is_answered:
            return _replay(claimed)
        _begin(request, claimed)
        try:
            return keep(request, handler(view, request, *args, **kwargs))
        except Exception as exc:
            error = as_api_error(exc)
        if claimed is None:
            raise error
        if _may_pass(error):
            claimed.give_back()
            raise error
        return keep(request, view.refuse(error))

    return wrapper


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


def _begin(request: AgentRequest, claimed: IdempotentRequest | None) -> None:
    request.claimed, request.kept = claimed, None
    request.attempt = claimed.attempt if claimed is not None else uuid.uuid4().hex


def _may_pass(error: ApiError) -> bool:
    """Whether the same request may be answered otherwise later: such an answer is not kept."""
    return error.status >= 500 or error.retry_after is not None


def _under_key(request: AgentRequest) -> IdempotentRequest | None:
    """Return what would be remembered of this request, not stored yet; None if the caller sent no key."""
    request.claimed = None
    key = _key_of(request)
    if key is None:
        return None
    return IdempotentRequest(
        agent=request.user, path=request.path, key=key, fingerprint=fingerprint_of(body_of(request))
    )


def _lock(ours: IdempotentRequest, policy: Policy) -> IdempotentRequest:
    """Return the request under our key, answered before or ours, for as long as the transaction goes on.

    The lock is manners: that of two who use a key one is rolled back is the row's own constraint.
    """
    if not ours.lock_key():
        raise InFlight("A request with this Idempotency-Key is at work")
    return _earlier(ours, policy) or ours


def _claim(ours: IdempotentRequest, policy: Policy) -> IdempotentRequest:
    """Return the request under our key, answered before or claimed by us."""
    if ours.insert():
        return ours
    if earlier := _earlier(ours, policy):
        return earlier
    if ours.insert():
        return ours
    raise InFlight("A request with this Idempotency-Key is at work")


def _earlier(ours: IdempotentRequest, policy: Policy) -> IdempotentRequest | None:
    """Return the request that used our key before us, answered or taken over; None if there is none any more.

    Every change is decided by the database, in one statement. Whoever loses a race is told that the winner is at work.
    """
    earlier = ours.before_us()
    if earlier is None or earlier.forget_if_outdated():
        return None
    if earlier.fingerprint != ours.fingerprint:
        raise Conflict(policy.idempotency_conflict_status)
    if earlier.is_answered or earlier.take_over(timezone.now()):
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
