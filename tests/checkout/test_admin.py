"""What staff see of a purchase, and how they get from each part of it to the others."""

import pytest
from django.contrib.admin.utils import quote
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checkout.models import CheckoutSession, LineItem, Order
from payments.models import Payment
from tests.caller import BUYER
from vault.models import VaultToken


def url_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])


def list_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.fixture
def read(admin_client):
    """The text of an admin page."""

    def page(url, **query):
        response = admin_client.get(url, query)
        assert response.status_code == 200
        return response.content.decode()

    return page


@pytest.fixture
def order(caller):
    session = caller.ready("item_456", "item_789")
    caller.complete(session, caller.delegate(session))
    return Order.objects.get()


def leads_to(page, *rows):
    return all(f'href="{url_of(row)}"' in page for row in rows)


class TestASession:
    def test_is_told_in_lines_not_in_json(self, read, order):
        page = read(url_of(order.session))

        for seen in ("Ada Lovelace", "12 St James&#x27;s Square", "Standard Shipping · USPS", "Delivery: $5.00"):
            assert seen in page
        told = page.split("data-exchanges")[0] + page.split("</ol>")[-1]  # the calls are told in JSON, as they were
        assert "line_one" not in told
        assert "display_text" not in told

    def test_leads_to_all_that_came_of_it(self, read, order):
        page = read(url_of(order.session))

        assert leads_to(page, order, order.agent, order.payment, order.payment.vault_token)
        assert "consumed, Visa ending in 4242" in page

    def test_shows_its_lines_and_leads_to_their_products(self, read, order):
        page = read(url_of(order.session))

        assert leads_to(page, *[line.product for line in order.session.line_items.all()])
        assert "-$3.00" in page

    def test_says_why_it_was_not_paid(self, read, caller):
        session = caller.ready()
        caller.complete(session, caller.delegate(session, number="4000000000009995"))

        page = read(url_of(CheckoutSession.objects.get()))

        assert f"declined $84.99 {Payment.objects.get().decline_message}" in page
        assert "payment_declined: " in page
        assert leads_to(page, Payment.objects.get(), VaultToken.objects.get())

    def test_with_nothing_yet_still_has_a_page(self, read, caller):
        caller.create()

        assert "missing: An address is needed" in read(url_of(CheckoutSession.objects.get()))

    def test_is_found_by_its_buyer(self, read, caller):
        mine, other = caller.ready(), caller.ready(buyer=BUYER | {"email": "grace@example.com"})

        page = read(list_of(CheckoutSession), q="grace@")

        assert other["id"] in page
        assert mine["id"] not in page


class TestAnOrder:
    def test_leads_to_how_it_was_paid_and_to_the_buyers_page(self, read, order):
        page = read(url_of(order))

        assert leads_to(page, order.session, order.agent, order.payment, order.payment.vault_token)
        assert f'href="/orders/{order.id}"' in page

    def test_says_what_was_bought_and_where_it_goes(self, read, order):
        page = read(url_of(order))

        for seen in (
            order.number,
            "Confirmed",
            "1 × Walnut Headphone Stand",
            "Total: $52.00",
            "San Francisco, CA 94105",
        ):
            assert seen in page

    def test_without_a_payment_has_a_page_too(self, read, order):
        Order.objects.update(payment=None)

        assert "none" in read(url_of(order))

    def test_is_found_by_its_number_and_its_buyer(self, read, order):
        assert order.number in read(list_of(Order), q=order.number)
        assert order.number in read(list_of(Order), q="ada@example.com")
        assert order.number not in read(list_of(Order), q="grace@example.com")


def test_a_payment_leads_back_to_all_that_hangs_on_it(read, order):
    page = read(url_of(order.payment))

    assert leads_to(page, order, order.session, order.agent, order.payment.vault_token)
    assert "$52.00" in page


def test_a_token_leads_to_the_payment_that_used_it(read, order):
    page = read(url_of(order.payment.vault_token))

    assert leads_to(page, order.payment, order.agent)


@pytest.mark.parametrize("model", [CheckoutSession, Order])
def test_staff_change_nothing(admin_client, order, model):
    row = model.objects.get()

    assert admin_client.post(url_of(row), {"status": "canceled"}).status_code == 403
    assert admin_client.post(url_of(row).replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert admin_client.get(list_of(model) + "add/").status_code == 403


@pytest.mark.parametrize("model", [CheckoutSession, Order])
def test_a_list_asks_no_more_for_thirty_rows_than_for_three(admin_client, caller, model):
    def questions(rows):
        while model.objects.count() < rows:
            session = caller.ready()
            caller.complete(session, caller.delegate(session))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert admin_client.get(list_of(model)).content.decode().count("<tr") >= rows
        return len(asked)

    for_three = questions(3)

    assert questions(30) == for_three <= 10


@pytest.mark.parametrize("model", [CheckoutSession, Order])
def test_a_page_asks_no_more_for_more_lines(admin_client, caller, model):
    def questions(*item_ids):
        session = caller.ready(*item_ids)
        caller.complete(session, caller.delegate(session))
        row = model.objects.order_by("created_at").last()
        with CaptureQueriesContext(connection) as asked:
            admin_client.get(url_of(row))
        return len(asked)

    for_one = questions("item_123")

    assert questions("item_123", "item_456", "item_789", "test", "ebook_123") == for_one <= 24


def test_markup_in_what_people_wrote_stays_text(read, caller):
    address = {
        "name": "<b>x</b>",
        "line_one": "<b>y</b>",
        "city": "a",
        "state": "CA",
        "country": "US",
        "postal_code": "1",
    }
    caller.ready(fulfillment_details={"address": address}, buyer=BUYER | {"first_name": "<b>z</b>"})
    LineItem.objects.update(title="<b>t</b>")

    page = read(url_of(CheckoutSession.objects.get()))

    assert "&lt;b&gt;y&lt;/b&gt;" in page
    assert "<b>" not in page


CONFIRMED = {"_form_submitted": "on"}


class TestStaff:
    @pytest.fixture
    def press(self, admin_client, order):
        def press(name, **fields):
            url = reverse(f"admin:checkout_order_{name}", args=[quote(order.pk)])
            return admin_client.post(url, CONFIRMED | fields, follow=True).content.decode()

        return press

    def test_ship_some_lines(self, press, order):
        stand, _ = order.session.line_items.order_by("position")
        page = press("ship", **{f"quantity_{stand.id}": "1", "carrier": "UPS", "tracking_number": "1Z9"})

        assert "1 × Walnut Headphone Stand · UPS 1Z9" in page
        assert "Processing" in page

    def test_mark_delivered_and_take_back(self, press, order):
        stand, cable = order.session.line_items.order_by("position")
        press("ship", **{f"quantity_{line.id}": "1" for line in (stand, cable)})
        press("deliver")
        page = press("take_back", **{f"quantity_{stand.id}": "1", "reason": "defective", "attempt": "form_1"})

        assert "Returned 1 × Walnut Headphone Stand" in page
        assert "Refund $35.00 refunded" in page
        assert order.fulfillments.get().status == "delivered"

    def test_cancel(self, press, order):
        stand, _ = order.session.line_items.order_by("position")

        assert "Canceled 1 × Walnut" in press("cancel", **{f"quantity_{stand.id}": "1", "attempt": "form_1"})

    def test_cannot_send_more_than_there_is(self, press, order):
        stand, _ = order.session.line_items.order_by("position")
        press("ship", **{f"quantity_{stand.id}": "2"})

        assert not order.fulfillments.exists()

    def test_are_told_why_something_is_refused(self, press):
        assert "Nothing of this order is left to be sent" in press("grant")

    def test_refund_once_however_often_they_click(self, press, order):
        for _ in range(2):
            press("give_back", amount="10", attempt="form_1")

        assert order.payment.refunds.count() == 1

    def test_read_the_order_as_any_version_shows_it(self, read, order):
        assert "&quot;refunds&quot;: []" in read(url_of(order), version="2025-09-29")
        assert "&quot;line_items&quot;" in read(url_of(order), version="2026-04-17")
        assert "&quot;line_items&quot;" in read(url_of(order), version="nonsense")

    def test_see_what_the_agent_was_told(self, read, order):
        event = order.agent.events.get()

        assert leads_to(read(url_of(order)), event)
        assert order.id in read(url_of(event))
