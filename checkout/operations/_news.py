"""What agents are told of an order, in the transaction that changes it: all of it, as it is now, never a difference."""

from agents import webhooks
from agents.versioning import LATEST
from checkout import documents
from checkout.models import History, Order
from checkout.operations._history import follow, history_of

CREATED, UPDATED = "order_create", "order_update"


def tell(history: History, type: str = UPDATED) -> None:
    """Write an event to the outbox, in the version that the session was completed with."""
    session = history.order.session
    version = session.api_version or LATEST
    webhooks.write(
        agent=session.agent,
        subject=history.order.id,
        type=type,
        data=documents.event_data(history, version),
        api_version=version,
    )


def tell_change(order: Order) -> None:
    """Bring a locked order's status up to date with its history, and tell its agent."""
    history = history_of(order)
    follow(history)
    tell(history)
