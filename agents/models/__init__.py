"""Who calls us (`callers`), and what they want to hear from us (`events`)."""

from agents.models.callers import Agent, ApiKey, IdempotentRequest
from agents.models.events import Endpoint, EventState, OutgoingEvent, Try

__all__ = ["Agent", "ApiKey", "Endpoint", "EventState", "IdempotentRequest", "OutgoingEvent", "Try"]
