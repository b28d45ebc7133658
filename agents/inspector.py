"""The inspector keeps what an agent asked and was answered about one thing (a session), for its developer to read.

It must cost a call next to nothing and must never fail one. So an exchange is written after the answer has been sent,
and by the last one out: as long as others are being answered, it is left to be written with theirs. Under load that
makes a few larger transactions; at rest an exchange is there at once. Those that wait are in memory, and lost with it.
That is all right: nothing is decided by them.
"""

import json
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import Any, Protocol
from weakref import WeakSet

from django.conf import settings
from django.db import transaction
from django.db.models import Value
from django.http.response import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.response import Response

from agents.models import LONGEST_SUBJECT, Exchange
from agents.redaction import id_without_secrets, kept_text, secrets_in
from agents.requests import AgentRequest

logger = logging.getLogger(__name__)

LONGEST = 20_000  # characters of a body that are kept
NOT_KEPT = {404, 429}  # about nothing of theirs; not even looked at
MANY = 50  # exchanges that wait are written, whoever is still there,
LONG = timedelta(seconds=1)  # or if one has waited for so long

_waiting: deque[Exchange] = deque()
_writing = Lock()
_being_answered: WeakSet["Answered"] = WeakSet()  # weak: whose answer never ends is not waited for


class Answered(Protocol):
    """What we ask of a view that has answered."""

    request: AgentRequest
    heard_at: datetime | None
    state: str  # of the thing, in the newest version's word, if the answer told it

    @property
    def version(self) -> str: ...

    def subject(self, sent: dict[str, Any], answered: dict[str, Any]) -> str: ...


def expect(view: Answered) -> None:
    """Say that `view` begins to answer; `inspect` or `forget` follows."""
    _being_answered.add(view)


def forget(view: Answered) -> None:
    """Say that `view` has no answer."""
    _being_answered.discard(view)


def inspect(view: Answered, response: HttpResponseBase) -> None:
    """Have the exchange kept, once its answer is sent, if it is about something."""
    keep = None
    if settings.INSPECTOR_RETENTION and view.heard_at and response.status_code not in NOT_KEPT:
        sent, heard = _sent(view.request), timezone.now() - view.heard_at
        keep = partial(_exchange, view, sent, response, round(heard.total_seconds() * 1000))
    response._resource_closers.append(lambda: _leave(view, keep))  # type: ignore[attr-defined]


def _leave(view: Answered, keep: Callable[[], Exchange | None] | None) -> None:
    try:
        try:
            if keep is not None and (exchange := keep()) is not None:
                _waiting.append(exchange)
        finally:  # afterwards: of two who leave at once, one at least sees that it is the last
            _being_answered.discard(view)
        while _is_time() and _writing.acquire(blocking=False):
            try:
                _write()
            finally:
                _writing.release()
    except Exception:  # it is only a note
        logger.warning("an exchange was not kept", exc_info=True)


def _is_time() -> bool:
    if not _being_answered or len(_waiting) >= MANY:
        return bool(_waiting)
    try:
        return timezone.now() - _waiting[0].began_at > LONG
    except IndexError:
        return False


def _write() -> None:
    batch = [_waiting.popleft() for _ in range(len(_waiting))]
    if batch:  # beware: without an expression in it, Django sends arrays, which psycopg quotes sign by sign
        batch[0].method = Value(batch[0].method)
    with transaction.atomic():
        Exchange.objects.bulk_create(batch)


def _exchange(view: Answered, sent: Any, response: HttpResponseBase, milliseconds: int) -> Exchange | None:
    answered, request = _answered(response), view.request
    subject = view.subject(sent if isinstance(sent, dict) else {}, answered if isinstance(answered, dict) else {})
    if not (isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT):
        return None
    secrets = secrets_in(sent)
    return Exchange(
        agent=request.user,
        subject=id_without_secrets(subject),  # it may be all that a refused caller wrote in the path
        method=request.method or "",
        path=id_without_secrets(request.path),
        version=view.version,
        request_id=id_without_secrets(response.headers.get("Request-Id", "")),
        idempotency_key=id_without_secrets(response.headers.get("Idempotency-Key", "")),
        sent=_text(sent, secrets),
        response_status=response.status_code,
        answered=_text(answered, secrets),
        state_after=view.state,
        began_at=view.heard_at or timezone.now(),
        milliseconds=milliseconds,
    )


def _sent(request: AgentRequest) -> Any:
    """The body as it was parsed. One that is not JSON is not kept: nobody can tell what is in it."""
    try:
        return request.data or None
    except Exception:
        return None


def _answered(response: HttpResponseBase) -> Any:
    if isinstance(response, Response):
        return response.data
    return json.loads(response.content) if isinstance(response, HttpResponse) else None  # kept under an idempotency key


def _text(body: Any, secrets: set[str]) -> str:
    if body is None:
        return ""
    text = kept_text(body, secrets)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST} more characters)"
