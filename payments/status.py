"""The states of a payment and the moves between them.

    prepared ─▶ processing ─▶ succeeded · declined          unknown: the processor did not answer, money may have moved
                    │  ▲  ─▶ requires_action ─▶ …           requires_action: the buyer must approve it first
                    ▼  │  ─▶ authorized ─▶ succeeded        authorized: the money is held, and still to be captured
                  unknown ─▶ …

Nothing leads out of succeeded, declined or canceled: news that comes late changes nothing.
"""

from django.db import models


class State(models.TextChoices):
    PREPARED = "prepared"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    CANCELED = "canceled"


FINAL = frozenset({State.SUCCEEDED, State.DECLINED, State.CANCELED})

MOVES: dict[State, frozenset[State]] = {
    State.PREPARED: frozenset({State.PROCESSING, State.CANCELED}),
    State.PROCESSING: FINAL | {State.UNKNOWN, State.REQUIRES_ACTION, State.AUTHORIZED},
    State.UNKNOWN: FINAL | {State.REQUIRES_ACTION, State.AUTHORIZED},
    State.REQUIRES_ACTION: FINAL | {State.AUTHORIZED},
    State.AUTHORIZED: frozenset({State.SUCCEEDED, State.CANCELED}),
    State.SUCCEEDED: frozenset(),
    State.DECLINED: frozenset(),
    State.CANCELED: frozenset(),
}

# The processor has still to be asked.
UNSETTLED = frozenset({State.PREPARED, State.PROCESSING, State.UNKNOWN, State.REQUIRES_ACTION})
# What is paid for is spoken for: no second payment may begin.
LIVE = frozenset(State) - {State.DECLINED, State.CANCELED}
