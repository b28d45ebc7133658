"""An agent and a seller, each with an account of their own, through Stripe's GA SDK and on the bare wire."""

import time
from typing import Any

import pytest
import stripe
from django.db import transaction

from payments.money import Money
from payments.sandbox.accounts import account_of
from spt import operations
from spt.models import SharedPaymentToken
from tests.payments.sandbox.conftest import Wire, connect  # noqa: F401

AGENT, SELLER = "sk_test_agent", "sk_test_seller"
PREVIEW = "2026-04-22.preview"


class RawSdk:
    """Stripe's GA SDK, which has no classes for these: `raw_request`, and parameters that it does not know."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self.client, self.v1 = client, client.v1

    def __call__(self, method: str, path: str, **params: Any) -> Any:
        response = self.client.raw_request(method, f"/v1/{path}", stripe_version=PREVIEW, **params)
        return self.client.deserialize(response, api_mode="V1")

    def issue(self, max_amount: int = 1_000, **more: Any) -> Any:
        limits = {"currency": "usd", "max_amount": max_amount, "expires_at": int(time.time()) + 3600}
        given = {"payment_method": "pm_card_visa", "usage_limits": limits, "seller_details": {"external_id": "m_1"}}
        return self("post", "shared_payment/issued_tokens", **given | more)

    def granted(self, token_id: str) -> Any:
        return self("get", f"shared_payment/granted_tokens/{token_id}")

    def pay(self, token_id: str, amount: int = 1_000, **more: Any) -> Any:
        means = {"payment_method_data": {"shared_payment_granted_token": token_id}}
        asked: Any = {"amount": amount, "currency": "usd", "confirm": True, **means, **more}
        return self.v1.payment_intents.create(asked)


@pytest.fixture
def agent_sdk(connect) -> RawSdk:  # noqa: F811
    return RawSdk(connect(AGENT))


@pytest.fixture
def seller_sdk(connect) -> RawSdk:  # noqa: F811
    return RawSdk(connect(SELLER))


@pytest.fixture
def wire(db) -> Wire:
    """Nobody in particular: no key."""
    return Wire(key=None)


def issued(max_amount: int = 10_000, *, payment_method: str = "pm_card_visa", **more: Any) -> SharedPaymentToken:
    """A token of the agent's, in dollars."""
    more.setdefault("account", str(account_of(AGENT)))
    with transaction.atomic():
        return operations.issue_token(payment_method=payment_method, cap=Money(max_amount, "usd"), **more)
