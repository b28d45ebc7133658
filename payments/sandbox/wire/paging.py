"""Lists: newest first, a page at a time, from an object's id on."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from django.db import models
from django.db.models import Q
from pydantic import AfterValidator, BeforeValidator

from payments.sandbox import objects
from payments.sandbox.objects import Document
from payments.sandbox.wire.errors import BadParameter
from payments.sandbox.wire.parameters import Integer, Params, RequestParams, Text, wrong

Row = TypeVar("Row", bound=models.Model)

SECOND = timedelta(seconds=1)
NEWEST_FIRST = ("-created_at", "-pk")
OLDEST_FIRST = ("created_at", "pk")


class Range(Params):
    """Points in time: seconds since 1970."""

    gt: Integer | None = None
    gte: Integer | None = None
    lt: Integer | None = None
    lte: Integer | None = None

    def as_query(self) -> Q:
        """Times are kept more finely than in seconds."""
        query = Q()
        if self.gt is not None:
            query &= Q(created_at__gte=_time(self.gt) + SECOND)
        if self.gte is not None:
            query &= Q(created_at__gte=_time(self.gte))
        if self.lt is not None:
            query &= Q(created_at__lt=_time(self.lt))
        if self.lte is not None:
            query &= Q(created_at__lt=_time(self.lte) + SECOND)
        return query


def _range(value: Any) -> Any:
    """One second is a range too."""
    return value if isinstance(value, dict) else {"gte": value, "lte": value}


def _limited(limit: int) -> int:
    if limit < 1:
        raise wrong("This value must be greater than or equal to 1.", "parameter_invalid_integer")
    if limit > 100:
        raise wrong("This value must be less than or equal to 100.", "parameter_invalid_integer")
    return limit


class PageParams(RequestParams):
    """What every list may be asked."""

    limit: Annotated[Integer, AfterValidator(_limited)] = 10
    starting_after: Text | None = None
    ending_before: Text | None = None


class DatedPageParams(PageParams):
    """… and most lists."""

    created: Annotated[Range, BeforeValidator(_range)] = Range()


def page(rows: "models.QuerySet[Row]", asked: PageParams, *, url: str) -> Document:
    """Return the page of `rows` that was asked for.

    :raises BadParameter: if it begins at an object that is not there.
    """
    if asked.starting_after and asked.ending_before:
        raise BadParameter(
            "You may only specify one of these parameters: starting_after, ending_before.", code="parameters_exclusive"
        )
    if isinstance(asked, DatedPageParams):
        rows = rows.filter(asked.created.as_query())
    if asked.ending_before:
        found = list(rows.filter(_beyond(rows, asked, "gt")).order_by(*OLDEST_FIRST)[: asked.limit + 1])
        shown = found[: asked.limit][::-1]
    else:
        found = list(rows.filter(_beyond(rows, asked, "lt")).order_by(*NEWEST_FIRST)[: asked.limit + 1])
        shown = found[: asked.limit]
    return {
        "object": "list",
        "data": [objects.shown(row) for row in shown],
        "has_more": len(found) > asked.limit,
        "url": url,
    }


def _beyond(rows: "models.QuerySet[Row]", asked: PageParams, side: str) -> Q:
    id = asked.starting_after or asked.ending_before
    if id is None:
        return Q()
    created_at = rows.filter(pk=id).values_list("created_at", flat=True).first()
    if created_at is None:
        param = "starting_after" if asked.starting_after else "ending_before"
        kind = rows.model._meta.verbose_name
        raise BadParameter(f"No such {kind}: '{id}'", code="resource_missing", param=param)
    return Q(**{f"created_at__{side}": created_at}) | Q(**{"created_at": created_at, f"pk__{side}": id})


def _time(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC) + SECOND - SECOND  # a second later must exist too
    except (ValueError, OverflowError, OSError):
        raise BadParameter("Invalid timestamp", code="parameter_invalid_integer", param="created") from None
