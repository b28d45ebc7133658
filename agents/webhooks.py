"""Tell agents what happened: written down with the change, signed, delivered at least once, in order per subject.

`write` is called in the transaction that changes what the event tells of: the event exists exactly if the change does.
`deliver` is called by the worker (`agents.relay`), or by an engine of the merchant's own, any number of times.
"""

import base64
import hashlib
import hmac
import json
import logging
import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from agents import engines
from agents.lines import about, apart
from agents.models import Agent, Endpoint, EventState, OutgoingEvent, Try
from agents.models.events import PATIENCE
from agents.posting import Answer, NotAnswered, UnsafeUrl, post
from agents.signatures import SKEW, timed_signature

logger = logging.getLogger(__name__)

USER_AGENT = "Till/1.0"
PASSING = frozenset({408, 409, 425, 429})  # refusals that mean "later"
PAST_NAMES = {"order_create": "order_created", "order_update": "order_updated"}


class BadSignature(Exception):
    """The signature does not vouch for this body, or not now."""


def write(*, agent: Agent, subject: str, type: str, data: Mapping[str, Any], api_version: str) -> OutgoingEvent:
    """Write an event down, in the caller's transaction, which holds a lock on `subject` (the id it tells of).

    `data` is the subject as `api_version` shows it. Without an endpoint the event is kept, and sent to nobody.
    """
    endpoint, now = Endpoint.objects.filter(agent=agent).first(), timezone.now()
    names = PAST_NAMES if endpoint and endpoint.event_names == Endpoint.Names.PAST else {}
    event = OutgoingEvent.objects.create(
        agent=agent,
        subject=subject,
        type=names.get(type, type),
        api_version=api_version,
        data=json.dumps(data, separators=(",", ":"), ensure_ascii=False),
        state=EventState.PENDING if endpoint else EventState.UNADDRESSED,
        next_try_at=now if endpoint else None,
        give_up_at=now + PATIENCE,
        created_at=now,
    )
    if endpoint:
        engines.announce(event)
    return event


def deliver(sequence: int, now: datetime | None = None) -> bool:
    """Try to deliver an event, if it is due and nobody else is at it; return whether it was delivered.

    :raises RuntimeError: if a transaction is open: an agent may take its time to answer.
    """
    event = _claim(sequence, now or timezone.now())
    return apart(_try, event, now) if event else False


def headers_of(endpoint: Endpoint, event: OutgoingEvent, payload: bytes, secret: str, now: datetime) -> dict[str, str]:
    """What one try is sent with: the event's id stays the same, the time and the signature are fresh."""
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Request-Id": event.id,
        "Timestamp": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "API-Version": event.api_version,
        endpoint.signature_header: sign(payload, secret=secret, scheme=endpoint.signature_scheme, now=now),
    }


def sign(payload: bytes, *, secret: str, scheme: str, now: datetime) -> str:
    """The signature header of `payload`, as an endpoint's `scheme` has it."""
    if scheme == Endpoint.Scheme.TIMED:
        return timed_signature(payload, secret=secret, timestamp=int(now.timestamp()))
    mac = hmac.digest(secret.encode(), payload, hashlib.sha256)
    return mac.hex() if scheme == Endpoint.Scheme.HEX else base64.b64encode(mac).decode()


def verify(payload: bytes, signature: str, *, secret: str, now: datetime) -> None:
    """Check a `t=…,v1=…` signature as its receiver should.

    :raises BadSignature: if it is malformed, more than 300 seconds old or early, or not of this body and secret.
    """
    found = re.fullmatch(r"t=(\d{1,12}),v1=([a-fA-F0-9]{64})", signature)
    if not found:
        raise BadSignature("It must be t=<timestamp>,v1=<64_hex>." if signature else "There is no signature.")
    if abs(now.timestamp() - int(found[1])) > SKEW.total_seconds():
        raise BadSignature("Timestamp outside allowed window.")
    expected = timed_signature(payload, secret=secret, timestamp=int(found[1])).rpartition("=")[2]
    if not hmac.compare_digest(expected, found[2].lower()):
        raise BadSignature("Webhook signature verification failed.")


def _claim(sequence: int, now: datetime) -> OutgoingEvent | None:
    with transaction.atomic(durable=True):
        due = OutgoingEvent.objects.due(now).filter(pk=sequence)
        event = due.select_for_update(skip_locked=True, of=("self",)).first()
        if event:
            event.lease(now)
        return event


def _try(event: OutgoingEvent, now: datetime | None) -> bool:
    about(event.id, event.subject)
    endpoint = Endpoint.objects.get(agent=event.agent_id)
    began_at, clock = now or timezone.now(), time.monotonic()
    answer = _send(endpoint, event, began_at)
    ended_at = now or timezone.now()
    with transaction.atomic(durable=True):
        Try.objects.create(
            event=event,
            began_at=began_at,
            milliseconds=int((time.monotonic() - clock) * 1000),
            status=answer.status or None,
            answer=answer.text.replace("\x00", "\ufffd"),
        )
        if answer.is_taken:
            event.deliver(ended_at)
            endpoint.note_success()
        else:
            event.fail(ended_at)
            _note_failure(endpoint, answer, ended_at)
    logger.info("event sent: %s", answer.status or answer.text)
    return answer.is_taken


def _note_failure(endpoint: Endpoint, answer: Answer, now: datetime) -> None:
    if endpoint.note_failure(now, is_refusal=_is_refusal(answer)):
        logger.error("%s keeps refusing events (%s): its endpoint is paused", endpoint.agent_id, answer.status)


def _is_refusal(answer: Answer) -> bool:
    return 400 <= answer.status < 500 and answer.status not in PASSING


def _send(endpoint: Endpoint, event: OutgoingEvent, now: datetime) -> Answer:
    """Send it. What is refused while a secret is being rotated is signed with the older one too. No answer is 0."""
    payload, answer = event.payload(), Answer(0, "")
    for secret in endpoint.secrets(now):
        try:
            answer = post(endpoint.url, payload, headers_of(endpoint, event, payload, secret, now))
        except (NotAnswered, UnsafeUrl) as reason:
            return Answer(0, str(reason))
        if not _is_refusal(answer):
            break
    return answer
