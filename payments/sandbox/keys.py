"""A request that carries a key is carried out once, and answered the same ever after.

The key's row is written first, in the transaction that does the work. The unique index is the queue: whoever comes
second with the same key waits there until the first has committed (and then reads its answer) or has died (and then
does the work itself). There is no moment at which the work is done and the key is not, or the other way round.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from payments.sandbox.models import KeyedRequest

Answer = dict[str, Any]


class KeyReused(Exception):
    """A key came back with another request: a mistake of the caller's, who must not be answered with the first one."""


def once(*, key: str, request: Mapping[str, Any], work: Callable[[], Answer]) -> Answer:
    """Return what `work` answers, doing it once per `key`. If `work` raises, nothing happened and nothing is kept.

    :raises KeyReused: if `key` was used for a different `request`.
    :raises RuntimeError: if a transaction is open: what a processor does cannot be rolled back.
    """
    canonical = json.dumps(request, sort_keys=True)
    fingerprint = salted_hmac("payments.sandbox.keys", canonical, algorithm="sha256").hexdigest()
    ours = KeyedRequest(key=key, fingerprint=fingerprint)
    try:
        with transaction.atomic(durable=True):
            ours.save(force_insert=True)
            ours.answer = work()
            ours.save(update_fields=["answer"])
            return ours.answer
    except IntegrityError:
        earlier = _earlier(ours)
        if earlier is None:
            raise
        return earlier


def _earlier(ours: KeyedRequest) -> Answer | None:
    record = KeyedRequest.objects.filter(key=ours.key).first()
    if record and record.fingerprint != ours.fingerprint:
        raise KeyReused(f"the key {ours.key} was first used for another request")
    return record.answer if record else None
