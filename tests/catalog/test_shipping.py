"""What it costs to send an order, by the tables."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.destinations import Destination
from catalog.shipping import Parcel, TableShipping, shipping_source
from tests.catalog.factories import ShippingOptionFactory, ShippingRateFactory

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HEADPHONES = Parcel("item_123", 1, 7999)
SOFA = Parcel("sofa_123", 1, 199900, free_shipping=True)

pytestmark = pytest.mark.django_db


def quotes(country="US", state="CA", parcels=(HEADPHONES,), currency="usd"):
    destination = Destination(country=country, state=state, postal_code="94102", city="San Francisco")
    return TableShipping().quotes(destination=destination, parcels=parcels, currency=currency, now=NOW)


def test_settings_name_the_source():
    assert isinstance(shipping_source(), TableShipping)


def test_the_cheapest_comes_first():
    ShippingRateFactory.create(option__id="express_shipping", amount=1500)
    ShippingRateFactory.create(option__id="standard_shipping", amount=500)

    assert [(quote.id, quote.amount) for quote in quotes()] == [("standard_shipping", 500), ("express_shipping", 1500)]


def test_of_two_that_cost_the_same_the_faster_comes_first():
    ShippingRateFactory.create(option__id="slow", option__max_days=9)
    ShippingRateFactory.create(option__id="swift", option__max_days=4)

    assert [quote.id for quote in quotes()] == ["swift", "slow"]


def test_an_option_says_when_it_arrives_and_what_else_it_is_called():
    ShippingRateFactory.create(option__id="standard_shipping", option__aliases=["shipping_standard"])

    (quote,) = quotes()

    assert (quote.earliest, quote.latest) == (NOW + timedelta(days=3), NOW + timedelta(days=7))
    assert (quote.id, quote.aliases) == ("standard_shipping", ("shipping_standard",))


def test_the_rate_of_the_smallest_place_holds():
    option = ShippingOptionFactory.create()
    ShippingRateFactory.create(option=option, state="HI", amount=1200)
    ShippingRateFactory.create(option=option, country="*", amount=3000)
    ShippingRateFactory.create(option=option, amount=500)

    assert [quote.amount for quote in quotes(state="HI")] == [1200]
    assert [quote.amount for quote in quotes(state="CA")] == [500]
    assert [quote.amount for quote in quotes(country="NZ")] == [3000]


def test_we_do_not_ship_where_there_is_no_rate():
    ShippingRateFactory.create(country="US")

    assert quotes(country="AQ") == []


def test_we_do_not_ship_in_a_currency_without_a_rate():
    ShippingRateFactory.create(currency="usd")

    assert quotes(currency="eur") == []


def test_an_option_that_is_off_is_not_offered():
    ShippingRateFactory.create(option__is_active=False)

    assert quotes() == []


class TestFreeShipping:
    @pytest.fixture(autouse=True)
    def options(self):
        ShippingRateFactory.create(option__id="standard_shipping", option__honors_free_shipping=True, amount=500)
        ShippingRateFactory.create(option__id="express_shipping", amount=1500)

    def test_costs_nothing_by_an_option_that_honors_it(self):
        assert [quote.amount for quote in quotes(parcels=[SOFA])] == [0, 1500]

    def test_needs_every_product_to_ship_free(self):
        assert [quote.amount for quote in quotes(parcels=[SOFA, HEADPHONES])] == [500, 1500]


def test_is_one_query_however_many_options_and_parcels(django_assert_num_queries):
    ShippingRateFactory.create_batch(10)
    quotes()

    with django_assert_num_queries(1):
        assert len(quotes(parcels=[HEADPHONES] * 10)) == 10
