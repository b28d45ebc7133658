"""What all our commands have in common, so that they feel like one tool.

Their --help ends with an example; where a script would want it, --json prints one document instead of sentences; what
takes long says how far it has come, on a terminal.
"""

import json
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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
    is_quiet = False

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.is_quiet = bool(options.get("json")) or options.get("verbosity") == 0
        return super().execute(*args, **options)

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
        """Yield `rows`, and draw a bar meanwhile if somebody is watching."""
        with self.bar(what, total=lambda: total) as advance:
            for row in rows:
                yield row
                advance(1)

    @contextmanager
    def bar(self, what: str, *, total: Callable[[], int]) -> Iterator[Callable[[int], None]]:
        """Give what an operation is to call with each number of rows that it is done with.

        Drawn on the error stream, out of the way, and only if somebody is watching; else `total` is not asked.
        """
        if self.is_quiet or not self.stderr.isatty():
            yield lambda rows: None
            return
        all_of_it, done = total(), 0

        def advance(rows: int) -> None:
            nonlocal done
            done += rows
            whole = max(all_of_it, done)  # there may be more by now than there were
            filled = WIDTH * done // whole if whole else WIDTH
            self.stderr.write(f"\r{what} {'█' * filled}{'░' * (WIDTH - filled)} {done:,}/{whole:,}", ending="")

        advance(0)
        try:
            yield advance
        finally:
            self.stderr.write("")
