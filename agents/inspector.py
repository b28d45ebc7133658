"""The inspector keeps what an agent asked and was answered about one thing (a session), for its developer to read.

It must cost a call next to nothing and must never fail one. So an exchange is written after the answer has been sent,
and by one thread at a time: whoever comes while another is writing leaves theirs to be written with the next batch.
Under load that makes a few larger transactions, which is what SQLite's one writer can bear; at rest an exchange is
there at once. Those that wait are in memory, and lost with it. That is all right: nothing is decided by them.
"""

import json
import logging
from collections import deque
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.http.response import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.response import Response

from agents.models import LONGEST_SUBJECT, Exchange
from agents.redaction import id_without_secrets, kept_text, secrets_in
from agents.requests import AgentRequest

logger = logging.getLogger(__name__)

LONGEST = 20_000  # characters of a body that are kept
NOT_KEPT = {404, 429}  # about nothing of theirs; not even looked at

_waiting: deque[Exchange] = deque()
_writing = Lock()


class Answered(Protocol):
    """What we ask of a view that has answered."""

    request: AgentRequest
    heard_at: datetime | None
    state: str  # of the thing, in the newest version's word, if the answer told it

    @property
    def version(self) -> str: ...

    def subject(self, sent: dict[str, Any], answered: dict[str, Any]) -> str: ...


def inspect(view: Answered, response: HttpResponseBase) -> None:
    """Have the exchange kept, once its answer is sent, if it is about something."""
    if settings.INSPECTOR_RETENTION and view.heard_at and response.status_code not in NOT_KEPT:
        sent, heard = _sent(view.request), timezone.now() - view.heard_at
        milliseconds = round(heard.total_seconds() * 1000)
        response._resource_closers.append(lambda: _keep(view, sent, response, milliseconds))  # type: ignore[attr-defined]


def _keep(view: Answered, sent: Any, response: HttpResponseBase, milliseconds: int) -> None:
    try:
        exchange = _exchange(view, sent, response, milliseconds)
        if exchange is not None:
            _write(exchange)
    except Exception:  # it is only a note
        logger.warning("an exchange was not kept", exc_info=True)


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


def _write(exchange: Exchange) -> None:
    _waiting.append(exchange)
    while _waiting and _writing.acquire(blocking=False):
        try:
            batch = [_waiting.popleft() for _ in range(len(_waiting))]
            with transaction.atomic():
                Exchange.objects.bulk_create(batch)
        finally:
            _writing.release()
