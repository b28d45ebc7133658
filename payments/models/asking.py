"""What a payment and a refund have in common: the processor is asked, by one of us at a time, and may not answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.status import State


class IllegalMove(Exception):
    """The state machine does not know this move."""


class Asked(models.Model):
    """Something the processor is asked to do, once. `MOVES` is the table of its states."""

    MOVES: ClassVar[Mapping[Any, frozenset[Any]]]

    state = models.CharField(max_length=16, default=State.PROCESSING)
    lease_until = models.DateTimeField(null=True, blank=True)  # somebody is asking the processor until then
    unknown_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def is_leased(self, now: datetime) -> bool:
        return self.lease_until is not None and now < self.lease_until <= now + 2 * lease_time()

    def lease(self, now: datetime) -> None:
        """Begin to ask the processor; others keep away for a while."""
        self.lease_until = now + lease_time()

    def doubt(self, now: datetime) -> None:
        """The processor did not answer."""
        self.lease_until = None
        if self.state == State.PROCESSING:
            self.move_to(State.UNKNOWN)
            self.unknown_since = now

    def can_become(self, state: str) -> bool:
        return state in self.MOVES[self.state]

    def move_to(self, state: str) -> None:
        """The one place that writes `state`.

        :raises IllegalMove: if no move leads there.
        """
        if not self.can_become(state):
            raise IllegalMove(f"a {self._meta.verbose_name} that is {self.state} cannot become {state}")
        self.state = state
        if state != State.UNKNOWN:
            self.unknown_since = None


def unattended(now: datetime) -> Q:
    """Nobody is asking the processor."""
    return Q(lease_until__isnull=True) | Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * lease_time())


def lease_time() -> timedelta:
    """One that ends more than twice as far away is nobody's: it was written before the clock was put back."""
    return timedelta(seconds=settings.PAYMENT_LEASE)
