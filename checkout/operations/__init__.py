"""What happens to a checkout session: one function per operation of the specification, and what time and payments do.

`_sessions` opens, changes and ends sessions; `_completion` is the money path; `_store` reads and writes them.
"""

from checkout.operations._completion import complete_checkout_session, settle_checkout_payment
from checkout.operations._sessions import (
    cancel_checkout_session,
    create_checkout_session,
    expire_sessions,
    get_checkout_session,
    update_checkout_session,
)

__all__ = [
    "cancel_checkout_session",
    "complete_checkout_session",
    "create_checkout_session",
    "expire_sessions",
    "get_checkout_session",
    "settle_checkout_payment",
    "update_checkout_session",
]
