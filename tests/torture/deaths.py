"""Where the money path can die, by name, and how a process is made to die there. Product code knows nothing of this.

A test's server is given one death before it serves: a named point, or "just before the n-th step", where the steps are
the statements it sends to the database and the two sides of every commit.
"""

import functools
import importlib
import os
import signal
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

BEFORE, AFTER = "before", "after"

PATH = "checkout.operations._completion"
GIVING_BACK = "checkout.operations._giving_back"
ASKING = "payments.operations"
DOOR = "{processor}"  # whichever PAYMENT_PROCESSOR names
NETWORK = "payments.sandbox.operations"

# The stretches of the money path, and their points in the order they are passed: on which side of which call.
STRETCHES: dict[str, dict[str, tuple[str, str]]] = {
    "claim": {
        "before the key is claimed": (BEFORE, "agents.models.IdempotentRequest.insert"),
        "after the key is claimed": (AFTER, "agents.models.IdempotentRequest.insert"),
    },
    "begin": {
        "before begin's commit": (AFTER, f"{PATH}._begin"),
        "after begin's commit": (BEFORE, f"{PATH}._ask"),
    },
    "lease": {
        "before the lease's commit": (AFTER, "payments.models.Payment.lease"),
        "after the lease's commit": (AFTER, f"{ASKING}._lease"),
    },
    "announce": {
        "before the processor announces": (BEFORE, f"{DOOR}.create"),
        "before the processor's commit of the announcement": (AFTER, f"{NETWORK}.create_payment_intent"),
        "after the processor announced": (AFTER, f"{DOOR}.create"),
        "after the processor's id is stored": (AFTER, f"{ASKING}._announce"),
    },
    "charge": {
        "before the processor charges": (BEFORE, f"{DOOR}.confirm"),
        "before the processor's commit of the charge": (AFTER, f"{NETWORK}.confirm_payment_intent"),
        "after the processor charged": (AFTER, f"{DOOR}.confirm"),
    },
    "capture": {
        "after the hold is noted": (AFTER, f"{ASKING}._note_hold"),
        "before the processor captures": (BEFORE, f"{DOOR}.capture"),
        "before the processor's commit of the capture": (AFTER, f"{NETWORK}.capture_payment_intent"),
        "after the processor captured": (AFTER, f"{DOOR}.capture"),
    },
    "approve": {
        "before the processor hears of the approval": (BEFORE, f"{DOOR}.authenticate"),
        "before the processor's commit of the approved charge": (AFTER, f"{NETWORK}.confirm_payment_intent"),
        "after the processor heard of the approval": (AFTER, f"{DOOR}.authenticate"),
    },
    "call off": {
        "before the processor cancels": (BEFORE, f"{DOOR}.cancel"),
        "before the processor's commit of the cancelation": (AFTER, f"{NETWORK}.cancel_payment_intent"),
        "after the processor canceled": (AFTER, f"{DOOR}.cancel"),
    },
    "settle": {
        "before settling": (BEFORE, f"{PATH}.settle_checkout_payment"),
        "after the payment is settled": (AFTER, f"{PATH}.settle"),
        "after all is settled, before the commit": (AFTER, f"{PATH}.settle_checkout_payment"),
    },
    "order": {
        "after the token is consumed": (AFTER, f"{PATH}.consume_token"),
        "after the order is made": (AFTER, f"{PATH}._fulfill"),
    },
    "give back": {
        "after the token is released": (AFTER, f"{PATH}.release_token"),
        "after the stock is given back": (AFTER, f"{PATH}.give_back_stock"),
    },
    "wait": {"after the buyer is asked": (AFTER, f"{PATH}._await_buyer")},
    "answer": {
        "after the answer is kept, before the commit": (AFTER, "checkout.views.keep"),
        "after the commit, before the answer is sent": (AFTER, "django.core.handlers.wsgi.WSGIHandler.__call__"),
    },
    "refund": {
        "before the refund's commit": (AFTER, "payments.settling.prepare_refund"),
        "after the refund's commit": (BEFORE, "payments.settling.finish_refund"),
    },
    "cancel": {
        "before the stock of a canceled order is given back": (BEFORE, f"{GIVING_BACK}.give_back_stock"),
        "after the stock of a canceled order is given back": (AFTER, f"{GIVING_BACK}.give_back_stock"),
        "after the money of a canceled order is set aside": (AFTER, f"{GIVING_BACK}._set_aside"),
        "before the cancelation's commit": (AFTER, f"{GIVING_BACK}.tell_change"),
        "after the cancelation's commit": (BEFORE, f"{GIVING_BACK}._finish"),
    },
    "send back": {
        "before the refund's lease is committed": (AFTER, "payments.models.Refund.lease"),
        "after the refund's lease is committed": (AFTER, "payments.refunds._lease"),
        "before the processor refunds": (BEFORE, f"{DOOR}.refund"),
        "before the processor's commit of the refund": (AFTER, f"{NETWORK}.create_refund"),
        "after the processor refunded": (AFTER, f"{DOOR}.refund"),
        "before the refund is settled": (BEFORE, "payments.settling.record_refund"),
        "before the commit that settles the refund": (AFTER, "payments.models.Refund.record"),
        "after the refund is settled": (AFTER, "payments.settling.record_refund"),
    },
    "tell": {
        "after the order's agent is told of the refund": (AFTER, "checkout.operations._reversals.tell_change"),
    },
}
POINTS = {name: point for stretch in STRETCHES.values() for name, point in stretch.items()}
INSIDE_THE_SANDBOX = {name for name, (_, target) in POINTS.items() if target.startswith(NETWORK)}


def die() -> None:
    """As if the power went: nothing is cleaned up, nobody is told."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(point: str) -> None:
    """Arrange that this process dies the first time it comes to `point`."""
    side, target = POINTS[point]
    owner, name, original = _found(target.format(processor=settings.PAYMENT_PROCESSOR))

    @functools.wraps(original)
    def fatal(*args: Any, **kwargs: Any) -> Any:
        if side == BEFORE:
            die()
        original(*args, **kwargs)
        return die()

    setattr(owner, name, fatal)


def die_before_step(number: int) -> None:
    """Arrange that this process dies just before the `number`-th step it takes with its database."""
    steps = iter(range(1, number + 1))

    def step() -> None:
        if next(steps, number) == number:
            die()

    def execute(send: Callable[..., Any], *args: Any) -> Any:
        step()
        return send(*args)

    commit = BaseDatabaseWrapper.commit

    def commit_in_steps(self: BaseDatabaseWrapper) -> None:
        step()
        commit(self)
        step()

    connection_created.connect(lambda connection, **_: connection.execute_wrappers.append(execute), weak=False)
    BaseDatabaseWrapper.commit = commit_in_steps  # type: ignore[method-assign]


def _found(target: str) -> tuple[Any, str, Callable[..., Any]]:
    """Return who has the attribute that `target` names, its name, and what it is."""
    path, name = target.rsplit(".", 1)
    try:
        owner: Any = importlib.import_module(path)
    except ModuleNotFoundError:
        module, cls = path.rsplit(".", 1)
        owner = getattr(importlib.import_module(module), cls)
    return owner, name, getattr(owner, name)
