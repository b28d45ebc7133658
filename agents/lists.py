"""Lists of tables that grow with every purchase: they answer as quickly with a million rows as with a hundred."""

import json
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

COUNTED = 10_000  # rows: more are estimated, and pages beyond them are not turned to; a filter leads there
NEWEST = 10_000  # rows among which parts of words are looked for
MOST_FOUND = 1_000


class BoundedPaginator(Paginator):
    """Counts as far as anybody reads. Of how many there are beyond, it tells what PostgreSQL's planner thinks."""

    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        counted = self.object_list.order_by()[: COUNTED + 1].count()
        return counted if counted <= COUNTED else max(counted, self._estimate())

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, -(-COUNTED // self.per_page))

    def _estimate(self) -> int:
        rows = self.object_list.order_by().values("pk")
        if connection.vendor != "postgresql":
            return rows.count()
        return int(json.loads(rows.explain(format="json"))[0]["Plan"]["Plan Rows"])


class LongList(ModelAdmin):
    """The pages of such a table.

    What is typed into the search is first taken for the whole of one of `find_by`, which an index answers. If nothing
    is called so, it is taken for a part of one of `search_fields`, and looked for among the newest rows.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    find_by: tuple[str, ...] = ("pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        found = self._found(search_term.strip())
        if found:
            return queryset.filter(pk__in=found), False
        newest = self.model._default_manager.order_by(*self.ordering or ()).values("pk")[:NEWEST]
        return super().get_search_results(request, queryset.filter(pk__in=newest), search_term)

    def _found(self, term: str) -> list[Any]:
        """The keys of the rows that are called `term`: a look into each index."""
        rows = self.model._default_manager.order_by()
        called = (rows.filter(**{field: term}).values("pk")[:MOST_FOUND] for field in self.find_by)
        # Each with a limit of its own: a good customer's purchases are many, and all of them would be sorted.
        first, *others = (rows.filter(pk__in=few).values_list("pk", flat=True) for few in called)
        return list(first.union(*others)[:MOST_FOUND]) if others else list(first[:MOST_FOUND])
