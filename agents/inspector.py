"""The inspector keeps what an agent asked and was answered about one thing (a session), for its developer to read.

It must cost a call next to nothing and must never fail one. So an exchange is written after the answer has been sent:
at once; or, by a server (`write_behind`), a moment later, by a thread that writes many together. Those that wait are in
memory, and lost with it. That is all right: nothing is decided by them.
"""

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Any, Protocol

from django.conf import settings
from django.db import close_old_connections
from django.db.models import Value
from django.http.response import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.response import Response

from agents.models import LONGEST_SUBJECT, Exchange
from agents.redaction import as_json, id_without_secrets, kept_text, secrets_in
from agents.requests import AgentRequest

logger = logging.getLogger(__name__)

LONGEST = 20_000  # characters of a body that are kept
NOT_KEPT = {404, 429}  # about nothing of theirs; not even looked at
MOMENT = 0.1  # seconds
MOST = 2_000  # exchanges that may wait; more come only if the database takes long, and are lost

_writer: ThreadPoolExecutor | None = None
_waiting: list[Exchange] = []
_lock = Lock()  # held while the list changes


class Answered(Protocol):
    """What we ask of a view that has answered."""

    request: AgentRequest
    heard_at: datetime | None
    state: str  # of the thing, in the newest version's word, if the answer told it

    @property
    def version(self) -> str: ...

    def subject(self, sent: dict[str, Any], answered: dict[str, Any]) -> str: ...


def write_behind() -> None:
    """From now on, have this process write exchanges a moment later, many at once. As it ends, it writes its last."""
    global _writer
    _writer = ThreadPoolExecutor(1, "inspector")


def inspect(view: Answered, response: HttpResponseBase) -> None:
    """Have the exchange kept, once its answer is sent, if it is about something."""
    if not settings.INSPECTOR_RETENTION or view.heard_at is None or response.status_code in NOT_KEPT:
        return
    if isinstance(response, Response):
        response.add_post_render_callback(partial(_keep_later, view))
    elif isinstance(response, HttpResponse):  # kept under an idempotency key
        _keep_later(view, response)


def _keep_later(view: Answered, response: HttpResponse) -> None:
    """Remember what is answered, which later may be compressed."""
    facts = view, _sent(view.request), response, response.content.decode(), timezone.now()
    response._resource_closers.append(partial(_keep, *facts))  # type: ignore[attr-defined]


def _keep(*facts: Any) -> None:
    try:
        exchange = _exchange(*facts)
        if exchange is None:
            return
        if _writer is None:
            _write([exchange])
            return
        with _lock:
            if not _waiting:
                _writer.submit(_write_soon)
            if len(_waiting) < MOST:
                _waiting.append(exchange)
    except Exception:  # it is only a note
        logger.warning("an exchange was not kept", exc_info=True)


def _write_soon() -> None:
    global _waiting
    time.sleep(MOMENT)
    with _lock:
        batch, _waiting = _waiting, []
    try:
        _write(batch)
    except Exception:
        logger.warning("%s exchanges were not kept", len(batch), exc_info=True)
    finally:
        close_old_connections()


def _write(batch: list[Exchange]) -> None:
    # Beware: without an expression among the values, Django sends arrays, which psycopg quotes sign by sign.
    batch[0].method = Value(batch[0].method)
    Exchange.objects.bulk_create(batch)


def _exchange(view: Answered, sent: Any, response: HttpResponse, text: str, now: datetime) -> Exchange | None:
    request, began_at = view.request, view.heard_at or now
    answered = response.data if isinstance(response, Response) else json.loads(text)
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
        sent=_shortened(kept_text(as_json(sent), secrets)) if sent is not None else "",
        response_status=response.status_code,
        answered=_shortened(kept_text(text, secrets)),
        state_after=view.state,
        began_at=began_at,
        milliseconds=round((now - began_at).total_seconds() * 1000),
    )


def _sent(request: AgentRequest) -> Any:
    """The body as it was parsed. One that is not JSON is not kept: nobody can tell what is in it."""
    try:
        return request.data or None
    except Exception:
        return None


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST} more characters)"
