"""Input that is meant badly, case by case, and what every wire says to it.

`CASES` is the table: what is sent, as a function of the wire's own good request. None: this wire has no such place.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.apps import apps
from django.db import connection
from django.test import Client

from agents.models import Exchange, IdempotentRequest
from payments.sandbox.models import HttpRequest
from tests.fire.addresses import Address
from tests.fire.world import World

WIRES = {
    "ACP": Address("POST", "checkout_sessions"),
    "ACP, delegated cards": Address("POST", "agentic_commerce/delegate_payment"),
    "coins": Address("POST", "stripe/spend-currency"),
    "Stripe": Address("POST", "v1/payment_intents"),
    "Stripe, shared tokens": Address("POST", "v1/shared_payment/issued_tokens"),
}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
OF_THE_CALL_ITSELF = (Exchange, IdempotentRequest, HttpRequest)  # a refusal is remembered under its key, and inspected

Body = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """One request: a wire's good one, to begin with."""

    wire: str
    path: str
    body: Body
    content: bytes | None = None  # instead of the body
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        return json.dumps(self.body).encode() if self.content is None else self.content

    def text(self) -> str:
        return self.bytes().decode()


Case = Callable[[Sent, World], Sent | None]


def content(make: Callable[[str], str | bytes]) -> Case:
    """Other bytes, made of the good body's text."""

    def case(sent: Sent, other: World) -> Sent:
        made = make(sent.text())
        return replace(sent, content=made if isinstance(made, bytes) else made.encode())

    return case


def member(value: Any, **ways: str) -> Case:
    """Another value at the end of a way, which differs by wire; `value` may be a function of another caller's world."""

    def case(sent: Sent, other: World) -> Sent | None:
        way = {"ACP": "acp", "ACP, delegated cards": "cards", "Stripe, shared tokens": "spt"}.get(sent.wire)
        name = ways.get(way or sent.wire.lower())
        if name is None:
            return None
        body = json.loads(sent.text())
        *steps, last = name.split(".")
        place = body
        for step in steps:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value(other) if callable(value) else value
        return replace(sent, body=body)

    return case


def header(**headers: str) -> Case:
    return lambda sent, other: replace(sent, headers={name.replace("_", "-"): value for name, value in headers.items()})


def media(content_type: str, text: bytes | None = None) -> Case:
    return lambda sent, other: replace(sent, content_type=content_type, content=text or sent.bytes())


def at(end: str) -> Case:
    """Another path."""
    return lambda sent, other: replace(sent, path=sent.path + end)


def all_wrong(value: Any, wrong: Any) -> Any:
    """`value` with every leaf replaced."""
    if isinstance(value, dict):
        return {name: all_wrong(child, wrong) for name, child in value.items()}
    return [all_wrong(child, wrong) for child in value] if isinstance(value, list) else wrong


AMOUNT = {"cards": "allowance.max_amount", "coins": "amount", "stripe": "amount", "spt": "usage_limits.max_amount"}
QUANTITY = {"acp": "line_items.0.quantity"}
TEXT = {
    "acp": "line_items.0.id",
    "cards": "allowance.merchant_id",
    "coins": "reason",
    "stripe": "currency",
    "spt": "payment_method",
}
CASES: dict[str, Case] = {
    "100,000 levels of arrays": content(lambda text: "[" * 100_000 + "]" * 100_000),
    "100,000 levels in a member": content(lambda text: text[:-1] + ', "a": ' + '{"a":' * 100_000 + "1" + "}" * 100_001),
    "more than a megabyte": content(lambda text: text[:-1] + ', "a": "' + "x" * 1_100_000 + '"}'),
    "a member twice": content(lambda text: text[:-1] + ", " + text[1:]),
    "NaN": content(lambda text: text[:-1] + ', "a": NaN}'),
    "1e400": content(lambda text: text[:-1] + ', "a": 1e400}'),
    "a number of 5,000 digits": content(lambda text: text[:-1] + ', "a": ' + "1" * 5_000 + "}"),
    "half a surrogate pair": member("\ud83d", **TEXT),
    "a NUL in a text": member("a\x00b", **TEXT),
    "a body that ends too early": content(lambda text: text[:-5]),
    "two bodies in one": content(lambda text: text + text),
    "UTF-16": content(lambda text: text.encode("utf-16")),
    "bytes that are no text": content(lambda text: b"\xff\xfe\xfd" * 50),
    "an array of bodies": content(lambda text: f"[{text}]"),
    "null": content(lambda text: "null"),
    "every value an array": lambda sent, other: replace(sent, body=all_wrong(sent.body, [])),
    "every value a number": lambda sent, other: replace(sent, body=all_wrong(sent.body, 7)),
    "every value null": lambda sent, other: replace(sent, body=all_wrong(sent.body, None)),
    "a text of 100,000 characters": member("x" * 100_000, **TEXT),
    "10,000 line items": member([{"id": "item_123"}] * 10_000, acp="line_items"),
    "10,000 members that nobody knows": content(
        lambda text: text[:-1] + "".join(f', "a{number}": 1' for number in range(10_000)) + "}"
    ),
    "10,000 labels": member({f"a{number}": "b" for number in range(10_000)}, stripe="metadata", spt="shared_metadata"),
    "a quantity of -1": member(-1, **QUANTITY),
    "a quantity of 0": member(0, **QUANTITY),
    "a quantity of 2^63": member(2**63, **QUANTITY),
    "half a quantity": member(0.5, **QUANTITY),
    "an amount of -1": member(-1, **AMOUNT),
    "an amount of 0": member(0, **AMOUNT),
    "an amount of 2^63": member(2**63, **AMOUNT),
    "an amount of 1e308": content(lambda text: re.sub(r'("(?:max_)?amount"): \d+', r"\1: 1e308", text)),
    "half a cent": member(0.5, **AMOUNT),
    "an amount as a text": member("12abc", **AMOUNT),
    "a currency there is not": member("xxx1", acp="currency", cards="allowance.currency", stripe="currency"),
    "another's customer": member(lambda other: other.customer, coins="user_id"),
    "another's customer at Stripe": member(lambda other: other.v1_customer, stripe="customer"),
    "another's card": member(lambda other: other.method, stripe="payment_method", spt="payment_method"),
    "a path that climbs": at("/../../admin/"),
    "a path that climbs, in code": at("/%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
    "a NUL in the path": at("/cs_%00"),
    "a path of 5,000 characters": at("/" + "a" * 5_000),
    "a path that is no UTF-8": at("/%ff%fe"),
    "a line's end in the path": at("/%0d%0aSet-Cookie:%20a=b"),
    "text/plain": media("text/plain"),
    "XML with an entity": media("application/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "multipart without a boundary": media("multipart/form-data"),
    "two media types": media("application/json, text/plain"),
    "a form": lambda sent, other: None if "Stripe" in sent.wire else replace(sent, content_type=FORM, content=b"a=1"),
    "a form with 2,000 names": lambda sent, other: _form(sent, "&".join(f"a[{number}]=1" for number in range(2_000))),
    "a form that is a value and a hash": lambda sent, other: _form(sent, "amount=1&amount[a]=2"),
    "a form nested 1,000 times": lambda sent, other: _form(sent, "a" + "[a]" * 1_000 + "=1"),
    "a bomb, compressed": lambda sent, other: replace(
        sent, content=gzip.compress(b" " * 50_000_000 + sent.bytes()), headers={"Content-Encoding": "gzip"}
    ),
    "an Idempotency-Key of 10,000 characters": header(Idempotency_Key="k" * 10_000),
    "an Idempotency-Key that is not printable": header(Idempotency_Key="k\x7f"),
    "two versions": header(API_Version="2026-04-17, 2025-09-29"),
    "a key that is none": header(Authorization="Bearer ' OR 1=1 --"),
    "a key of 10,000 characters": header(Authorization="Bearer " + "a" * 10_000),
}
HAS_NO = {  # what a wire has no place for, and so does not look at
    ("10,000 members that nobody knows", "coins"),
    ("two versions", "coins"),
    ("two versions", "Stripe"),
    ("two versions", "Stripe, shared tokens"),
}


def _form(sent: Sent, form: str) -> Sent | None:
    return replace(sent, content_type=FORM, content=form.encode()) if "Stripe" in sent.wire else None


def requests(me: World, other: World) -> Iterator[tuple[str, Sent]]:
    """Every case at every wire that has a place for it."""
    good = {wire: Sent(wire, f"/{address.route}", me.body(address)) for wire, address in WIRES.items()}
    for name, case in CASES.items():
        for wire, sent in good.items():
            made = case(sent, other) if (name, wire) not in HAS_NO else None
            if made is not None and (made.bytes() != sent.bytes() or replace(made, content=None) != sent):
                yield name, made


def send(me: World, sent: Sent) -> Any:
    headers = {
        "Authorization": f"Bearer {me.key_for(WIRES[sent.wire].route)}",
        "API-Version": me.buyer.version,
        "Idempotency-Key": hashlib.sha256(repr(sent).encode()).hexdigest(),
    }
    client = Client(raise_request_exception=False)
    return client.generic("POST", sent.path, sent.bytes(), sent.content_type, headers=headers | dict(sent.headers))


def error_in(answer: Any, wire: str) -> tuple[str, str, str]:
    """Code, message and place: what the wire's own error object says, and nothing else is in the answer."""
    body = answer.json()
    match wire:
        case "coins":
            assert set(body) == {"detail"}, body
            return "", body["detail"], ""
        case "ACP" | "ACP, delegated cards":
            assert set(body) - {"param", "supported_versions"} == {"type", "code", "message"}, body
            return body["code"], body["message"], body.get("param", "")
    assert set(body) == {"error"}, body
    error = body["error"]
    assert error["type"] == "invalid_request_error", body
    return error.get("code", ""), error["message"], error.get("param", "")


def snapshot() -> dict[str, str]:
    """All that the database holds, by table, but for what is remembered of calls."""
    tables = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model not in OF_THE_CALL_ITSELF:
                cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
                rows = sorted(map(repr, cursor.fetchall()))
                tables[model._meta.db_table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return tables
