"""`Idempotency-Key` as Stripe has it: what was carried out once is answered the same for a day, refusals too.

The key is claimed in a transaction of its own, so that whoever comes second finds it; the answer is stored in the
transaction that does the work, so that neither exists without the other. Who dies in between leaves a claim that the
next one takes over when its lease is over. A request that was wrong in itself (`is_final` is False) is forgotten.
"""

import functools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from payments.sandbox.events import Cause, cause
from payments.sandbox.models import HttpRequest
from payments.sandbox.wire.errors import BadParameter, StripeError, as_stripe_error

LONGEST = 255

Handler = Callable[..., HttpResponse]


class KeyInUse(StripeError):
    """Another request with this key is at work."""

    status = 409
    is_final = False

    def __init__(self) -> None:
        super().__init__(
            "There is currently another in-progress request using this Idempotency-Key. Please try again later.",
            code="idempotency_key_in_use",
        )


class KeyMismatch(StripeError):
    """The key was used before, for something else."""

    type = "idempotency_error"
    is_final = False

    def __init__(self, key: str) -> None:
        super().__init__(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request."
        )


def once_per_key(handler: Handler) -> Handler:
    """Decorate a POST handler: it runs in one transaction, and once per key."""

    @functools.wraps(handler)
    def wrapper(view: Any, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        claimed = _claim(view, request)
        if claimed is not None and claimed.is_answered:
            return _replay(claimed)
        token = cause.set(Cause(view.request_id, claimed.key if claimed else ""))
        try:
            with transaction.atomic(durable=True):
                return _keep(claimed, handler(view, request, *args, **kwargs))
        except Exception as exc:
            error = as_stripe_error(exc)
        finally:
            cause.reset(token)
        if claimed is not None and error.is_final:
            return _keep(claimed, view.refuse(error))
        if claimed is not None:
            claimed.forget()
        raise error

    return wrapper


def forget_old_requests(now: datetime) -> int:
    """Forget keys that were kept long enough, and return how many."""
    return HttpRequest.objects.filter(created_at__lte=now - _retention()).delete()[0]


def _keep(claimed: HttpRequest | None, response: HttpResponse) -> HttpResponse:
    """Store the answer. If our claim was taken over, our work is undone."""
    if claimed is not None:
        if not claimed.answer(response.status_code, response.content.decode()):
            raise KeyInUse
        response.headers["Original-Request"] = claimed.request_id
    return response


def _claim(view: Any, request: Any) -> HttpRequest | None:
    key = request.headers.get("Idempotency-Key")
    if not key:
        return None
    if len(key) > LONGEST or not key.isprintable():
        raise BadParameter(f"Idempotency keys can be at most {LONGEST} printable characters long.")
    now = timezone.now()
    ours = HttpRequest(
        account=view.caller.scope,
        key=key,
        fingerprint=_fingerprint(request),
        request_id=view.request_id,
        claimed_at=now,
    )
    return ours if ours.insert() else _earlier(ours, now)


def _earlier(ours: HttpRequest, now: datetime) -> HttpRequest:
    """Return the request that used our key before us, answered or taken over; or ours, if that one is outdated."""
    same_key = HttpRequest.objects.filter(account=ours.account, key=ours.key)
    if same_key.filter(created_at__lte=now - _retention()).delete()[0]:
        if ours.insert():
            return ours
    elif earlier := same_key.first():
        if earlier.fingerprint != ours.fingerprint:
            raise KeyMismatch(ours.key)
        if earlier.is_answered or earlier.take_over(request_id=ours.request_id, now=now):
            return earlier
    raise KeyInUse


def _fingerprint(request: Any) -> str:
    """The same for the same parameters at the same address. Keyed, for they may hold a card."""
    text = json.dumps([request.path, request.data], sort_keys=True)
    return salted_hmac("payments.sandbox.wire.idempotency", text, algorithm="sha256").hexdigest()


def _replay(answered: HttpRequest) -> HttpResponse:
    headers = {"Idempotent-Replayed": "true", "Original-Request": answered.request_id}
    if (answered.response_status or 0) >= 400:
        headers["Stripe-Should-Retry"] = "false"
    return HttpResponse(
        answered.response_body, status=answered.response_status, content_type="application/json", headers=headers
    )


def _retention() -> timedelta:
    return timedelta(seconds=settings.IDEMPOTENCY_RETENTION)
