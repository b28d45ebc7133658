"""Programs that call us, as tests use them: they speak the newest version unless told otherwise, and need few words."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from agents.operations import create_agent
from agents.versioning import LATEST

ADDRESS = {
    "name": "Ada Lovelace",
    "line_one": "12 St James's Square",
    "city": "San Francisco",
    "state": "CA",
    "country": "US",
    "postal_code": "94105",
}
BUYER = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
CARD = "4242424242424242"


class Api:
    """A program that calls us: JSON both ways, a fresh Idempotency-Key on every POST unless `headers` brings one.

    A header that is None is left out.
    """

    def __init__(self, key: str | None, version: str = LATEST) -> None:
        self.key, self.version = key, version

    def speaking(self, version: str) -> "Api":
        """The same program in another version of the protocol."""
        return Api(self.key, version)

    def get(self, path: str, headers: Mapping[str, str | None] | None = None) -> Any:
        return Client().get(path, headers=self._headers(headers))

    def post(self, path: str, body: Any = None, headers: Mapping[str, str | None] | None = None) -> Any:
        headers = self._headers({"Idempotency-Key": uuid.uuid4().hex, **(headers or {})})
        return Client().post(path, {} if body is None else body, content_type="application/json", headers=headers)

    def _headers(self, headers: Mapping[str, str | None] | None) -> dict[str, str]:
        ours = {"Authorization": self.key and f"Bearer {self.key}", "API-Version": self.version}
        return {name: value for name, value in {**ours, **(headers or {})}.items() if value is not None}


class Caller(Api):
    """One agent that buys: the steps of a purchase in the newest version."""

    def __init__(self, name: str = "assistant", version: str = LATEST) -> None:
        self.agent, key = create_agent(name=name)
        super().__init__(key, version)

    def create(self, *item_ids: str, **members: Any) -> dict[str, Any]:
        """A session for one of each item."""
        body = {
            "currency": "usd",
            "capabilities": {},
            "line_items": [{"id": item_id} for item_id in item_ids or ("item_123",)],
        }
        return self._json(self.post("/checkout_sessions", body | members), 201)

    def ready(self, *item_ids: str, **members: Any) -> dict[str, Any]:
        """A session that is ready for payment."""
        details = {"buyer": BUYER, "fulfillment_details": {"address": ADDRESS}}
        return self.create(*item_ids, **details | members)

    def update(self, session: dict[str, Any], **members: Any) -> dict[str, Any]:
        return self._json(self.post(f"/checkout_sessions/{session['id']}", members), 200)

    def read(self, session: dict[str, Any]) -> dict[str, Any]:
        return self._json(self.get(f"/checkout_sessions/{session['id']}"), 200)

    def delegate(self, session: dict[str, Any], number: str = CARD, **allowance: Any) -> str:
        """A vault token that covers the session's total."""
        answer = self.post("/agentic_commerce/delegate_payment", delegation(session, number, **allowance))
        return self._json(answer, 201)["id"]

    def complete(self, session: dict[str, Any], token: str, *, key: str | None = None) -> Any:
        """The raw answer to `complete` with `token`, whatever it is (under this idempotency key)."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.post(f"/checkout_sessions/{session['id']}/complete", payment(token), headers)

    @staticmethod
    def _json(response: Any, status: int) -> dict[str, Any]:
        assert response.status_code == status, response.content.decode()
        return response.json()


def total_of(session: dict[str, Any], type: str = "total") -> int:
    return next(total["amount"] for total in session["totals"] if total["type"] == type)


def payment(token: str) -> dict[str, Any]:
    """The body of `complete`."""
    handler = "card_direct" if token.startswith(("tok_", "pm_")) else "card_tokenized"
    instrument = {"type": "card", "credential": {"type": "spt", "token": token}}
    return {"payment_data": {"handler_id": handler, "instrument": instrument}}


def delegation(session: dict[str, Any], number: str = CARD, **allowance: Any) -> dict[str, Any]:
    """The body of `delegate_payment`."""
    return {
        "payment_method": {
            "type": "card",
            "card_number_type": "fpan",
            "number": number,
            "exp_month": "12",
            "exp_year": str(timezone.now().year + 2),
            "cvc": "123",
            "display_card_funding_type": "credit",
            "display_last4": number[-4:],
            "metadata": {},
        },
        "allowance": {
            "reason": "one_time",
            "max_amount": total_of(session),
            "currency": session["currency"],
            "checkout_session_id": session["id"],
            "merchant_id": "merchant_123",
            "expires_at": (timezone.now() + timedelta(hours=1)).isoformat(),
        }
        | allowance,
        "risk_signals": [{"type": "card_testing", "score": 5, "action": "authorized"}],
        "metadata": {},
    }
