"""Who calls us (`callers`), and what they want to hear from us (`events`)."""

from agents.models.callers import LONGEST_SUBJECT, Agent, ApiKey, Exchange, IdempotentRequest
from agents.models.events import Endpoint, EventState, OutgoingEvent, Try

__all__ = [
    "LONGEST_SUBJECT",
    "Agent",
    "ApiKey",
    "Endpoint",
    "EventState",
    "Exchange",
    "IdempotentRequest",
    "OutgoingEvent",
    "Try",
]
