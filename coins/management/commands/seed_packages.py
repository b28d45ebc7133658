"""Put packages on sale from a file that people can read. Running it again updates what it names and removes nothing."""

import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction

import coins
from agents.commands import Command as TillCommand
from coins.models import Package
from coins.operations import offer_package

DEMO = Path(coins.__file__).parent / "fixtures" / "packages.toml"


class Command(TillCommand):
    help = "Load coin packages from a TOML file (without FILE: the demo's). Past purchases keep their terms."
    example = "manage.py seed_packages my_packages.toml"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=DEMO)

    @transaction.atomic
    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        rows = _read(file)
        for row in self.progress(rows, total=len(rows), what="Loading"):
            _save(row)
        self.stdout.write(f"Loaded packages: {len(rows)}")


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"{file}: {error}") from error
    rows = tables.pop("package", [])
    if tables or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CommandError(f"{file}: only [[package]] is known here")
    return rows


def _save(row: dict[str, Any]) -> None:
    try:
        package = Package.objects.filter(pk=row.get("id")).first() or Package()
        terms = {name: value for name, value in row.items() if name != "product"}
        Package(**terms)  # so that a misspelled name is refused
        for name, value in terms.items():
            setattr(package, name, value)
        offer_package(package, **row.get("product", {}))
    except (TypeError, ValueError, ValidationError) as error:
        raise CommandError(f"[[package]] {row.get('id', row)}: {error}") from error
