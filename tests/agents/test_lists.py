"""Lists of what grows with every purchase: searched and counted without looking at all of it."""

import pytest
from django.contrib import admin
from django.core.paginator import InvalidPage

from agents import lists
from agents.lists import BoundedPaginator
from checkout.models import CheckoutSession, Order
from tests.caller import BUYER

pytestmark = pytest.mark.django_db


def found(admin_client, model, term):
    name = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    return list(admin_client.get(name, {"q": term}).context["cl"].queryset)


@pytest.fixture
def purchases(caller):
    """Ada's and Grace's."""
    for email in ("ada@example.com", "grace@example.com"):
        session = caller.ready("item_456", buyer=BUYER | {"email": email})
        caller.complete(session, caller.delegate(session))
    return list(Order.objects.order_by("created_at"))


class TestSearching:
    def test_finds_whole_words_however_old(self, admin_client, purchases, monkeypatch):
        monkeypatch.setattr(lists, "NEWEST", 0)
        ada, _ = purchases

        for term in (ada.number, ada.id, ada.session_id, ada.payment_id, "ada@example.com", " ada@example.com "):
            assert found(admin_client, Order, term) == [ada]
        for term in (ada.number, ada.id, ada.session_id, "ada@example.com"):
            assert found(admin_client, CheckoutSession, term) == [ada.session]

    def test_finds_parts_of_words_among_the_newest(self, admin_client, purchases, monkeypatch):
        ada, grace = purchases
        assert found(admin_client, Order, "ada@") == [ada]

        monkeypatch.setattr(lists, "NEWEST", 1)

        assert found(admin_client, Order, "ada@") == []
        assert found(admin_client, Order, "grace@") == [grace]

    def test_finds_nothing_where_there_is_nothing(self, admin_client, purchases):
        assert found(admin_client, Order, "nobody@example.com") == []

    def test_goes_with_the_filters(self, admin_client, purchases):
        ada, _ = purchases

        response = admin_client.get("/admin/checkout/order/", {"q": ada.number, "status__exact": "manual_review"})

        assert list(response.context["cl"].queryset) == []


class TestCounting:
    def rows(self, caller, count):
        for _ in range(count):
            caller.create()
        return BoundedPaginator(CheckoutSession.objects.order_by("-created_at"), per_page=2)

    def test_is_exact_as_far_as_anybody_reads(self, caller):
        paginator = self.rows(caller, 5)

        assert (paginator.count, paginator.num_pages) == (5, 3)

    def test_goes_no_further_than_that(self, caller, monkeypatch):
        monkeypatch.setattr(lists, "COUNTED", 4)
        paginator = self.rows(caller, 7)

        assert paginator.count >= 5
        assert paginator.num_pages == 2
        with pytest.raises(InvalidPage):
            paginator.page(3)


def test_lists_of_what_grows_are_such_lists():
    growing = "checkoutsession order payment refund event vaulttoken exchange idempotentrequest purchase transfer"
    pages = [page for model, page in admin.site._registry.items() if model._meta.model_name in growing.split()]

    assert len(pages) >= 10
    assert not [page for page in pages if page.paginator is not BoundedPaginator or page.date_hierarchy]
