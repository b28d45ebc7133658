"""The states of a checkout session, and the moves between them.

`ready_for_payment` and `not_ready_for_payment` follow from the session's messages after every change; the others are
things that happened and are never recomputed.
"""

from django.db import models


class Status(models.TextChoices):
    """Stored as the newest version writes them; older versions know fewer (`versions/`)."""

    NOT_READY_FOR_PAYMENT = "not_ready_for_payment"
    READY_FOR_PAYMENT = "ready_for_payment"
    COMPLETE_IN_PROGRESS = "complete_in_progress"
    AUTHENTICATION_REQUIRED = "authentication_required"
    COMPLETED = "completed"
    CANCELED = "canceled"
    EXPIRED = "expired"


OPEN = frozenset({Status.NOT_READY_FOR_PAYMENT, Status.READY_FOR_PAYMENT})
PAYING = frozenset({Status.COMPLETE_IN_PROGRESS, Status.AUTHENTICATION_REQUIRED})
FINAL = frozenset({Status.COMPLETED, Status.CANCELED, Status.EXPIRED})

MOVES: dict[Status, frozenset[Status]] = {
    Status.NOT_READY_FOR_PAYMENT: OPEN | {Status.CANCELED, Status.EXPIRED},
    Status.READY_FOR_PAYMENT: OPEN | {Status.COMPLETE_IN_PROGRESS, Status.CANCELED, Status.EXPIRED},
    Status.COMPLETE_IN_PROGRESS: OPEN | {Status.AUTHENTICATION_REQUIRED, Status.COMPLETED},
    Status.AUTHENTICATION_REQUIRED: OPEN | {Status.COMPLETED},
    Status.COMPLETED: frozenset(),
    Status.CANCELED: frozenset(),
    Status.EXPIRED: frozenset(),
}
