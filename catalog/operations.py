"""Stock: taken by the transaction that begins a payment, given back by the one that learns it failed.

Rows are locked in the order of their ids, so that two orders of the same products wait for each other and never
deadlock. The lock is the one an UPDATE takes (`no_key`): new sessions, which only refer to a product, pass by it.
A product that nobody counts (`stock` empty) is never locked, however many buy it at once.
"""

from collections.abc import Mapping

from django.db.models import Case, F, IntegerField, QuerySet, Value, When

from catalog.models import Product

Stock = dict[str, int | None]  # units by product id; None of what nobody counts


def take_stock(*, quantities: Mapping[str, int]) -> list[str]:
    """Take `quantities` (units by product id) in the caller's transaction; return the ids that were short.

    If any is short, nothing is taken. What the catalogue doesn't have, or no longer sells, is short.
    """
    on_sale = Product.objects.active().filter(pk__in=quantities)
    seen: Stock = dict(on_sale.values_list("pk", "stock"))
    left: Stock = {pk: None for pk, stock in seen.items() if stock is None}
    left |= _locked(on_sale.filter(pk__in=seen.keys() - left.keys()))
    short = [pk for pk in sorted(quantities) if not _is_enough(left.get(pk, 0), quantities[pk])]
    if not short:
        _add({pk: -quantities[pk] for pk, stock in left.items() if stock is not None})
    return short


def give_back_stock(*, quantities: Mapping[str, int]) -> None:
    """Put back, in the caller's transaction, what `take_stock` took."""
    _add({pk: quantities[pk] for pk in _locked(Product.objects.filter(pk__in=quantities).exclude(stock=None))})


def _locked(products: QuerySet[Product]) -> Stock:
    """Lock them; return what is left of each."""
    return dict(products.order_by("pk").select_for_update(no_key=True).values_list("pk", "stock"))


def _is_enough(stock: int | None, quantity: int) -> bool:
    return stock is None or stock >= quantity


def _add(units: Mapping[str, int]) -> None:
    if units:
        step = Case(*(When(pk=pk, then=Value(n)) for pk, n in units.items()), output_field=IntegerField())
        Product.objects.filter(pk__in=units).update(stock=F("stock") + step)
