"""Delegated payments for tests: the body that seed 003 prints, and the tokens and payments that come of it."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from agents.models import Agent
from payments.models import Payment
from payments.money import Money
from payments.operations import prepare_payment
from vault import operations
from vault.models import VaultToken
from vault.schemas import DelegatePaymentRequest

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

BODY: dict[str, Any] = {
    "payment_method": {
        "type": "card",
        "card_number_type": "fpan",
        "number": "4242424242424242",
        "exp_month": "12",
        "exp_year": "2034",
        "name": "John Doe",
        "cvc": "123",
        "display_card_funding_type": "credit",
        "display_brand": "Visa",
        "display_last4": "4242",
        "metadata": {},
    },
    "allowance": {
        "reason": "one_time",
        "max_amount": 10000,
        "currency": "usd",
        "checkout_session_id": "cs_1",
        "merchant_id": "merchant_123",
        "expires_at": "2034-12-31T23:59:59Z",
    },
    "billing_address": {
        "name": "John Doe",
        "line_one": "123 Main St",
        "city": "San Francisco",
        "state": "CA",
        "country": "US",
        "postal_code": "94102",
    },
    "risk_signals": [{"type": "card_testing", "score": 5, "action": "authorized"}],
    "metadata": {},
}
LEFT_OUT = object()


def body(**changes: Any) -> dict[str, Any]:
    """The seed's body with members changed by path, `__` for a dot: `body(allowance__currency="eur")`."""
    changed = copy.deepcopy(BODY)
    for path, value in changes.items():
        *parents, name = path.split("__")
        owner = changed
        for parent in parents:
            owner = owner[parent]
        owner[name] = value
        if value is LEFT_OUT:
            del owner[name]
    return changed


def delegate(
    agent: Agent,
    *,
    attempt: str = "attempt",
    key: str = "",
    answer: Callable[[VaultToken], VaultToken] = lambda token: token,
    **changes: Any,
) -> VaultToken:
    """A token made as the endpoint makes it."""
    return operations.delegate_payment(
        agent=agent,
        request=DelegatePaymentRequest.model_validate(body(**changes)),
        idempotency_key=key,
        attempt=attempt,
        now=NOW,
        answer=answer,
    )


def payment_for(token: VaultToken, *, reference: str = "cs_1", amount: int = 7_999) -> Payment:
    """A payment that is about to be made with the token."""
    with transaction.atomic():
        return prepare_payment(
            agent=token.agent,
            reference=reference,
            amount=Money(amount, "usd"),
            credential=token.credential,
            attempt=f"attempt-{reference}",
        )
