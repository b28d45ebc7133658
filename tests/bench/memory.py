"""What is compared with: a FastAPI server of the same shape that keeps its sessions in a dictionary and nothing else.

No key is checked, nothing survives it, and with two processes each has half of the sessions: so it is asked for one.
"""

import secrets
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()
sessions: dict[str, dict[str, Any]] = {}
tokens: dict[str, dict[str, Any]] = {}
PRICES = {"item_123": 7999, "item_456": 4500}
LINKS = [{"type": "terms_of_use", "url": "http://127.0.0.1/terms"}, {"type": "return_policy", "url": "/returns"}]


class Item(BaseModel):
    id: str
    quantity: int = Field(default=1, ge=1)


class Create(BaseModel):
    currency: str
    line_items: list[Item]
    buyer: dict[str, Any] | None = None
    fulfillment_details: dict[str, Any] | None = None


class Update(BaseModel):
    line_items: list[Item] | None = None
    buyer: dict[str, Any] | None = None


class Delegate(BaseModel):
    payment_method: dict[str, Any]
    allowance: dict[str, Any]
    metadata: dict[str, Any] = {}


class Complete(BaseModel):
    payment_data: dict[str, Any]


def priced(items: list[Item]) -> dict[str, Any]:
    lines = [
        {"id": f"li_{index}", "item": {"id": item.id}, "quantity": item.quantity, "amount": PRICES[item.id]}
        for index, item in enumerate(items)
    ]
    total = sum(PRICES[item.id] * item.quantity for item in items)
    totals = [{"type": "items_base_amount", "amount": total}, {"type": "total", "amount": total}]
    return {"line_items": lines, "totals": totals}


@app.post("/checkout_sessions", status_code=201)
def create(body: Create) -> dict[str, Any]:
    session: dict[str, Any] = {
        "id": f"cs_{secrets.token_hex(12)}",
        "status": "ready_for_payment",
        "currency": body.currency,
        "buyer": body.buyer,
        "fulfillment_details": body.fulfillment_details,
        "messages": [],
        "links": LINKS,
    } | priced(body.line_items)
    sessions[str(session["id"])] = session
    return session


@app.get("/checkout_sessions/{session_id}")
def retrieve(session_id: str) -> dict[str, Any]:
    return sessions[session_id]


@app.post("/checkout_sessions/{session_id}")
def update(session_id: str, body: Update) -> dict[str, Any]:
    sessions[session_id] |= priced(body.line_items or [])
    return sessions[session_id]


@app.post("/agentic_commerce/delegate_payment", status_code=201)
def delegate(body: Delegate) -> dict[str, Any]:
    token: dict[str, Any] = {"id": f"vt_{secrets.token_hex(12)}", "metadata": body.metadata}
    tokens[token["id"]] = token | {"allowance": body.allowance}
    return token


@app.post("/checkout_sessions/{session_id}/complete")
def complete(session_id: str, body: Complete) -> dict[str, Any]:
    session = sessions[session_id]
    session["status"], session["order"] = "completed", {"id": f"ord_{secrets.token_hex(12)}"}
    return session
