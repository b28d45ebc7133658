"""Rows of a catalogue, as staff would have typed them."""

from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from catalog.models import Fee, Product, Promotion, ShippingOption, ShippingRate, TaxRate


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    id = Sequence(lambda n: f"item_{n}")
    title = "Walnut Headphone Stand"
    unit_amount = 3500


class ShippingOptionFactory(DjangoModelFactory[ShippingOption]):
    class Meta:
        model = ShippingOption

    id = Sequence(lambda n: f"option_{n}")
    title = "Standard Shipping"
    min_days = 3
    max_days = 7


class ShippingRateFactory(DjangoModelFactory[ShippingRate]):
    class Meta:
        model = ShippingRate

    option = SubFactory(ShippingOptionFactory)
    country = "US"
    amount = 500


class TaxRateFactory(DjangoModelFactory[TaxRate]):
    class Meta:
        model = TaxRate

    country = "US"
    goods_bps = 825
    shipping_bps = 825


class PromotionFactory(DjangoModelFactory[Promotion]):
    class Meta:
        model = Promotion

    name = "Spring sale"
    rate_bps = 1000


class FeeFactory(DjangoModelFactory[Fee]):
    class Meta:
        model = Fee

    name = "Handling"
    amount = 250
