"""What Stripe does, in its words: cards are stored, payments are announced, charged and given back.

Each runs inside the caller's transaction (`keys.once` opens it, and the wire's `once_per_key`), and refuses by raising
before anything has changed. A decline is not a refusal: it is written down, like the charge that failed. What happened
is told by events, written with it. Every operation takes the account whose objects it is about; Till's is the default.
"""

from payments.sandbox.operations.charging import Manner
from payments.sandbox.operations.customers import (
    attach_payment_method,
    create_customer,
    customer_named,
    delete_customer,
    retrieve_customer,
    update_customer,
)
from payments.sandbox.operations.disputes import close_dispute, retrieve_dispute, update_dispute
from payments.sandbox.operations.means import NewCard, StandIn
from payments.sandbox.operations.payment_intents import (
    answer_challenge,
    cancel_payment_intent,
    capture_payment_intent,
    confirm_payment_intent,
    create_payment_intent,
    retrieve_payment_intent,
    update_payment_intent,
)
from payments.sandbox.operations.payment_methods import (
    create_payment_method,
    create_token,
    detach_payment_method,
    facts_of,
    find_payment_method,
    fingerprint_of,
    retrieve_payment_method,
    retrieve_token,
    update_payment_method,
)
from payments.sandbox.operations.refunds import create_refund, retrieve_refund, settle_due_refunds, update_refund
from payments.sandbox.operations.webhook_endpoints import (
    create_webhook_endpoint,
    delete_webhook_endpoint,
    retrieve_webhook_endpoint,
    update_webhook_endpoint,
)
from payments.sandbox.refusals import CardError, InvalidRequest, NoSuchObject, NoSuchPaymentMethod, UnexpectedState

__all__ = [
    "CardError",
    "InvalidRequest",
    "Manner",
    "NewCard",
    "NoSuchObject",
    "NoSuchPaymentMethod",
    "StandIn",
    "UnexpectedState",
    "answer_challenge",
    "attach_payment_method",
    "cancel_payment_intent",
    "capture_payment_intent",
    "close_dispute",
    "confirm_payment_intent",
    "create_customer",
    "create_payment_intent",
    "create_payment_method",
    "create_refund",
    "create_token",
    "create_webhook_endpoint",
    "customer_named",
    "delete_customer",
    "delete_webhook_endpoint",
    "detach_payment_method",
    "facts_of",
    "find_payment_method",
    "fingerprint_of",
    "retrieve_customer",
    "retrieve_dispute",
    "retrieve_payment_intent",
    "retrieve_payment_method",
    "retrieve_refund",
    "retrieve_token",
    "retrieve_webhook_endpoint",
    "settle_due_refunds",
    "update_customer",
    "update_dispute",
    "update_payment_intent",
    "update_payment_method",
    "update_refund",
    "update_webhook_endpoint",
]
