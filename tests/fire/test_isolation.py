"""A second caller reaches nothing of the first's: not at one address of any wire, nor learns whether it is there.

The addresses are those that Django's resolver knows. A new one is covered by being there, or fails until `world` knows
what it names.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest

from agents.versioning import LATEST
from tests.fire.addresses import PARAMETER, Address, addresses
from tests.fire.world import KINDS, World, kind_of

# Addresses that belong to no caller, and why.
FOR_PEOPLE = "a page: whoever has the address, or the browser's own session, may see it"
FOR_ALL = "the same for everybody"
PROVES_ITSELF = "nobody calls it who does not prove by a signature that they are the processor"
NOBODYS = {
    "health": FOR_ALL,
    "ready": FOR_ALL,
    "metrics": FOR_ALL,
    "openapi.json": FOR_ALL,
    "docs": FOR_ALL,
    "console": FOR_ALL,
    ".well-known/acp.json": FOR_ALL,
    "stripe/packages": FOR_ALL,
    "^v1(/.*)?$": "there is nothing at it",
    "stripe/webhook": PROVES_ITSELF,
    **dict.fromkeys(
        "products/<str:product_id> cart cart/add cart/change checkout/address checkout/delivery checkout/payment"
        " checkout/withdraw orders/<str:order_id> terms privacy coins coins/enter coins/buy coins/leave payments/return"
        " sandbox/authenticate/<str:payment_intent_id>".split(),
        FOR_PEOPLE,
    ),
    "": FOR_PEOPLE,
}
OWNED = [address for address in addresses() if address.route not in NOBODYS]
NAMED = [address for address in OWNED if PARAMETER.search(address.route)]
ACCOUNTS = [kind for (_, place), kind in KINDS.items() if place.startswith("v1/")]
MADE = [address for address in OWNED if not PARAMETER.search(address.route)]
# What a body or a query names: the address, the way to it, and what in `World` it is.
MENTIONED = [
    ("POST", "stripe/attach-payment-method", "user_id", "customer"),
    ("POST", "stripe/purchase-currency", "user_id", "customer"),
    ("POST", "stripe/spend-currency", "user_id", "customer"),
    ("POST", "checkout_sessions/<str:session_id>/complete", "payment_data.instrument.credential.token", "vault_token"),
    ("POST", "v1/customers", "payment_method", "method"),
    ("POST", "v1/customers", "invoice_settings.default_payment_method", "method"),
    ("POST", "v1/customers/<str:id>", "invoice_settings.default_payment_method", "method"),
    ("POST", "v1/payment_methods/<str:id>/attach", "customer", "v1_customer"),
    ("POST", "v1/payment_intents", "customer", "v1_customer"),
    ("POST", "v1/payment_intents", "payment_method", "method"),
    ("POST", "v1/payment_intents", "payment_method_data.card.token", "token"),
    ("POST", "v1/payment_intents", "payment_method_data.shared_payment_granted_token", "granted"),
    ("POST", "v1/payment_intents/<str:id>", "customer", "v1_customer"),
    ("POST", "v1/payment_intents/<str:id>", "payment_method", "method"),
    ("POST", "v1/payment_intents/<str:id>/confirm", "payment_method", "method"),
    ("POST", "v1/refunds", "charge", "charge"),
    ("POST", "v1/refunds", "payment_intent", "intent"),
    ("POST", "v1/shared_payment/issued_tokens", "payment_method", "method"),
    ("POST", "v1/test_helpers/shared_payment/granted_tokens", "payment_method", "method"),
    ("POST", "v1/test_helpers/shared_payment/granted_tokens", "customer", "v1_customer"),
    ("GET", "v1/payment_methods", "customer", "v1_customer"),
    ("GET", "v1/payment_intents", "customer", "v1_customer"),
    ("GET", "v1/charges", "customer", "v1_customer"),
    ("GET", "v1/charges", "payment_intent", "intent"),
    ("GET", "v1/refunds", "charge", "charge"),
    ("GET", "v1/disputes", "charge", "charge"),
    *(
        ("GET", f"v1/{name}", where, kind)
        for name, kind in [("customers", "v1_customer"), ("charges", "charge"), ("refunds", "refund")]
        for where in ("starting_after", "ending_before")
    ),
]


@pytest.fixture
def first(shop: None) -> World:
    return World("first")


@pytest.fixture
def second(shop: None) -> World:
    return World("second")


def like(id: str) -> str:
    """An id that is nobody's, of the same look."""
    end = re.search(r"[A-Za-z0-9]+$", id)
    assert end
    return id[: end.start()] + "".join("0" if character != "0" else "1" for character in end[0])


def path_of(route: str, id_of: Callable[[str], str]) -> str:
    return "/" + PARAMETER.sub(lambda found: id_of(kind_of(found[1], route)), route)


def told(answer: Any, *ids: str) -> tuple[int, str]:
    """What an answer says, but for the ids that were asked for."""
    text = answer.content.decode()
    for id in ids:
        text = text.replace(id, "…")
    return answer.status_code, text


@pytest.mark.parametrize("address", NAMED, ids=str)
def test_what_is_anothers_is_answered_as_what_never_was(first: World, second: World, address: Address) -> None:
    body = second.body(address) if address.method == "POST" else None
    theirs = path_of(address.route, lambda kind: getattr(first, kind))
    nobodys = path_of(address.route, lambda kind: like(getattr(first, kind)))
    ids = [getattr(first, kind_of(name, address.route)) for name in PARAMETER.findall(address.route)]

    refused, unknown = second.ask(address, theirs, body), second.ask(address, nobodys, body)

    assert told(refused, *ids) == told(unknown, *map(like, ids))
    assert refused.status_code == 404


@pytest.mark.parametrize("address", NAMED, ids=str)
def test_what_is_ones_own_is_found(first: World, address: Address) -> None:
    """The question above is one that would be answered, if its owner asked it."""
    body = first.body(address) if address.method == "POST" else None

    answer = first.ask(address, path_of(address.route, lambda kind: getattr(first, kind)), body)

    assert answer.status_code != 404
    assert answer.status_code < 500


@pytest.mark.parametrize(("method", "route", "way", "kind"), MENTIONED)
def test_what_is_anothers_cannot_be_named_either(
    first: World, second: World, method: str, route: str, way: str, kind: str
) -> None:
    theirs = getattr(first, kind)
    nobodys = like(theirs)
    address = Address(method, route)
    path = path_of(route, lambda kind: getattr(second, kind))

    def answer(id: str) -> Any:
        if method == "GET":
            return second.ask(address, f"{path}?{way}={id}")
        return second.ask(address, path, naming(second.body(address), way, id))

    refused, unknown = answer(theirs), answer(nobodys)

    assert told(refused, theirs) == told(unknown, nobodys)
    assert refused.status_code in (400, 404) or refused.json()["data"] == []


def naming(body: dict[str, Any], way: str, id: str) -> dict[str, Any]:
    """The body with `id` at the end of the way, and without what cannot stand beside it."""
    *steps, last = way.split(".")
    beside = {"customer"} if "payment_method" in way else {"charge"} if way == "payment_intent" else set()
    body = place = {name: value for name, value in body.items() if name not in beside}
    for step in steps:
        place[step] = dict(place.get(step, {}))
        place = place[step]
    place[last] = id
    return body


@pytest.mark.parametrize("address", [address for address in MADE if address.method == "GET"], ids=str)
def test_a_list_shows_nothing_of_anothers(first: World, second: World, address: Address) -> None:
    theirs = [getattr(first, kind) for kind in sorted(set(ACCOUNTS))]

    answer = second.ask(address, f"/{address.route}?limit=100")

    assert answer.json()["data"] == []
    assert first.ask(address, f"/{address.route}?limit=100").json()["data"]
    assert not any(id in answer.content.decode() for id in theirs)


@pytest.mark.parametrize("address", [address for address in OWNED if address.method == "POST"], ids=str)
def test_an_idempotency_key_is_anothers_too(first: World, second: World, address: Address) -> None:
    """Who repeats another's request under another's key gets no answer of theirs."""
    path = path_of(address.route, lambda kind: getattr(first, kind))
    said = {"Idempotency-Key": "the-same", "API-Version": LATEST}
    body = first.body(address)
    theirs = first.ask(address, path, body, **said)

    answer = second.ask(address, path, body, **said)

    assert theirs.status_code < 500
    assert "Idempotent-Replayed" not in answer.headers
    assert answer.status_code in (200, 201, 400, 404)
    if answer.status_code < 300:
        assert answer.content != theirs.content


def test_every_address_is_somebodys_or_it_is_said_why_not() -> None:
    assert set(NOBODYS) <= {address.route for address in addresses()}
    for address in NAMED:
        for parameter in PARAMETER.findall(address.route):
            kind_of(parameter, address.route)
    assert len(NAMED) > 30
