"""Addresses that our OpenAPI document does not tell of, Stripe's wire and pages: forms and JSON, nearly right."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fire.addresses import PARAMETER, Address, addresses
from tests.fire.counting import sent, share
from tests.fire.mutations import as_form, mutated, values
from tests.fire.world import World, kind_of

pytestmark = pytest.mark.slow
V1 = [address for address in addresses() if address.route.startswith("v1/")]
OTHERS = [address for address in addresses() if not hasattr(address.view, "cls")]
FORM = "application/x-www-form-urlencoded"
QUERY = {
    "limit": 3,
    "starting_after": "x",
    "ending_before": "x",
    "created": {"gte": 1, "lt": "2"},
    "expand": ["data.a"],
}
PEOPLE = {
    **{name: name for name in "email name line_one line_two city postal_code state country total amount".split()},
    **{"product_id": "item_123", "quantity": "1", "payment_method_id": "pm_card_visa", "package_id": "package_1"},
    **{"payment_intent": "pi_1", "answer": "approve", "option": "standard_shipping", "next": "//a.example"},
}
ERROR_TYPES = {"invalid_request_error", "idempotency_error", "card_error"}
hunt = settings(deadline=None, derandomize=True, database=None, suppress_health_check=[*HealthCheck])


@pytest.mark.parametrize("address", V1, ids=str)
def test_stripes_wire(world: World, address: Address) -> None:
    good = world.body(address) if address.method == "POST" else QUERY
    ids = {name: getattr(world, kind_of(name, address.route)) for name in PARAMETER.findall(address.route)}
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Bearer {world.account_key}"}

    @settings(hunt, max_examples=share(0.25, len(V1)))
    @given(
        mutated(good, changes=(0, 1, 1, 2, 4)), st.booleans(), st.sampled_from(["", "", "", "0", "%00", "%F0%9F%A6%8A"])
    )
    def ask(body: dict[str, Any], is_form: bool, end: str) -> None:
        path = "/" + PARAMETER.sub(lambda found: ids[found[1]] + end, address.route)
        form = urlencode(list(as_form(body)), errors="surrogatepass")
        if address.method != "POST":
            answer = client.generic(address.method, f"{path}?{form}", headers=headers)
        elif is_form:
            answer = client.generic("POST", path, form, FORM, headers=headers)
        else:
            answer = client.post(path, body, "application/json", headers=headers)
        sent[answer.status_code] += 1
        measure(answer)

    ask()


def measure(answer: Any) -> None:
    """Stripe's object, or Stripe's error object."""
    body = answer.json()
    assert answer.status_code in (200, 400, 402, 404), body
    if answer.status_code == 200:
        assert isinstance(body.get("object"), str)
    else:
        assert set(body) == {"error"}
        assert body["error"]["type"] in ERROR_TYPES
        assert isinstance(body["error"]["message"], str) and body["error"]["message"]


@pytest.mark.parametrize("address", OTHERS, ids=str)
def test_what_people_and_machines_open(world: World, address: Address) -> None:
    client = Client(raise_request_exception=False)
    ids = st.text(max_size=10) | st.sampled_from(["item_123", "ord_1", "%00", "..%2f..%2f", "\ufeff"])

    @settings(hunt, max_examples=share(0.05, len(OTHERS)))
    @given(mutated(PEOPLE), st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT", "OPTIONS"]), ids, values)
    def open(said: dict[str, Any], method: str, id: str, other: Any) -> None:
        form = urlencode(list(as_form(said)), errors="surrogatepass")
        path = "/" + PARAMETER.sub(lambda _: id.replace("/", "_").replace("?", "_"), address.route)
        if method == "GET":
            answer = client.get(f"{path}?{form}")
        else:
            answer = client.generic(method, path, form, FORM, headers={"Stripe-Signature": str(other)[:200]})
        sent[answer.status_code] += 1
        assert answer.status_code < 500

    open()
