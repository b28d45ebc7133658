"""The small tables that prices are made of (shipping, taxes, promotions, fees): read again only if somebody wrote them.

The database gives a name to each state of these tables: an edition. Triggers, made by the first migration, write a new
one in the very transaction that writes a row, whoever does so and however. So one short query says whether what this
process remembers still holds; nothing needs to be announced, and nothing gets old.

What was read is remembered under the name that the edition had before *and* after: then it is what that edition says,
for ever. That keeps it true even where an edition comes back: somebody's transaction is rolled back, a backup laid in
place, a standby takes over that had not heard of the last change.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import connection

Answer = TypeVar("Answer")

ANSWERS = 500  # so many are remembered of one question, those that were asked for last
LONGEST = 64  # characters; codes are shorter, and what callers make up is not worth remembering

_known: ContextVar[str | None] = ContextVar("edition", default=None)


class _NotRemembered(Exception):
    """Carries an answer past the cache, which keeps all that is returned to it."""


def remembered(read: Callable[..., Answer]) -> Callable[..., Answer]:
    """A question to the small tables, asked with strings. Its answer is shared: nobody may change it."""

    @functools.lru_cache(ANSWERS)
    def of_edition(edition: str | None, *values: str) -> Answer:
        answer = read(*values)
        if edition is None or edition != _current() or sum(map(len, values)) > LONGEST:
            raise _NotRemembered(answer)
        return answer

    @functools.wraps(read)
    def ask(*values: str) -> Answer:
        try:
            return of_edition(_known.get() or _current(), *values)
        except _NotRemembered as passing:
            return passing.args[0]

    return ask


@contextmanager
def one_edition() -> Iterator[None]:
    """Ask for the edition once, for all that is asked within: a price is made of several answers."""
    token = _known.set(_current())
    try:
        yield
    finally:
        _known.reset(token)


def _current() -> Any:
    """The edition as this transaction sees it; None where somebody has removed it: then nothing is remembered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM catalog_edition")
        found = cursor.fetchone()
    return found[0] if found else None
