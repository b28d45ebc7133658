"""The conversation of the request at hand: what is heard while it runs, written down when it has been answered.

Only what was committed is heard, and it is written after the answer is made, in a transaction of its own: so nothing
here can hold a lock that money waits for, undo anything, or fail a request. If the process dies in between, a hint is
lost.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import transaction

from agents import happenings
from agents.happenings import Happening
from ocp.headers import Hint
from payments.sandbox.models import Event

# Of what happens on `/v1`, what an agent would remember.
REMEMBERED = ("customer.", "payment_method.", "payment_intent.", "refund.", "charge.refunded", "shared_payment.")


@dataclass
class Conversation:
    """What a request's headers say, and what happens in it."""

    hint: Hint
    heard: list[Happening] = field(default_factory=list)


current: ContextVar[Conversation | None] = ContextVar("conversation", default=None)


def hear(happening: Happening) -> None:
    """Note what another room tells, once it is committed (`agents.happenings`)."""
    conversation = current.get()
    if conversation is not None:
        transaction.on_commit(lambda: conversation.heard.append(happening))


def hear_event(event: Event) -> None:
    """Note what the caller did on `/v1` (`payments.sandbox.events`). What a checkout does there is not the agent's."""
    if current.get() is None or event.account != happenings.caller.get() or not event.type.startswith(REMEMBERED):
        return
    shown = event.data["object"]
    customer = shown["id"] if event.type.startswith("customer.") else shown.get("customer")
    hear(Happening(event.type, shown["id"], shown.get("amount"), shown.get("currency") or "", customer or ""))
