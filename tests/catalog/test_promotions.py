"""The best promotion, and all fees."""

import pytest

from catalog.promotions import fees, order_discount
from tests.catalog.factories import FeeFactory, PromotionFactory

pytestmark = pytest.mark.django_db


class TestOrderDiscount:
    def test_is_nothing_without_a_promotion(self):
        assert order_discount(subtotal=10_000, currency="usd") == (0, "")

    def test_is_that_of_the_best_promotion(self, django_assert_num_queries):
        PromotionFactory.create(name="Five percent", rate_bps=500)
        PromotionFactory.create(name="Ten percent", rate_bps=1000)
        order_discount(subtotal=1, currency="usd")

        with django_assert_num_queries(1):
            assert order_discount(subtotal=10_000, currency="usd") == (1000, "Ten percent")

    def test_starts_at_the_minimum(self):
        PromotionFactory.create(minimum_amount=10_000)

        assert order_discount(subtotal=9_999, currency="usd") == (0, "")
        assert order_discount(subtotal=10_000, currency="usd") == (1000, "Spring sale")

    def test_is_rounded_down(self):
        PromotionFactory.create(rate_bps=3333)

        assert order_discount(subtotal=100, currency="usd") == (33, "Spring sale")

    @pytest.mark.parametrize("values", [{"is_active": False}, {"currency": "eur"}])
    def test_is_not_one_that_is_off_or_of_another_currency(self, values):
        PromotionFactory.create(**values)

        assert order_discount(subtotal=10_000, currency="usd") == (0, "")


class TestFees:
    def test_are_all_that_are_charged_in_the_currency(self, django_assert_num_queries):
        FeeFactory.create(name="Packaging", amount=100)
        FeeFactory.create(name="Handling", amount=250)
        FeeFactory.create(name="Bearbeitung", currency="eur")
        FeeFactory.create(name="Retired", is_active=False)

        assert fees(currency="usd") == [("Handling", 250), ("Packaging", 100)]
        with django_assert_num_queries(1):
            assert fees(currency="usd") == [("Handling", 250), ("Packaging", 100)]

    def test_are_everybodys_own_to_change(self):
        FeeFactory.create()

        fees(currency="usd").clear()

        assert fees(currency="usd") == [("Handling", 250)]
