"""Queries that are made so often that turning them into SQL each time would be most of their cost.

`make bench` decides what is one: today who is calling, and a session with its lines. The queryset is compiled once a
connection, by Django and, on PostgreSQL, by the server; afterwards only the values change, which are strings. The rows
are the same as the queryset's own.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=models.Model)


class Prepared(Generic[Row]):
    """A queryset of strings that are not known yet: `Prepared(lambda id: Thing.objects.filter(pk=id))("a")`.

    One of any number of them (`lambda *ids: …`) is compiled once for each number.
    """

    def __init__(self, queryset: Callable[..., models.QuerySet[Row]]) -> None:
        self.queryset = queryset

    def __call__(self, *values: str) -> list[Row]:
        connection: Any = connections[DEFAULT_DB_ALIAS]  # this thread's, of `config.postgres` or `config.sqlite`
        compiled = vars(connection).setdefault("prepared", {})
        key = self, len(values)
        if key not in compiled:
            compiled[key] = _Compiled(self.queryset, len(values), connection)
        return compiled[key].rows(values)


class _Compiled:
    def __init__(self, queryset: Callable[..., models.QuerySet[Any]], count: int, connection: Any) -> None:
        self.connection = connection
        self.marks = {f"~{number}~": number for number in range(count)}
        compiler = queryset(*self.marks).query.get_compiler(connection=connection)
        self.sql, self.params = compiler.as_sql()
        self.converters = compiler.get_converters([column for column, _, _ in compiler.select])
        self.compiler, about = compiler, compiler.klass_info
        columns = about["select_fields"]
        self.model, self.columns = about["model"], slice(columns[0], columns[-1] + 1)
        self.names = [column.target.attname for column, _, _ in compiler.select[self.columns]]
        self.related = get_related_populators(about, compiler.select, connection.alias)  # type: ignore[call-arg]

    def rows(self, values: tuple[str, ...]) -> list[Any]:
        params = [values[self.marks[param]] if param in self.marks else param for param in self.params]
        with self.connection.prepared_cursor() as cursor:
            cursor.execute(self.sql, params)
            found = cursor.fetchall()
        if self.converters:
            found = self.compiler.apply_converters(found, self.converters)
        return [self._instance(row) for row in found]

    def _instance(self, row: Any) -> Any:
        instance = self.model.from_db(self.connection.alias, self.names, row[self.columns])
        for related in self.related:
            related.populate(row, instance)
        return instance
