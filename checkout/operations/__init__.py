"""What happens to a checkout session: one function per operation of the specification, and what time and payments do.

`_sessions` opens, changes and ends sessions; `_completion` is the money path; `_store` reads and writes them.
"""

from checkout.operations._completion import (
    complete_checkout_session,
    recall_disputed,
    recall_refunded,
    settle_checkout_payment,
)
from checkout.operations._sessions import (
    cancel_checkout_session,
    create_checkout_session,
    expire_sessions,
    get_checkout_session,
    update_checkout_session,
)
from checkout.operations._store import refunds_of

__all__ = [
    "cancel_checkout_session",
    "complete_checkout_session",
    "create_checkout_session",
    "expire_sessions",
    "get_checkout_session",
    "recall_disputed",
    "recall_refunded",
    "refunds_of",
    "settle_checkout_payment",
    "update_checkout_session",
]
