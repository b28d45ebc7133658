"""Lists of what grows with every purchase: searched and counted without looking at all of it."""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.paginator import InvalidPage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents import lists
from agents.lists import BoundedPaginator, LongList
from checkout.models import CheckoutSession, Order
from coins.models import Customer, Purchase, Transfer
from ocp.models import Context
from payments.models import Payment
from spt.models import SharedPaymentToken
from tests.caller import BUYER, total_of
from tests.coins.conftest import packages  # noqa: F401
from tests.coins.factories import an_account, buy
from tests.spt.conftest import issued

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


class TestFollowingCoinsAndSharedTokens:
    """Found by the whole of a name, however old, and linked to what belongs to them."""

    @pytest.fixture(autouse=True)
    def _only_by_names(self, monkeypatch):
        monkeypatch.setattr(lists, "NEWEST", 0)

    def test_from_an_email_to_purchase_payment_and_transfer(self, admin_client, agent, packages):  # noqa: F811
        customer = an_account(agent, email="ada@example.com")
        purchase = buy(customer)
        an_account(agent, email="grace@example.com")

        for term in ("ada@example.com", customer.id, customer.stripe_customer_id):
            assert found(admin_client, Customer, term) == [customer]
        for named in ("ada@example.com", purchase.id, purchase.payment_id):
            assert found(admin_client, Purchase, named) == [purchase]
        for named in (customer.id, purchase.id, purchase.transfer_id):
            assert found(admin_client, Transfer, named) == [purchase.transfer]

        assert leads_to(admin_client, purchase, purchase.payment, purchase.transfer, customer)
        assert leads_to(admin_client, purchase.payment, purchase)
        assert leads_to(admin_client, purchase.transfer, purchase, customer)

    def test_from_a_payment_to_its_shared_token_and_back_to_the_session(self, admin_client, caller):
        session = caller.ready()
        token = issued(total_of(session))
        caller.complete(session, token.id)
        payment = Payment.objects.get(reference=session["id"])

        for term in (token.id, payment.processor_id):
            assert found(admin_client, SharedPaymentToken, term) == [token]
        assert leads_to(admin_client, Order.objects.get(), payment)
        assert leads_to(admin_client, payment, token)
        assert leads_to(admin_client, token, CheckoutSession.objects.get())


def leads_to(admin_client, row, *others) -> bool:
    page = admin_client.get(page_of(row)).content.decode()
    return all(f'href="{page_of(other)}"' in page for other in others)


def page_of(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])


@pytest.mark.parametrize("room", ["coins_customer", "coins_purchase", "coins_transfer", "ocp_context"])
def test_a_list_asks_no_more_for_more_rows(admin_client, agent, packages, room):  # noqa: F811
    def happens(number):
        buy(an_account(agent, email=f"buyer{number}@example.com"))
        Context.objects.create(owner=agent.pk, context_id=f"context-{number}", dialect="headers")

    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert admin_client.get(reverse(f"admin:{room}_changelist")).status_code == 200
        return len(asked)

    happens(0)
    for_one = questions()
    for number in range(1, 6):
        happens(number)

    assert questions() <= for_one <= 12


def test_lists_of_what_grows_are_such_lists():
    """All but those that staff keep themselves."""
    short = "agent apikey endpoint product shippingoption taxrate promotion fee package webhookendpoint user group"
    plain = {model._meta.model_name for model, page in admin.site._registry.items() if not isinstance(page, LongList)}

    assert plain <= set(short.split())
    assert not [page for page in admin.site._registry.values() if page.date_hierarchy]
