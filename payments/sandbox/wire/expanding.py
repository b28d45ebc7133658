"""`expand[]=latest_charge.customer`: ids are replaced by the objects they name, on up to four levels."""

from collections.abc import Callable
from typing import Any

from django.db import models

from payments.sandbox import objects
from payments.sandbox.models import Charge, Customer, PaymentIntent, PaymentMethod, Refund
from payments.sandbox.objects import Document
from payments.sandbox.objects.intents import balance_transaction
from payments.sandbox.objects.shapes import derived_id
from payments.sandbox.wire.errors import BadParameter

DEEPEST = 4
FIRST_REFUNDS = 10

Loader = Callable[[set[str]], dict[str, Any]]


def _rows(model: type[models.Model]) -> Loader:
    """Load objects by their ids, in one query."""
    return lambda ids: {str(row.pk): objects.shown(row) for row in objects.rows(model).filter(pk__in=ids)}


def _transactions(ids: set[str]) -> dict[str, Any]:
    charges = objects.rows(Charge).filter(pk__in={derived_id("ch", id) for id in ids})
    return {derived_id("txn", charge.pk): balance_transaction(charge) for charge in charges}


def _nothing(ids: set[str]) -> dict[str, Any]:
    """The sandbox has no such objects; fields that could name one are always null."""
    return {}


def _named(names: str, loader: Loader = _nothing) -> dict[str, Loader]:
    return dict.fromkeys(names.split(), loader)


_NAMES_OF_OBJECTS = {
    "customer": _rows(Customer),
    "payment_method": _rows(PaymentMethod),
    "payment_intent": _rows(PaymentIntent),
    "charge": _rows(Charge),
}
_CUSTOMER, _METHOD, _INTENT, _CHARGE = ({name: loader} for name, loader in _NAMES_OF_OBJECTS.items())

EXPANDABLE: dict[str, dict[str, Loader]] = {
    "payment_intent": _CUSTOMER
    | _METHOD
    | {"latest_charge": _rows(Charge)}
    | _named("application on_behalf_of review source transfer_data.destination"),
    "charge": _CUSTOMER
    | _INTENT
    | {"balance_transaction": _transactions}
    | _named("application application_fee failure_balance_transaction on_behalf_of review source_transfer transfer"),
    "refund": _CHARGE
    | _INTENT
    | _named("balance_transaction failure_balance_transaction source_transfer_reversal transfer_reversal"),
    "dispute": _CHARGE | _INTENT,
    "payment_method": _CUSTOMER,
    "balance_transaction": {"source": _rows(Charge)},
    "customer": {"invoice_settings.default_payment_method": _rows(PaymentMethod)}
    | _named("cash_balance default_source discount sources subscriptions tax tax_ids test_clock"),
}


def accept(kind: str, names: str) -> None:
    """Take `names` as fields of another room's objects that could be expanded, although there is nothing in them."""
    EXPANDABLE[kind] = _named(names)


def expand(document: Document, paths: list[str]) -> Document:
    """Replace what `paths` name in `document`, and return it.

    :raises BadParameter: if something cannot be expanded.
    """
    for path in paths:
        steps = path.split(".")
        if len(steps) - (steps[0] == "data") > DEEPEST:
            raise BadParameter(f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}")
        _expand([document], steps, path)
    return document


def _expand(documents: list[Document], steps: list[str], path: str) -> None:
    """Go one step further in all `documents`, which are of one kind."""
    if not documents:
        return
    step, *rest = steps
    kind = documents[0].get("object", "")
    if kind == "list" and step == "data" and rest:
        return _expand(documents[0]["data"], rest, path)
    if kind == "charge" and step == "refunds":
        _add_refunds(documents)
        found = [document["refunds"] for document in documents]
    else:
        found, rest = _replace(documents, kind, steps, path)
    if rest:
        _expand([value for value in found if isinstance(value, dict)], rest, path)


def _replace(documents: list[Document], kind: str, steps: list[str], path: str) -> tuple[list[Any], list[str]]:
    """Replace the ids at the first of `steps` (or the first two, in a part of the object); return them and the rest."""
    for length in (1, 2):
        loader = EXPANDABLE.get(kind, {}).get(".".join(steps[:length]))
        if loader:
            *way, name = steps[:length]
            places = [document[way[0]] if way else document for document in documents]
            return _load(places, name, loader), steps[length:]
    raise BadParameter(f"This property cannot be expanded ({path}).", param="expand")


def _load(places: list[Document], name: str, loader: Loader) -> list[Any]:
    ids = {place[name] for place in places if isinstance(place.get(name), str)}
    loaded = loader(ids) if ids else {}
    for place in places:
        if isinstance(place.get(name), str):
            place[name] = loaded.get(place[name], place[name])
    return [place.get(name) for place in places]


def _add_refunds(charges: list[Document]) -> None:
    for charge in charges:
        found = objects.rows(Refund).filter(charge=charge["id"]).order_by("-created_at", "-pk")[: FIRST_REFUNDS + 1]
        charge["refunds"] = {
            "object": "list",
            "data": [objects.shown(refund) for refund in found[:FIRST_REFUNDS]],
            "has_more": len(found) > FIRST_REFUNDS,
            "url": f"/v1/charges/{charge['id']}/refunds",
        }
