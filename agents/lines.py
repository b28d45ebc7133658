"""What the lines of the log are about: whoever takes something up says so once, and every line after it names it.

A request's lines keep what was said until its end; the worker takes each thing up in a context of its own (`apart`).
"""

from collections.abc import Callable
from contextvars import copy_context
from typing import ParamSpec, TypeVar

import structlog

NAMES = {
    "cs": "session_id",
    "pay": "payment_id",
    "re": "refund_id",
    "ord": "order_id",
    "vt": "token_id",
    "spt": "token_id",
    "evt": "event_id",
    "cp": "purchase_id",
}

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def about(*ids: str) -> None:
    """Name these, each by its kind, in every line from now on."""
    known = {NAMES.get(id.partition("_")[0]): id for id in ids}
    structlog.contextvars.bind_contextvars(**{name: id for name, id in known.items() if name})


def apart(work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """Do `work`, whose lines may be about other things than ours."""
    return copy_context().run(work, *args, **kwargs)
