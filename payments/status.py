"""The states of a payment and of a refund, and the moves between them.

A payment:
    processing ─▶ succeeded · declined · canceled           processing: somebody is asking the processor, or died at it
        │  ─▶ requires_action ─▶ …                          requires_action: the buyer must approve it first
        ▼  ─▶ authorized ─▶ succeeded                       authorized: the money is held, and still to be captured
      unknown ─▶ …                                          unknown: the processor did not answer, money may have moved

Nothing leads out of succeeded, declined or canceled: news that comes late changes nothing.

A refund:
    prepared ─▶ processing ─▶ succeeded ─▶ failed           a bank may send back what was refunded
                    │  ─▶ pending ─▶ succeeded · failed     pending: the bank has not made up its mind
                    ▼  ─▶ failed
                  unknown ─▶ …

Nothing leads out of failed: another refund must be made.
"""

from django.db import models


class State(models.TextChoices):
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    CANCELED = "canceled"


FINAL = frozenset({State.SUCCEEDED, State.DECLINED, State.CANCELED})

MOVES: dict[State, frozenset[State]] = {
    State.PROCESSING: FINAL | {State.UNKNOWN, State.REQUIRES_ACTION, State.AUTHORIZED},
    State.UNKNOWN: FINAL | {State.REQUIRES_ACTION, State.AUTHORIZED},
    State.REQUIRES_ACTION: FINAL | {State.AUTHORIZED},
    State.AUTHORIZED: FINAL,
    State.SUCCEEDED: frozenset(),
    State.DECLINED: frozenset(),
    State.CANCELED: frozenset(),
}

# The processor has still to be asked.
UNSETTLED = frozenset(State) - FINAL
# What is paid for is spoken for: no second payment may begin.
LIVE = frozenset(State) - {State.DECLINED, State.CANCELED}


class RefundState(models.TextChoices):
    PREPARED = "prepared"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


_ANSWERS = frozenset({RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED})

REFUND_MOVES: dict[RefundState, frozenset[RefundState]] = {
    RefundState.PREPARED: _ANSWERS | {RefundState.PROCESSING},  # the processor may tell of it before we hear its answer
    RefundState.PROCESSING: _ANSWERS | {RefundState.UNKNOWN},
    RefundState.UNKNOWN: _ANSWERS,
    RefundState.PENDING: frozenset({RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.SUCCEEDED: frozenset({RefundState.FAILED}),
    RefundState.FAILED: frozenset(),
}

REFUND_SETTLED = frozenset({RefundState.SUCCEEDED, RefundState.FAILED})
REFUND_UNSETTLED = frozenset(RefundState) - REFUND_SETTLED
