"""`manage.py backup FILE`: the whole database in one file, while the shop is open."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from agents.commands import Command as TillCommand
from config.backups import BackupFailed, back_up


class Command(TillCommand):
    help = "Write the whole database, as it is at one moment, to a new file."
    example = 'manage.py backup "/backups/till-$(date +%F-%H%M)"'
    has_json = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to; it must not exist yet")

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            back_up(file)
        except BackupFailed as reason:
            raise CommandError(str(reason)) from reason
        size = file.stat().st_size
        self.report(f"{file}: {size:,} bytes", {"file": str(file), "bytes": size}, options)
