"""What is owed, by the tables, to the last minor unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.destinations import Destination
from catalog.taxes import TableTaxes, Taxable, shares, tax_source
from tests.catalog.factories import TaxRateFactory

NEW_YORK = Destination(country="US", state="NY")
amounts = st.integers(0, 10**12)
bps = st.integers(0, 10_000)


def goods(amount, **kwargs):
    return Taxable("goods", amount, **kwargs)


def shipping(amount):
    return Taxable("shipping", amount)


def rounded(exact):
    return (exact + 5_000) // 10_000


class TestShares:
    def test_of_three_equal_goods_lose_no_minor_unit(self):
        # 10 % of 3 × 105 is 31.5: rounded one by one it would be 33.
        assert shares([goods(105)] * 3, goods_bps=1000, shipping_bps=0) == [11, 10, 11]

    def test_tax_goods_and_shipping_at_their_own_rates(self):
        assert shares([goods(10_000), shipping(500)], goods_bps=700, shipping_bps=2000) == [700, 100]

    def test_leave_out_what_is_exempt(self):
        assert shares([goods(10_000, exempt=True), goods(10_000)], goods_bps=1000, shipping_bps=0) == [0, 1000]

    def test_are_the_same_wherever_shipping_stands_in_the_list(self):
        assert shares([shipping(500), goods(7999)], goods_bps=888, shipping_bps=888) == [45, 710]

    @given(st.lists(amounts, max_size=20), amounts, amounts, bps, bps)
    def test_add_up_to_the_tax_of_the_order_by_whichever_way_it_is_shipped(
        self, lines, standard, express, first, second
    ):
        order = [*(goods(amount) for amount in lines), shipping(standard), shipping(express)]

        *of_goods, of_standard, of_express = shares(order, goods_bps=first, shipping_bps=second)

        assert sum(of_goods) + of_standard == rounded(sum(lines) * first + standard * second)
        assert sum(of_goods) + of_express == rounded(sum(lines) * first + express * second)

    @given(st.lists(amounts, max_size=20), bps)
    def test_are_never_negative_nor_a_whole_unit_from_exact(self, lines, rate):
        parts = shares([goods(amount) for amount in lines], goods_bps=rate, shipping_bps=0)

        assert all(part >= 0 for part in parts)
        assert all(abs(part * 10_000 - amount * rate) < 10_000 for part, amount in zip(parts, lines, strict=True))


@pytest.mark.django_db
class TestTableTaxes:
    def test_is_the_source_that_settings_name(self):
        assert isinstance(tax_source(), TableTaxes)

    def test_takes_nothing_without_a_destination(self, django_assert_num_queries):
        TaxRateFactory.create(country="*")

        with django_assert_num_queries(0):
            assert TableTaxes().taxes(destination=None, taxables=[goods(10_000), shipping(500)]) == [0, 0]

    def test_takes_nothing_where_there_is_no_rate(self):
        assert TableTaxes().taxes(destination=NEW_YORK, taxables=[goods(10_000)]) == [0]

    def test_asks_the_rate_of_the_smallest_place(self):
        TaxRateFactory.create(country="US", state="NY", goods_bps=888, shipping_bps=400)
        TaxRateFactory.create(country="US", goods_bps=100)
        TaxRateFactory.create(country="*", goods_bps=2000)

        assert TableTaxes().taxes(destination=NEW_YORK, taxables=[goods(10_000), shipping(1000)]) == [888, 40]

    def test_is_one_query_however_many_goods(self, django_assert_num_queries):
        TaxRateFactory.create(state="NY", goods_bps=1000)
        TableTaxes().taxes(destination=NEW_YORK, taxables=[goods(100)])

        with django_assert_num_queries(1):
            assert TableTaxes().taxes(destination=NEW_YORK, taxables=[goods(100)] * 50) == [10] * 50
