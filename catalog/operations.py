"""Stock: taken by the transaction that begins a payment, given back by the one that learns it failed.

Rows are locked in the order of their ids, so that two orders of the same products wait for each other and never
deadlock. The lock is the one an UPDATE takes (`no_key`): new sessions, which only refer to a product, pass by it.
A product that nobody counts (`stock` empty) is never locked, however many buy it at once.
"""

from collections.abc import Mapping

from django.db.models import Case, F, IntegerField, QuerySet, Value, When

from catalog.models import Product


def take_stock(*, quantities: Mapping[str, int]) -> list[str]:
    """Take `quantities` (units by product id) in the caller's transaction; return the ids that were short.

    If any is short, nothing is taken. What the catalogue doesn't have, or no longer sells, is short.
    """
    on_sale = Product.objects.active().filter(pk__in=quantities)
    left = _locked(on_sale)
    uncounted = set(on_sale.filter(stock=None, pk__in=quantities.keys() - left.keys()).values_list("pk", flat=True))
    short = [pk for pk in sorted(quantities) if pk not in uncounted and left.get(pk, 0) < quantities[pk]]
    if not short:
        _add({pk: -quantities[pk] for pk in left})
    return short


def give_back_stock(*, quantities: Mapping[str, int]) -> None:
    """Put back, in the caller's transaction, what `take_stock` took."""
    _add({pk: quantities[pk] for pk in _locked(Product.objects.filter(pk__in=quantities))})


def _locked(products: QuerySet[Product]) -> dict[str, int]:
    """Lock those that are counted; return what is left of each."""
    counted = products.exclude(stock=None).order_by("pk").select_for_update(no_key=True)
    return {pk: stock for pk, stock in counted.values_list("pk", "stock") if stock is not None}


def _add(units: Mapping[str, int]) -> None:
    if units:
        step = Case(*(When(pk=pk, then=Value(n)) for pk, n in units.items()), output_field=IntegerField())
        Product.objects.filter(pk__in=units).update(stock=F("stock") + step)
