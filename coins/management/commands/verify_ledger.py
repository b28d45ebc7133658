"""Check that balances equal transfers, and that every purchase has its payment and its transfer."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from coins.audit import disagreements
from coins.models import Account, Purchase, Transfer


class Command(BaseCommand):
    """Safe to run while the shop is open: it reads one moment. On SQLite, writers wait until it is done."""

    help = "Print what does not agree in the ledger, and exit 1 if anything does."

    def handle(self, *args: Any, **options: Any) -> None:
        is_outermost = connection.get_autocommit()
        with transaction.atomic():
            if connection.vendor == "postgresql" and is_outermost:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = list(disagreements())
            counts = [model.objects.count() for model in (Account, Transfer, Purchase)]
        for line in found:
            self.stdout.write(line)
        if found:
            raise CommandError(f"{len(found)} disagreements", returncode=1)
        accounts, transfers, purchases = counts
        self.stdout.write(f"The ledger agrees: {accounts} accounts, {transfers} transfers, {purchases} purchases")
