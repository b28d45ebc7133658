"""Load a catalogue from a file that people can read. Running it again updates what it names and removes nothing."""

import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import models, transaction

import catalog
from agents.commands import Command as TillCommand
from catalog.models import Fee, Product, Promotion, ShippingOption, ShippingRate, TaxRate

DEMO = Path(catalog.__file__).parent / "fixtures" / "demo.toml"
# Each table of the file in the order of loading, and the fields that say which row is meant.
TABLES: dict[str, tuple[type[models.Model], tuple[str, ...]]] = {
    "product": (Product, ("id",)),
    "shipping_option": (ShippingOption, ("id",)),
    "shipping_rate": (ShippingRate, ("option_id", "country", "state", "currency")),
    "tax_rate": (TaxRate, ("country", "state")),
    "promotion": (Promotion, ("name",)),
    "fee": (Fee, ("name",)),
}


class Command(TillCommand):
    help = "Load products, shipping, taxes, promotions and fees from a TOML file (without FILE: the demo shop's)."
    example = "manage.py seed_catalog my_shop.toml --restock"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=DEMO)
        parser.add_argument(
            "--restock", action="store_true", help="reset the stock of products that we already sell to the file's"
        )

    def handle(self, *args: Any, file: Path, restock: bool, **options: Any) -> None:
        tables = _read(file)
        rows = [(table, row) for table in TABLES for row in tables.get(table, [])]
        with transaction.atomic():
            for table, row in self.progress(rows, total=len(rows), what="Loading"):
                _save(table, row, restock=restock)
        self.stdout.write("Loaded " + ", ".join(f"{table}: {len(rows)}" for table, rows in tables.items()))


def _read(file: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"{file}: {error}") from error
    for table, rows in tables.items():
        if table not in TABLES or not isinstance(rows, list):
            raise CommandError(f"{file}: '{table}' is not one of [[{']], [['.join(TABLES)}]]")
    return tables


def _save(table: str, row: dict[str, Any], *, restock: bool) -> None:
    """Create one row, or update it if it differs. Stock that is already being sold is left alone, unless asked for."""
    model, key = TABLES[table]
    try:
        given = model(**row)
        stored = model._default_manager.filter(**{name: getattr(given, name) for name in key}).first()
        told = {name: value for name, value in row.items() if restock or name != "stock"}
        if stored and all(getattr(stored, name) == value for name, value in told.items()):
            return
        instance = stored or given
        for name, value in told.items():
            setattr(instance, name, value)
        instance.full_clean()
        instance.save()
    except (TypeError, ValidationError) as error:
        raise CommandError(f"[[{table}]] {row.get(key[0], row)}: {error}") from error
