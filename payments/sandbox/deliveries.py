"""Telling those who want to know: events are sent to their addresses, signed, and again until they are taken.

Each delivery is claimed before it is sent, by moving its next attempt into the future, where it would have to be made
anyway if this process died. So any number of processes may deliver at once, and an event may arrive more than once.
"""

import json
import time
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from agents.posting import NotAnswered, UnsafeUrl, post
from agents.signatures import timed_signature
from payments.sandbox import objects
from payments.sandbox.models import Delivery, Event

PAUSES = tuple(timedelta(seconds=s) for s in (5, 30, 5 * 60, 60 * 60, 6 * 60 * 60, 24 * 60 * 60))  # after each attempt
BATCH = 100
USER_AGENT = "Stripe/1.0 (+https://stripe.com/docs/webhooks)"


class NotTaken(Exception):
    """The address did not take the event."""


def deliver(now: datetime | None = None) -> int:
    """Make every attempt that is due, and return how many events were taken."""
    now = now or timezone.now()
    due = Delivery.objects.due(now).select_related("event", "endpoint").order_by("next_attempt_at", "pk")[:BATCH]
    return sum(_attempt(delivery, now) for delivery in due)


def deliver_again(event: Event, *, now: datetime) -> int:
    """Have an event sent once more, as soon as may be, to every address that it was for; returns to how many."""
    return Delivery.objects.filter(event=event).update(next_attempt_at=now, delivered_at=None, attempts=0)


def _attempt(delivery: Delivery, now: datetime) -> bool:
    if not _claim(delivery, now):
        return False
    payload = json.dumps(objects.shown(delivery.event), indent=2).encode()
    header = timed_signature(payload, secret=delivery.endpoint.secret, timestamp=int(time.time()))
    rows = Delivery.objects.filter(pk=delivery.pk)
    try:
        answer = _post(delivery.endpoint.url, payload, header)
    except NotTaken as reason:
        rows.update(response=str(reason)[:200])
        return False
    rows.update(response=answer, delivered_at=timezone.now(), next_attempt_at=None)
    return True


def _claim(delivery: Delivery, now: datetime) -> bool:
    """Make the attempt ours. After the last one there is no next."""
    pause = PAUSES[delivery.attempts] if delivery.attempts < len(PAUSES) else None
    seen = Delivery.objects.filter(pk=delivery.pk, next_attempt_at=delivery.next_attempt_at)
    return bool(seen.update(attempts=F("attempts") + 1, next_attempt_at=pause and now + pause))


def _post(url: str, payload: bytes, signature: str) -> str:
    """Send an event, and follow nothing that the address answers.

    :raises NotTaken: if it does not answer 2xx in time.
    """
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature,
        "User-Agent": USER_AGENT,
    }
    try:
        answer = post(url, payload, headers)
    except (NotAnswered, UnsafeUrl) as failure:
        raise NotTaken(str(failure)) from None
    if not answer.is_taken:
        raise NotTaken(str(answer.status))
    return str(answer.status)
