"""A context as its owner reads it."""

from ocp import operations, schemas
from ocp.models import Context
from ocp.suggestions import Question, suggestions_for


def context_info(context: Context) -> schemas.ContextInfo:
    events = operations.latest_events(context)
    customer = next((event.customer for event in reversed(events) if event.customer), "")
    return schemas.ContextInfo(
        context_id=context.context_id,
        agent_type=context.agent_type or None,
        current_goal=context.goal or None,
        created_at=context.created_at,
        last_seen_at=context.last_seen_at,
        summary=operations.summary_of(context),
        events=[
            schemas.ContextEventInfo(
                kind=event.kind,
                object_id=event.object_id,
                amount=event.amount,
                currency=event.currency or None,
                customer=event.customer or None,
                created_at=event.created_at,
            )
            for event in events
        ],
        suggestions=suggestions_for(Question(context, customer_id=customer)),
    )
