"""What must never be true of a catalogue, and what is read from it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from catalog.destinations import Destination
from catalog.models import Product, TaxRate
from tests.catalog.factories import (
    FeeFactory,
    ProductFactory,
    PromotionFactory,
    ShippingOptionFactory,
    ShippingRateFactory,
    TaxRateFactory,
)


class TestProduct:
    @pytest.mark.parametrize(
        ("stock", "status"),
        [(None, "in_stock"), (6, "in_stock"), (5, "low_stock"), (1, "low_stock"), (0, "out_of_stock")],
    )
    def test_says_how_available_it_is(self, stock, status):
        assert ProductFactory.build(stock=stock).availability_status == status

    def test_has_images_under_this_servers_address(self, settings):
        settings.PUBLIC_URL = "https://shop.example"
        product = ProductFactory.build(images=["/static/catalog/a.svg", "https://cdn.example/b.jpg"])

        assert product.image_urls == ["https://shop.example/static/catalog/a.svg", "https://cdn.example/b.jpg"]

    @pytest.mark.django_db
    def test_that_is_inactive_is_not_among_the_active(self):
        ProductFactory.create(is_active=False)
        on_sale = ProductFactory.create()

        assert list(Product.objects.active()) == [on_sale]


@pytest.mark.django_db
class TestConstraints:
    @pytest.mark.parametrize(
        ("factory", "values", "name"),
        [
            (
                ProductFactory,
                {"unit_amount": 100, "discount_amount": 101},
                "product_discount_is_part_of_its_unit_amount",
            ),
            (ProductFactory, {"discount_amount": -1}, "product_discount_is_part_of_its_unit_amount"),
            (ProductFactory, {"unit_amount": -1}, "product_discount_is_part_of_its_unit_amount"),
            (ProductFactory, {"currency": "USD"}, "product_currency_is_lowercase"),
            (ProductFactory, {"max_quantity_per_order": 0}, "product_can_be_ordered_at_least_once"),
            (ShippingOptionFactory, {"min_days": 2, "max_days": 1}, "shipping_option_earliest_day_comes_first"),
            (ShippingRateFactory, {"amount": -1}, "shipping_rate_is_not_negative"),
            (ShippingRateFactory, {"currency": "USD"}, "shipping_rate_currency_is_lowercase"),
            (ShippingRateFactory, {"country": "*", "state": "NY"}, "shippingrate_with_a_state_names_its_country"),
            (TaxRateFactory, {"country": "*", "state": "NY"}, "taxrate_with_a_state_names_its_country"),
            (TaxRateFactory, {"goods_bps": 10_001}, "tax_rate_takes_at_most_everything"),
            (PromotionFactory, {"rate_bps": 0}, "promotion_takes_off_a_part_of_the_order"),
            (PromotionFactory, {"rate_bps": 10_001}, "promotion_takes_off_a_part_of_the_order"),
            (PromotionFactory, {"minimum_amount": -1}, "promotion_minimum_is_not_negative"),
            (FeeFactory, {"amount": 0}, "fee_costs_something"),
        ],
    )
    def test_refuse_what_must_never_be_true(self, factory, values, name):
        with pytest.raises(IntegrityError, match=name):
            factory(**values)

    def test_stock_never_goes_below_zero(self):
        with pytest.raises(IntegrityError):
            ProductFactory.create(stock=-1)

    def test_a_place_is_taxed_by_one_rate(self):
        TaxRateFactory.create(state="NY")

        with pytest.raises(IntegrityError):
            TaxRateFactory.create(state="NY")

    def test_an_option_costs_one_amount_per_place_and_currency(self):
        rate = ShippingRateFactory.create()
        ShippingRateFactory.create(option=rate.option, currency="eur")

        with pytest.raises(IntegrityError):
            ShippingRateFactory.create(option=rate.option)


class TestWhatStaffType:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("id", "two words"),
            ("id", "item_1\n"),
            ("currency", "usdollar"),
            ("images", ["picture.jpg"]),
            ("images", "/static/a.svg"),
            ("tags", [1]),
            ("disclosures", [{"type": "disclaimer", "content_type": "html", "content": "<b>"}]),
            ("custom_attributes", [{"display_name": "Size"}]),
            ("variant_options", [{"name": "Color", "value": "Blue", "hex": "#00f"}]),
        ],
    )
    def test_is_refused_in_the_form_if_no_agent_could_read_it(self, field, value):
        with pytest.raises(ValidationError) as refusal:
            ProductFactory.build(**{field: value}).clean_fields()

        assert list(refusal.value.message_dict) == [field]

    def test_is_told_where_it_is_wrong(self):
        with pytest.raises(ValidationError, match=r"\[0\]\['value'\]: Field required"):
            ProductFactory.build(custom_attributes=[{"display_name": "Size"}]).clean_fields()


@pytest.mark.django_db
def test_a_place_is_found_by_its_state_its_country_and_anywhere():
    state = TaxRateFactory.create(state="NY")
    country = TaxRateFactory.create()
    anywhere = TaxRateFactory.create(country="*")
    TaxRateFactory.create(state="TX")
    TaxRateFactory.create(country="CA")

    found = TaxRate.objects.for_destination(Destination(country="US", state="NY"))

    assert sorted(found, key=lambda rate: rate.precision) == [anywhere, country, state]
