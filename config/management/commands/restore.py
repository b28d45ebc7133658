"""`manage.py restore FILE`: a backup becomes a database again, in a new place."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from agents.commands import Command as TillCommand
from config.backups import BackupFailed, restore

NEXT = """Restored. Before anybody is served:
  manage.py migrate             # if this Till is newer than the backup
  manage.py settle_payments     # ask the processor about what was on its way
  manage.py verify_ledger       # compare the coins with their transfers"""


class Command(TillCommand):
    help = "Fill a new, empty database (DATABASE_URL) with what `manage.py backup` wrote."
    example = "DATABASE_URL=postgres:///till_again manage.py restore /backups/till-2026-11-26-0300"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            restore(file)
        except BackupFailed as reason:
            raise CommandError(str(reason)) from reason
        self.stdout.write(NEXT)
