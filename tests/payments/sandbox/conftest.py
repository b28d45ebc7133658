"""Stripe's own SDK, unmodified, against our `/v1` on a running server; and the bare wire, for what an SDK hides."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import stripe
from django.test import Client

from payments.sandbox.models import PaymentIntent
from tests.payments.sandbox.vouchers import vouchers

stripe.enable_telemetry = False

Connect = Callable[[str], stripe.StripeClient]


@pytest.fixture
def connect(live_server) -> Iterator[Connect]:
    """Make a client for a key, as any developer would."""
    with requests.Session() as session:  # which is closed before the server stops
        http_client = stripe.RequestsClient(session=session)
        yield lambda key: stripe.StripeClient(
            key, base_addresses={"api": live_server.url}, max_network_retries=0, http_client=http_client
        )


@pytest.fixture
def sdk(connect) -> Any:
    """The demo account's `client.v1`."""
    return connect("sk_test_till").v1


@pytest.fixture
def stranger(connect) -> Any:
    """Another account's."""
    return connect("sk_test_somebody_else").v1


class Wire:
    """Requests as they are on the wire: a form, or JSON, or whatever `content_type` says."""

    def __init__(self, key: str | None = "sk_test_till") -> None:
        self.key = key

    def get(self, path: str, **headers: str) -> Any:
        return Client().get(path, headers=self._headers(headers))

    def delete(self, path: str, **headers: str) -> Any:
        return Client().delete(path, headers=self._headers(headers))

    def post(
        self, path: str, body: str = "", content_type: str = "application/x-www-form-urlencoded", **headers: str
    ) -> Any:
        return Client().post(path, body, content_type=content_type, headers=self._headers(headers))

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        ours = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return ours | {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def wire(db) -> Wire:
    return Wire()


@pytest.fixture
def trouble() -> Iterator[Callable[[BaseException], None]]:
    """Have something go wrong in the middle of a request that pays with a voucher."""

    def begin(exc: BaseException) -> None:
        def happens(intent: PaymentIntent) -> None:
            raise exc

        vouchers.trouble = happens

    yield begin
    vouchers.trouble = None


def basic(key: str) -> str:
    """`curl -u key:`"""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


CARD: dict[str, Any] = {
    "type": "card",
    "card": {"number": "4242424242424242", "exp_month": 8, "exp_year": 2034, "cvc": "314"},
}
NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


def paid(
    sdk: Any, payment_method: str | None = "pm_card_visa", amount: int = 4_299, **more: Any
) -> stripe.PaymentIntent:
    """An intent, created and confirmed in one request."""
    return sdk.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "confirm": True,
            "payment_method": payment_method,
            "automatic_payment_methods": NO_REDIRECTS,
            **more,
        }
    )
