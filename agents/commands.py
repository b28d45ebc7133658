"""What all our commands have in common, so that they feel like one tool.

Their --help ends with an example; where a script would want it, --json prints one document instead of sentences; what
takes long says how far it has come, on a terminal.
"""

import json
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandParser, DjangoHelpFormatter

Row = TypeVar("Row")
WIDTH = 30  # characters of a progress bar


class Formatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's order of the options, and the epilog's own lines."""


class Command(BaseCommand):
    """A command of Till's."""

    example = ""
    has_json = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        lines = "\n  ".join(self.example.splitlines())
        parser = super().create_parser(
            prog_name, subcommand, epilog=f"example:\n  {lines}", formatter_class=Formatter, **kwargs
        )
        if self.has_json:
            parser.add_argument("--json", action="store_true", help="print one JSON document, for a script to read")
        return parser

    def report(self, text: str, facts: Any, options: dict[str, Any]) -> None:
        """Say what was done: `text` to a person, `facts` to a script."""
        self.stdout.write(json.dumps(facts, default=str) if options.get("json") else text)

    def progress(self, rows: Iterable[Row], *, total: int, what: str) -> Iterator[Row]:
        """Yield `rows`, and draw a bar meanwhile if somebody is watching; on the error stream, out of the way."""
        if not self.stderr.isatty():
            yield from rows
            return
        for done, row in enumerate(rows, start=1):
            yield row
            filled = WIDTH * done // max(total, done)
            self.stderr.write(f"\r{what} {'█' * filled}{'░' * (WIDTH - filled)} {done:,}/{total:,}", ending="")
        self.stderr.write("")
