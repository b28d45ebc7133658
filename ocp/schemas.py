"""A context as its owner reads it."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class ContextEventInfo(BaseModel):
    """Something that happened in the context; amounts are minor units."""

    kind: str
    object_id: str
    amount: int | None = None
    currency: str | None = None
    customer: str | None = None
    created_at: datetime


class ContextInfo(BaseModel):
    """The running summary, the latest events (oldest first), and suggestions by name, each with its reason."""

    context_id: str
    agent_type: str | None = None
    current_goal: str | None = None
    created_at: datetime
    last_seen_at: datetime
    summary: dict[str, Any]
    events: list[ContextEventInfo]
    suggestions: dict[str, Any]


class ContextError(BaseModel):
    """The flat refusal of the other agents' endpoints."""

    type: str
    code: str
    message: str
    param: str | None = None
