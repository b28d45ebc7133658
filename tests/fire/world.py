"""All that one caller can own, made through the wire; and what to say at each address to ask for it."""

import json
import uuid
from functools import cached_property
from typing import Any

from django.test import Client

from checkout.models import Order
from tests.caller import BUYER, Caller, delegation, payment
from tests.coins.factories import VISA
from tests.fire.addresses import Address
from tests.payments.sandbox.conftest import CARD, NO_REDIRECTS

# What an address names, by the parameter's name and the beginning of the route (the longest that fits counts).
KINDS = {
    ("session_id", "checkout_sessions"): "session",
    ("user_id", "stripe"): "customer",
    ("context_id", "ocp"): "context",
    ("id", "v1/customers"): "v1_customer",
    ("payment_method_id", "v1/customers"): "method",
    ("id", "v1/payment_methods"): "method",
    ("id", "v1/tokens"): "token",
    ("id", "v1/payment_intents"): "intent",
    ("id", "v1/charges"): "charge",
    ("id", "v1/refunds"): "refund",
    ("id", "v1/disputes"): "dispute",
    ("id", "v1/events"): "event",
    ("id", "v1/webhook_endpoints"): "endpoint",
    ("id", "v1/shared_payment/issued_tokens"): "issued",
    ("id", "v1/shared_payment/granted_tokens"): "granted",
    ("id", "v1/test_helpers/shared_payment/granted_tokens"): "granted",
}
ONE_ITEM = {"currency": "usd", "capabilities": {}, "line_items": [{"id": "item_123"}]}
NO_REDIRECT = {"automatic_payment_methods": NO_REDIRECTS}
LIMITED = {"payment_method": "pm_card_visa", "usage_limits": {"currency": "usd", "max_amount": 1_000}}


def kind_of(parameter: str, route: str) -> str:
    """The name in `World` of what a parameter of a route names.

    :raises LookupError: if nobody has said so yet.
    """
    fitting = [place for name, place in KINDS if name == parameter and route.startswith(place)]
    if not fitting:
        raise LookupError(f"Say in KINDS what <{parameter}> of /{route} is, and in World how one is made")
    return KINDS[parameter, max(fitting, key=len)]


class World:
    """An agent, an account of `/v1`, and what they have: each thing is made when it is first asked for."""

    def __init__(self, name: str) -> None:
        self.name, self.buyer = name, Caller(name)
        self.account_key = f"sk_test_{name}"

    def key_for(self, route: str) -> str:
        return self.account_key if route.startswith("v1/") else str(self.buyer.key)

    def ask(self, address: Address, path: str, body: Any = None, **headers: str) -> Any:
        """Ask as this caller, whatever it is for."""
        content = b"" if body is None or address.method in ("GET", "DELETE") else json.dumps(body).encode()
        said = {"Authorization": f"Bearer {self.key_for(address.route)}", "API-Version": self.buyer.version}
        if address.method == "POST":
            said["Idempotency-Key"] = uuid.uuid4().hex
        client = Client(raise_request_exception=False)
        return client.generic(address.method, path, content, "application/json", headers=said | headers)

    def made(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        answer = self.ask(Address("POST", path), f"/{path}", body, **headers)
        assert answer.status_code in (200, 201), answer.content.decode()
        document: dict[str, Any] = answer.json()
        return document

    @cached_property
    def session(self) -> str:
        return str(self.buyer.ready()["id"])

    @cached_property
    def vault_token(self) -> str:
        return self.buyer.delegate(self.buyer.ready())

    @cached_property
    def order(self) -> str:
        session = self.buyer.ready()
        self.buyer.complete(session, self.buyer.delegate(session))
        return Order.objects.get(session=session["id"]).id

    @cached_property
    def customer(self) -> str:
        user_id = self.made("stripe/create-customer", {"email": "ada@example.com", "name": "Ada"})["user_id"]
        self.made("stripe/attach-payment-method", {"user_id": user_id, "payment_method_id": VISA})
        self.made("stripe/purchase-currency", {"user_id": user_id, "package_id": "package_1"})
        return str(user_id)

    @cached_property
    def context(self) -> str:
        """A conversation in which something happened."""
        said = {"OCP-Context-ID": f"conversation-of-{self.name}"}
        self.made("checkout_sessions", ONE_ITEM, **said)
        return said["OCP-Context-ID"]

    @cached_property
    def v1_customer(self) -> str:
        return str(self.made("v1/customers", {"email": "ada@example.com", "payment_method": "pm_card_visa"})["id"])

    @cached_property
    def method(self) -> str:
        """A card that is the customer's."""
        method = self.made("v1/payment_methods", CARD)["id"]
        return str(self.made(f"v1/payment_methods/{method}/attach", {"customer": self.v1_customer})["id"])

    @cached_property
    def token(self) -> str:
        return str(self.made("v1/tokens", {"card": CARD["card"]})["id"])

    @cached_property
    def intent(self) -> str:
        return str(self.made("v1/payment_intents", {"amount": 2_000, "currency": "usd", **NO_REDIRECT})["id"])

    def paid(self, method: str = "pm_card_visa") -> dict[str, Any]:
        body = {"amount": 2_000, "currency": "usd", "confirm": True, "payment_method": method, **NO_REDIRECT}
        return self.made("v1/payment_intents", body)

    @cached_property
    def charge(self) -> str:
        return str(self.paid()["latest_charge"])

    @cached_property
    def refund(self) -> str:
        return str(self.made("v1/refunds", {"charge": self.charge, "amount": 500})["id"])

    @cached_property
    def dispute(self) -> str:
        intent = self.paid("pm_card_createDispute")["id"]
        return str(self._first(f"v1/disputes?payment_intent={intent}"))

    @cached_property
    def event(self) -> str:
        assert self.v1_customer
        return str(self._first("v1/events"))

    @cached_property
    def endpoint(self) -> str:
        return str(self.made("v1/webhook_endpoints", {"url": "https://a.example/hook", "enabled_events": ["*"]})["id"])

    @cached_property
    def issued(self) -> str:
        return str(
            self.made("v1/shared_payment/issued_tokens", LIMITED | {"seller_details": {"external_id": "m"}})["id"]
        )

    @cached_property
    def granted(self) -> str:
        return str(self.made("v1/test_helpers/shared_payment/granted_tokens", LIMITED)["id"])

    def _first(self, path: str) -> Any:
        answer = self.ask(Address("GET", "v1/"), f"/{path}")
        return answer.json()["data"][0]["id"]

    def body(self, address: Address) -> dict[str, Any]:
        """What this caller would say in good faith at an address where something is said, of what it owns."""
        match address.route:
            case "checkout_sessions":
                return ONE_ITEM
            case "checkout_sessions/<str:session_id>":
                return {"order_notes": "Ring twice"}
            case "checkout_sessions/<str:session_id>/complete":
                return {"buyer": BUYER, **payment(self.vault_token)}
            case "checkout_sessions/<str:session_id>/cancel":
                return {}
            case "agentic_commerce/delegate_payment":
                return delegation(self.buyer.ready())
            case "stripe/create-customer":
                return {"email": "ada@example.com", "name": "Ada"}
            case "stripe/attach-payment-method":
                return {"user_id": self.customer, "payment_method_id": VISA}
            case "stripe/purchase-currency":
                return {"user_id": self.customer, "package_id": "package_1"}
            case "stripe/spend-currency":
                return {"user_id": self.customer, "amount": 1, "reason": "a sword"}
            case "v1/customers":
                return {"email": "ada@example.com", "name": "Ada", "metadata": {"a": "b"}}
            case "v1/customers/<str:id>":
                return {"name": "Ada", "metadata": {"a": "b"}}
            case "v1/payment_methods":
                return CARD
            case "v1/payment_methods/<str:id>":
                return {"metadata": {"a": "b"}, "billing_details": {"name": "Ada"}}
            case "v1/payment_methods/<str:id>/attach":
                return {"customer": self.v1_customer}
            case "v1/payment_methods/<str:id>/detach":
                return {}
            case "v1/tokens":
                return {"card": CARD["card"]}
            case "v1/payment_intents":
                return {"amount": 2_000, "currency": "usd", "customer": self.v1_customer, **NO_REDIRECT}
            case "v1/payment_intents/<str:id>":
                return {"amount": 2_500, "metadata": {"a": "b"}}
            case "v1/payment_intents/<str:id>/confirm":
                return {"payment_method": "pm_card_visa"}
            case "v1/payment_intents/<str:id>/capture":
                return {"amount_to_capture": 1_000}
            case "v1/payment_intents/<str:id>/cancel":
                return {"cancellation_reason": "abandoned"}
            case "v1/refunds":
                return {"charge": self.charge, "amount": 100}
            case "v1/refunds/<str:id>":
                return {"metadata": {"a": "b"}}
            case "v1/disputes/<str:id>":
                return {"evidence": {"uncategorized_text": "it was them"}}
            case "v1/disputes/<str:id>/close":
                return {}
            case "v1/webhook_endpoints":
                return {"url": "https://a.example/hook", "enabled_events": ["*"]}
            case "v1/webhook_endpoints/<str:id>":
                return {"description": "mine"}
            case "v1/shared_payment/issued_tokens":
                return LIMITED | {"seller_details": {"external_id": "m_1"}}
            case "v1/shared_payment/issued_tokens/<str:id>/revoke":
                return {}
            case "v1/test_helpers/shared_payment/granted_tokens":
                return LIMITED
            case "v1/test_helpers/shared_payment/granted_tokens/<str:id>/revoke":
                return {}
        raise LookupError(f"Say here what one may say at {address}")
