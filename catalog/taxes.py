"""What a destination takes of an order, asked through one small protocol.

A merchant with a tax service names a class of their own in TAX_SOURCE. An order is goods and one way to ship them, of
which the buyer picks one later: so the goods share one sum, and each way to ship is taxed as if it were the one.
Whichever is picked, its tax and the goods' add up to the tax of the order, rounded once. (Parts rounded one by one
would add up to a cent more or less.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from catalog.destinations import Destination
from catalog.editions import remembered
from catalog.models import WHOLE_BPS, TaxRate


@dataclass(frozen=True)
class Taxable:
    """Goods of an order, or one way to ship them. `amount` is in minor units, after discounts."""

    kind: Literal["goods", "shipping"]
    amount: int
    exempt: bool = False


class TaxSource(Protocol):
    """Someone who knows what is owed."""

    def taxes(self, *, destination: Destination | None, taxables: Sequence[Taxable]) -> list[int]:
        """The tax on each of `taxables`, in minor units. Without a destination yet, nothing."""
        ...


@remembered
def _rate(country: str, state: str) -> TaxRate | None:
    """That of the smallest place."""
    rates = TaxRate.objects.for_destination(Destination(country=country, state=state))
    return max(rates, key=lambda rate: rate.precision, default=None)


class TableTaxes:
    """The tax rates that staff keep."""

    def taxes(self, *, destination: Destination | None, taxables: Sequence[Taxable]) -> list[int]:
        rate = _rate(destination.country, destination.state) if destination else None
        if rate is None:
            return [0] * len(taxables)
        return shares(taxables, goods_bps=rate.goods_bps, shipping_bps=rate.shipping_bps)


def tax_source() -> TaxSource:
    """The source that settings name."""
    return import_string(settings.TAX_SOURCE)()


def shares(taxables: Sequence[Taxable], *, goods_bps: int, shipping_bps: int) -> list[int]:
    """The tax on each of `taxables`: what it adds to the rounded tax of the goods before it, or of all goods."""
    bps = {"goods": goods_bps, "shipping": shipping_bps}
    exact = [0 if taxable.exempt else taxable.amount * bps[taxable.kind] for taxable in taxables]
    goods = sum(part for part, taxable in zip(exact, taxables, strict=True) if taxable.kind == "goods")
    parts, seen = [], 0
    for part, taxable in zip(exact, taxables, strict=True):
        before = seen if taxable.kind == "goods" else goods
        parts.append(_rounded(before + part) - _rounded(before))
        if taxable.kind == "goods":
            seen += part
    return parts


def _rounded(exact: int) -> int:
    """Ten-thousandths of a minor unit as minor units, half up."""
    return (exact + WHOLE_BPS // 2) // WHOLE_BPS
