"""What staff can do to the catalogue, and what they can't undo by accident."""

import pytest
from django.contrib.admin.utils import quote
from django.urls import reverse

from catalog.models import Product
from tests.catalog.factories import (
    FeeFactory,
    ProductFactory,
    PromotionFactory,
    ShippingRateFactory,
    TaxRateFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    return [
        ProductFactory.create(stock=3),
        ShippingRateFactory.create().option,
        TaxRateFactory.create(),
        PromotionFactory.create(),
        FeeFactory.create(),
    ]


def form_of(response):
    """What a browser would send back: every field of the form as it was shown."""
    form = response.context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in shown.items() if value is not None and value is not False}


def test_every_list_and_form_opens(admin_client, rows):
    for row in rows:
        name = f"admin:catalog_{row._meta.model_name}"

        assert admin_client.get(reverse(f"{name}_changelist")).status_code == 200
        assert admin_client.get(reverse(f"{name}_add")).status_code == 200
        assert admin_client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


def test_lists_do_not_ask_more_for_more_products(admin_client, django_assert_max_num_queries):
    ProductFactory.create_batch(30)

    with django_assert_max_num_queries(10):
        admin_client.get(reverse("admin:catalog_product_changelist"))


def test_units_sold_while_a_form_was_open_stay_sold(admin_client):
    product = ProductFactory.create(stock=10)
    url = reverse("admin:catalog_product_change", args=[quote(product.pk)])
    page = admin_client.get(url)
    Product.objects.update(stock=4)

    assert b'name="initial-stock" value="10"' in page.content
    admin_client.post(url, form_of(page) | {"initial-stock": "10", "title": "Renamed"})

    product.refresh_from_db()
    assert (product.title, product.stock) == ("Renamed", 4)


def test_stock_can_be_counted_anew(admin_client):
    product = ProductFactory.create(stock=10)
    url = reverse("admin:catalog_product_change", args=[quote(product.pk)])

    admin_client.post(url, form_of(admin_client.get(url)) | {"initial-stock": "10", "stock": "25"})

    product.refresh_from_db()
    assert product.stock == 25


def test_a_product_can_be_added(admin_client):
    url = reverse("admin:catalog_product_add")
    form = form_of(admin_client.get(url)) | {"id": "mug", "title": "Mug", "unit_amount": "900"}

    admin_client.post(url, form)

    assert Product.objects.get().pk == "mug"
