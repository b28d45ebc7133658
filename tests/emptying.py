"""The database, emptied after a test that commits: of what there is in it, which is little.

Django would empty every table, and then tell every app that it was migrated. Here only tables that have rows are asked
to give them up, and what every app was told when the database was made stays.
"""

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission", "django_migrations"}
TRIES = 3  # a server that was killed may still be at its last statement


def use() -> None:
    """From now on, tests that commit end so."""
    TransactionTestCase._fixture_teardown = lambda self: empty()  # type: ignore[attr-defined]


def empty() -> None:
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are looked at when it ends
                for table in _filled(cursor):
                    cursor.execute(f"DELETE FROM {table}")  # noqa: S608 (a table's name)
            return
        except IntegrityError:
            if not left:
                raise


def _filled(cursor: CursorWrapper) -> list[str]:
    names = set(connection.introspection.django_table_names(include_views=False)) - KEPT
    tables = [connection.ops.quote_name(name) for name in sorted(names)]
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables))
    return [table for (table,) in cursor.fetchall()]
