"""The states of a purchase and the moves between them.

    pending ─▶ completed ─▶ refunding ─▶ refunded         completed: the coins are the customer's
       ▼                                                  refunding: we have taken them back, and owe the money
    failed

A refund made at the processor, or a lost dispute, leads from completed straight to refunded. One that fails, be it
after it had succeeded, leads back to completed.
"""

from django.db import models


class Status(models.TextChoices):
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


MOVES: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.COMPLETED, Status.FAILED}),
    Status.COMPLETED: frozenset({Status.REFUNDING, Status.REFUNDED}),
    Status.REFUNDING: frozenset({Status.REFUNDED, Status.COMPLETED}),
    Status.FAILED: frozenset(),
    Status.REFUNDED: frozenset({Status.COMPLETED}),
}

PAID = frozenset({Status.COMPLETED, Status.REFUNDING, Status.REFUNDED})  # at some time
