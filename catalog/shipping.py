"""What it costs to send an order, asked through one small protocol.

A merchant who asks a carrier instead of the tables names a class of their own in SHIPPING_SOURCE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from catalog.destinations import Destination
from catalog.editions import remembered
from catalog.models import ShippingRate

__all__ = ["Destination", "Parcel", "ShippingQuote", "ShippingSource", "TableShipping", "shipping_source"]


@dataclass(frozen=True)
class Parcel:
    """Physical goods of one line. `subtotal_amount` is for all units of it, in minor units."""

    product_id: str
    quantity: int
    subtotal_amount: int
    free_shipping: bool = False


@dataclass(frozen=True)
class ShippingQuote:
    """One way to send an order. `amount` is for the whole order, in minor units, before tax."""

    id: str
    aliases: tuple[str, ...]
    title: str
    description: str
    carrier: str
    amount: int
    earliest: datetime
    latest: datetime


class ShippingSource(Protocol):
    """Someone who knows what shipping costs."""

    def quotes(
        self, *, destination: Destination, parcels: Sequence[Parcel], currency: str, now: datetime
    ) -> list[ShippingQuote]:
        """Every way to send `parcels`, cheapest first. None at all: we do not ship there in this currency."""
        ...


@remembered
def _rates(country: str, state: str, currency: str) -> list[ShippingRate]:
    """Of each option, that of the smallest place."""
    rates = (
        ShippingRate.objects.for_destination(Destination(country=country, state=state))
        .filter(currency=currency, option__is_active=True)
        .select_related("option")
    )
    best = {rate.option_id: rate for rate in sorted(rates, key=lambda rate: rate.precision)}
    return list(best.values())


class TableShipping:
    """The shipping options and rates that staff keep."""

    def quotes(
        self, *, destination: Destination, parcels: Sequence[Parcel], currency: str, now: datetime
    ) -> list[ShippingQuote]:
        rates = _rates(destination.country, destination.state, currency)
        ships_free = bool(parcels) and all(parcel.free_shipping for parcel in parcels)
        quotes = [_quote(rate, ships_free, now) for rate in rates]
        return sorted(quotes, key=lambda quote: (quote.amount, quote.latest, quote.id))


def shipping_source() -> ShippingSource:
    """The source that settings name."""
    return import_string(settings.SHIPPING_SOURCE)()


def _quote(rate: ShippingRate, ships_free: bool, now: datetime) -> ShippingQuote:
    option = rate.option
    return ShippingQuote(
        id=option.id,
        aliases=tuple(option.aliases),
        title=option.title,
        description=option.description,
        carrier=option.carrier,
        amount=0 if ships_free and option.honors_free_shipping else rate.amount,
        earliest=now + timedelta(days=option.min_days),
        latest=now + timedelta(days=option.max_days),
    )
