"""What happens to a checkout session and to its order: one function per operation, and what time and payments do.

`_sessions` opens, changes and ends sessions; `_completion` is the money path; `_store` reads and writes them.
`_fulfilling` sends an order, `_giving_back` takes it back, `_reversals` hears of refunds and disputes; `_history` reads
all that became of it, `_news` tells its agent.
"""

from checkout.operations._completion import complete_checkout_session, settle_checkout_payment
from checkout.operations._fulfilling import (
    Tracking,
    begin_fulfillment,
    deliver_digitally,
    mark_delivered,
    open_quantities,
    record_fulfillment_event,
    release_order,
    ship_order,
)
from checkout.operations._giving_back import Ask, cancel_order, refund_order, return_items
from checkout.operations._history import history_of
from checkout.operations._reversals import recall_disputed, recall_refunded
from checkout.operations._sessions import (
    cancel_checkout_session,
    create_checkout_session,
    expire_sessions,
    get_checkout_session,
    update_checkout_session,
)

__all__ = [
    "Ask",
    "Tracking",
    "begin_fulfillment",
    "cancel_checkout_session",
    "cancel_order",
    "complete_checkout_session",
    "create_checkout_session",
    "deliver_digitally",
    "expire_sessions",
    "get_checkout_session",
    "history_of",
    "mark_delivered",
    "open_quantities",
    "recall_disputed",
    "recall_refunded",
    "record_fulfillment_event",
    "refund_order",
    "release_order",
    "return_items",
    "settle_checkout_payment",
    "ship_order",
    "update_checkout_session",
]
