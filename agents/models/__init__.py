"""Who calls us (`callers`), what they want to hear from us (`events`), and what days came to (`tallies`)."""

from agents.models.callers import LONGEST_SUBJECT, Agent, ApiKey, Exchange, IdempotentRequest
from agents.models.events import Endpoint, EventState, OutgoingEvent, Try
from agents.models.tallies import Tally

__all__ = [
    "LONGEST_SUBJECT",
    "Agent",
    "ApiKey",
    "Endpoint",
    "EventState",
    "Exchange",
    "IdempotentRequest",
    "OutgoingEvent",
    "Tally",
    "Try",
]
