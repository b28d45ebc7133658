"""The demo shop has what the seeds buy; a file with a mistake changes nothing."""

from datetime import UTC, datetime

import pytest
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.destinations import Destination
from catalog.models import Product, ShippingRate, TaxRate
from catalog.shipping import Parcel, TableShipping

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def shipping(product_id, country="US", state="CA"):
    product = Product.objects.get(pk=product_id)
    parcel = Parcel(product.id, 1, product.unit_amount, free_shipping=product.free_shipping)
    destination = Destination(country=country, state=state)
    quotes = TableShipping().quotes(destination=destination, parcels=[parcel], currency=product.currency, now=NOW)
    return {quote.id: quote.amount for quote in quotes}


class TestTheDemoShop:
    @pytest.fixture(autouse=True)
    def shop(self):
        call_command("seed_catalog", verbosity=0)

    @pytest.mark.parametrize(
        ("product_id", "unit_amount"),
        [("item_123", 7999), ("test", 5000), ("sofa_123", 199900), ("laptop_pro_16_inch", 349900)],
    )
    def test_sells_what_the_seeds_buy(self, product_id, unit_amount):
        product = Product.objects.get(pk=product_id)

        assert (product.unit_amount, product.currency) == (unit_amount, "usd")

    def test_has_what_each_story_needs(self):
        assert {"item_456", "item_789"} <= set(Product.objects.values_list("pk", flat=True))
        assert Product.objects.get(pk="out_of_stock_item").availability_status == "out_of_stock"
        assert Product.objects.get(pk="ebook_123").is_digital

    def test_sends_headphones_to_california_for_less_than_their_allowance(self):
        assert shipping("item_123") == {"standard_shipping": 500, "express_shipping": 1500}
        assert not TaxRate.objects.for_destination(Destination(country="US", state="CA")).exists()

    def test_sends_a_sofa_for_nothing(self):
        assert shipping("sofa_123") == {"standard_shipping": 0, "express_shipping": 1500}

    def test_does_not_ship_everywhere(self):
        assert shipping("item_123", country="AQ", state="") == {}

    def test_has_a_picture_of_everything(self):
        images = [image for product in Product.objects.all() for image in product.images]

        assert len(images) == Product.objects.count()
        assert all(finders.find(image.removeprefix("/static/")) for image in images)

    def test_is_the_same_when_seeded_again(self):
        def rows():
            return [list(model.objects.order_by("pk").values()) for model in (Product, ShippingRate, TaxRate)]

        before = rows()

        call_command("seed_catalog", verbosity=0)

        assert rows() == before

    def test_is_not_written_again(self):
        with CaptureQueriesContext(connection) as asked:
            call_command("seed_catalog", verbosity=0)

        assert not [query["sql"] for query in asked if query["sql"].startswith(("INSERT", "UPDATE"))]

    def test_keeps_what_was_sold_unless_it_is_restocked(self):
        Product.objects.filter(pk="item_456").update(stock=7, title="Renamed")

        call_command("seed_catalog", verbosity=0)
        assert Product.objects.get(pk="item_456").stock == 7
        assert Product.objects.get(pk="item_456").title == "Walnut Headphone Stand"

        call_command("seed_catalog", "--restock", verbosity=0)
        assert Product.objects.get(pk="item_456").stock == 120


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("product = [{ id = 'mug', title = 'Mug' }]", "mug: .*unit_amount"),
        ("product = [{ id = 'mug', title = 'Mug', unit_amount = 900, price = 9 }]", "mug: .*price"),
        ("product = [{ id = 'mug', title = 'Mug', unit_amount = 9, discount_amount = 10 }]", "mug: .*discount"),
        ("shipping_rate = [{ option_id = 'by_owl', country = 'US', amount = 1 }]", "by_owl"),
        ("[product]\nid = 'mug'", "not one of"),
        ("[[products]]\nid = 'mug'", "not one of"),
        ("product = [", "Invalid value"),
    ],
)
def test_a_file_with_a_mistake_is_refused_whole(tmp_path, text, complaint):
    file = tmp_path / "shop.toml"
    file.write_text(text)

    with pytest.raises(CommandError, match=complaint):
        call_command("seed_catalog", str(file))

    assert not Product.objects.exists()


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("seed_catalog", str(tmp_path / "shop.toml"))
