"""Check that balances equal transfers, and that every purchase has its payment and its transfer."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction

from agents.commands import Command as TillCommand
from coins.audit import checks
from coins.models import Account, Purchase, Transfer


class Command(TillCommand):
    """Safe to run while the shop is open: it reads one moment. On SQLite, writers wait until it is done."""

    help = "Print what does not agree in the ledger, and exit 1 if anything does."
    example = "manage.py verify_ledger --json"
    has_json = True

    def handle(self, *args: Any, **options: Any) -> None:
        is_outermost = connection.get_autocommit()
        with transaction.atomic():
            if connection.vendor == "postgresql" and is_outermost:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = self._ask(checks())
            counts = [model.objects.count() for model in (Account, Transfer, Purchase)]
        accounts, transfers, purchases = counts
        facts = {"disagreements": found, "accounts": accounts, "transfers": transfers, "purchases": purchases}
        agreed = f"The ledger agrees: {accounts} accounts, {transfers} transfers, {purchases} purchases"
        self.report("\n".join(found) or agreed, facts, options)
        if found:
            raise CommandError(f"{len(found)} disagreements", returncode=1)

    def _ask(self, asked: list[Iterator[str]]) -> list[str]:
        return [said for check in self.progress(asked, total=len(asked), what="Checking") for said in check]
