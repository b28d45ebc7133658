"""A card's number that is sent to `/v1` where no card belongs: at every address, in every parameter that its table has.

The tables are the schemas that the addresses read by, so that a new parameter is covered by being there.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from django.apps import apps
from django.db import transaction
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from payments.sandbox import sources
from payments.sandbox.wire import base
from payments.sandbox.wire.parameters import Params, checked
from payments.sandbox.wire.schemas.cards import Payable
from tests.fire.addresses import PARAMETER, Address, addresses
from tests.fire.conftest import shop, world  # noqa: F401
from tests.fire.world import NO_REDIRECT, World, kind_of
from tests.payments.sandbox.conftest import Wire

pytestmark = pytest.mark.django_db

POSTS = [address for address in addresses() if address.route.startswith("v1/") and address.method == "POST"]
NUMBER, SPACED = "371449635398431", "3714 496353 98431"
WORDS = [SPACED, f"https://a.example/{NUMBER}"]
HASH = {NUMBER: SPACED, "deep": [{SPACED: int(NUMBER), "as a float": float(NUMBER)}]}
LABELS = [{"note": SPACED}, {NUMBER: "a"}, {"note": int(NUMBER)}]
MORE = {  # said beside what World says, so that more of it is kept
    "v1/payment_intents": {"confirm": True, "payment_method": "pm_card_visa"},
}
HELD = {"amount": 2_000, "currency": "usd", "capture_method": "manual", **MORE["v1/payment_intents"], **NO_REDIRECT}
LEAST: dict[Any, Any] = {str: "2.2.0", bool: True}  # a parameter that must be said says this


def said_in(schema: type[Params]) -> Iterator[dict[str, Any]]:
    """Hashes in which one parameter each says what it should not."""
    for name, field in fields_of(schema):
        for value in values(field):
            yield {name: value}
    if issubclass(schema, Payable):
        yield from ({name: SPACED} for name in sources.names())
    yield {SPACED: "a name that no table has"}


def values(field: FieldInfo) -> Iterator[Any]:
    kinds = set(kinds_of(field.annotation))
    inner = hash_among(kinds)
    if inner:
        yield from said_in(inner)
    elif SecretStr in kinds:  # that is where it belongs
        return
    elif dict in kinds or Any in kinds:
        yield from (LABELS if str in kinds else [HASH])
    elif list in kinds:
        yield [SPACED]
    else:
        yield from WORDS if str in kinds else [SPACED, int(NUMBER)]


def kinds_of(annotation: Any) -> Iterator[Any]:
    """The types that an annotation is made of."""
    yield get_origin(annotation) or annotation
    if get_origin(annotation) is not Literal:
        for inner in get_args(annotation):
            yield from kinds_of(inner)


def hash_among(kinds: set[Any]) -> type[Params] | None:
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Params)), None)


def fields_of(schema: type[Params]) -> list[tuple[str, FieldInfo]]:
    return [(field.alias or name, field) for name, field in schema.model_fields.items()]


def whole(schema: type[Params], said: dict[str, Any]) -> dict[str, Any]:
    """What was said, and what must be said beside it."""
    found = dict(said)
    for name, field in fields_of(schema):
        inner = hash_among(set(kinds_of(field.annotation)))
        if inner and isinstance(said.get(name, {} if field.is_required() else None), dict):
            found[name] = whole(inner, said.get(name, {}))
        elif field.is_required() and name not in said:
            kind = field.annotation
            found[name] = get_args(kind)[0] if get_origin(kind) is Literal else LEAST[kind]
    return found


def together(body: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """`said` in place of what `body` says, hash by hash."""
    inner = {name for name, value in said.items() if isinstance(value, dict) and isinstance(body.get(name), dict)}
    return body | said | {name: together(body[name], said[name]) for name in inner}


def rows() -> str:
    models = [model for room in ("sandbox", "spt") for model in apps.get_app_config(room).get_models()]
    return "".join(str(row) for model in models for row in model._default_manager.values_list())


class Asking:
    """Asks at one address again and again, as if it were for the first time."""

    def __init__(self, world: World, address: Address) -> None:  # noqa: F811
        self.world, self.address = world, address
        if address.route.endswith("/capture"):
            vars(world)["intent"] = world.made("v1/payment_intents", HELD)["id"]
        self.path = "/" + PARAMETER.sub(lambda found: getattr(world, kind_of(found[1], address.route)), address.route)
        self.body = world.body(address) | MORE.get(address.route, {})

    def tells_of(self, said: dict[str, Any], schema: type[Params] = Params) -> bool:
        """Whether the number is in a row afterwards, or in the answer."""
        before = transaction.savepoint()
        body = whole(schema, together(self.body, said))
        self.answer = self.world.ask(self.address, self.path, body)
        found = rows() + self.answer.content.decode()
        transaction.savepoint_rollback(before)
        assert self.answer.status_code < 500
        return NUMBER in found or SPACED in found


@pytest.fixture
def read_by(monkeypatch: pytest.MonkeyPatch) -> list[type[Params]]:
    """The schemas by which requests have been read, the latest last."""
    found: list[type[Params]] = []

    def check(schema: type[Params], said: dict[str, Any]) -> Params:
        found.append(schema)
        return checked(schema, said)

    monkeypatch.setattr(base, "checked", check)
    return found


@pytest.mark.parametrize("address", POSTS, ids=str)
def test_it_is_in_no_row_and_in_no_answer(world: World, address: Address, read_by: list[type[Params]]) -> None:  # noqa: F811
    asking = Asking(world, address)
    assert not asking.tells_of({}) and asking.answer.status_code == 200

    schema = read_by[-1]
    assert [said for said in said_in(schema) if asking.tells_of(said, schema)] == []


def test_what_is_kept_of_the_rest_is_as_it_was_said(wire: Wire) -> None:
    """Ids are made of digits too, and are no card's number by chance."""
    said = {"order": "9f86d081884c7d659a2feaa0c55ad015", "at": "1732190400000", "n": 4242424242424241, "x": 0.5}
    body = {"invoice_settings": {"rendering_options": said}, "metadata": {"uuid": str(uuid.UUID(int=7))}}

    customer = wire.post("/v1/customers", json.dumps(body), "application/json").json()

    assert customer["invoice_settings"]["rendering_options"] == said
    assert customer["metadata"] == body["metadata"]


def test_an_address_is_refused_rather_than_shortened(wire: Wire) -> None:
    refused = wire.post("/v1/webhook_endpoints", f"url=https://a.example/{NUMBER}&enabled_events[]=*")

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "url_invalid")
