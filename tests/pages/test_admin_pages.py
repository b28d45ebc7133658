"""Staff sign in, see how the counter is doing, follow one purchase by clicking, and give its money back."""

import re

import pytest
from django.contrib.admin.utils import quote
from django.core.cache import cache
from django.urls import reverse

from agents.models import Exchange
from payments.hearing import hear
from payments.models import Event, Refund
from payments.processors import base
from vault.models import VaultToken

on_both_sizes = pytest.mark.parametrize("size", ["desktop", "phone"])


@pytest.fixture(autouse=True)
def _fresh():
    """Figures are shown again for a while; of another test's they would tell."""
    cache.clear()


@pytest.fixture
def staff(visitor, admin_client):
    """A visitor who is signed in."""
    session = {"name": "sessionid", "value": admin_client.cookies["sessionid"].value, "url": visitor.url}
    visitor.page.context.add_cookies([session])
    return visitor


def follow(staff, name, leads_to):
    staff.page.get_by_role("link", name=name, exact=True).first.click()
    staff.page.wait_for_url(f"**{leads_to}**")


def test_staff_sign_in(visitor, admin_user):
    visitor.open("/admin/")
    visitor.page.get_by_label("Username").fill("admin")
    visitor.page.get_by_label("Password").fill("password")
    visitor.page.get_by_role("button", name="Log in").click()
    visitor.page.get_by_role("heading", name="How is the counter doing?").wait_for()

    assert visitor.sees("Checkout sessions", "Orders", "Payments", "Vault tokens", "Products", "Agents")


@on_both_sizes
def test_the_front_page_tells_how_the_counter_is_doing(staff, buy, accessible):
    buy("item_123")

    staff.open("/admin/")

    assert staff.sees("Sessions begun 1", "Completion rate 100.0 %", "Revenue $84.99", "Tokens issued 1")
    assert staff.sees("Sessions by day", "Declines by reason", "Needs a human 0")
    assert staff.page.locator("canvas.chart").count() >= 6
    assert not staff.scrolls_sideways()
    assert accessible(staff.page)


def test_the_front_page_looks_at_other_days(staff, buy):
    buy("item_123")
    staff.open("/admin/")

    staff.page.get_by_role("textbox", name="From").fill("2020-01-01")
    staff.page.get_by_role("textbox", name="To").fill("2020-01-31")
    staff.page.get_by_role("button", name="Show").click()
    staff.page.wait_for_url("**from=2020-01-01**")

    assert staff.sees("Sessions begun 0", "Completion rate –")


def test_staff_get_from_an_email_to_payment_token_and_event_in_three_clicks(staff, buy):
    order = buy("item_456")
    hear(base.Event("evt_of_ada", "payment_intent.succeeded", order.payment.processor_id))
    staff.open("/admin/checkout/order/?q=ada@example.com")

    follow(staff, order.number, "/checkout/order/")
    assert staff.sees(order.payment_id, VaultToken.objects.get().id)
    follow(staff, order.payment_id, "/payments/payment/")
    assert staff.sees("payment_intent.succeeded")
    follow(staff, "evt_of_ada", "/payments/event/")

    assert staff.sees("evt_of_ada", order.payment_id)


@on_both_sizes
def test_staff_give_money_back(staff, buy, accessible):
    order = buy("item_123")
    staff.open(reverse("admin:payments_payment_change", args=[quote(order.payment_id)]))

    three_dots = staff.page.locator("a", has_text="more_").filter(visible=True)
    if three_dots.count():  # on a phone
        three_dots.first.click()
    staff.page.locator("a[href$='/refund/'][hx-get]").filter(visible=True).first.click()
    amount = staff.page.get_by_label("Amount")
    assert amount.input_value() == "84.99"
    amount.fill("20.00")
    staff.page.get_by_label("Reason").fill("arrived late")
    staff.page.locator("form:has([name=amount]) [type=submit]").first.click()
    staff.page.get_by_text("Refund of $20.00: succeeded").wait_for()

    assert Refund.objects.get().requested_by == "admin"
    assert accessible(staff.page)


def test_staff_act_on_an_event_again(staff, buy):
    order = buy("item_123")
    hear(base.Event("evt_late", "payment_intent.succeeded", order.payment.processor_id))
    Event.objects.update(handled_at=None, trouble="the processor was silent")
    staff.open("/admin/payments/event/")

    staff.page.locator("tbody input[type=checkbox]").first.check()
    staff.page.get_by_label("Select action to run").select_option(label="Act on it again")
    staff.page.get_by_role("button", name="Run").click()
    staff.page.get_by_text("evt_late: the payment is succeeded.").wait_for()

    assert Event.objects.get().handled_at is not None


@on_both_sizes
def test_a_session_is_told_call_by_call(staff, caller, accessible):
    session = caller.ready("item_123")
    caller.complete(session, caller.delegate(session))
    staff.open(reverse("admin:checkout_checkoutsession_change", args=[quote(session["id"])]))

    calls = staff.page.locator(".till-calls > li")
    assert staff.sees("POST /checkout_sessions 201 then ready_for_payment", "200 then completed")
    calls.nth(1).locator("summary").click()
    assert staff.sees("Asked", "Answered", '"card_number_type": "fpan"', '"number": "[hidden]"')
    assert not staff.scrolls_sideways()
    assert accessible(staff.page)


@on_both_sizes
@pytest.mark.parametrize(
    "page",
    [
        *("checkout_checkoutsession", "checkout_order", "payments_payment", "payments_trouble", "payments_event"),
        *("vault_vaulttoken", "agents_exchange", "agents_agent"),
    ],
)
def test_lists_keep_nobody_out(staff, buy, accessible, page):
    buy("item_123")
    staff.open(reverse(f"admin:{page}_changelist"))

    assert not staff.scrolls_sideways()
    assert accessible(staff.page)


@on_both_sizes
def test_pages_of_a_purchase_keep_nobody_out(staff, buy, accessible):
    order = buy("item_123")

    for row in (order, order.payment, order.payment.vault_token, Exchange.objects.latest("id")):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        staff.open(reverse(name, args=[quote(row.pk)]))
        assert accessible(staff.page)


def test_staff_follow_a_purchase_from_its_order_to_its_token(staff, buy):
    order = buy("item_456", "item_789")
    token = VaultToken.objects.get()
    staff.open("/admin/checkout/order/")
    assert staff.sees(order.number, "$52.00", "ada@example.com", "assistant")

    follow(staff, order.number, "/checkout/order/")
    assert staff.sees("1 × Walnut Headphone Stand", "Total: $52.00", "San Francisco, CA 94105", "Visa ending in 4242")

    follow(staff, order.payment_id, "/payments/payment/")
    assert staff.sees("succeeded", "$52.00", order.payment.charge_id, order.session_id)

    follow(staff, str(token), "/vault/vaulttoken/")
    assert staff.sees(token.id, "consumed", "$52.00", "merchant_123", order.payment_id, "visa ···· 4242")

    follow(staff, order.payment_id, "/payments/payment/")
    follow(staff, order.session_id, "/checkout/checkoutsession/")
    assert staff.sees("COMPLETED", f"{token.id} consumed", "Standard Shipping · USPS", "Braided USB-C Cable, 2 m")

    follow(staff, "assistant", "/agents/agent/")


def test_staff_see_why_a_session_was_not_paid(staff, caller):
    session = caller.ready()
    caller.complete(session, caller.delegate(session, number="4000000000009995"))

    staff.open("/admin/checkout/checkoutsession/")
    follow(staff, session["id"], "/checkout/checkoutsession/")

    assert staff.sees("READY FOR PAYMENT", "declined $84.99", "payment_declined: ", "active, Visa ending in 9995")


@pytest.mark.parametrize("size", ["phone"])
def test_the_admin_fits_on_a_phone(staff, buy):
    order = buy()

    staff.open("/admin/checkout/order/")
    follow(staff, order.number, "/checkout/order/")

    assert staff.sees(order.session_id, "Visa ending in 4242")
    assert not staff.scrolls_sideways()


class TestAnOrder:
    """Its dialogs, opened and sent as staff do it."""

    @pytest.fixture
    def order(self, buy):
        return buy("item_456", "item_789")

    @pytest.fixture
    def act(self, staff, order, accessible):
        """Choose an action on the order's page, fill in its dialog, and send it."""

        def acted(name, told="Done; the agent is told.", **fields):
            staff.open(reverse("admin:checkout_order_change", args=[quote(order.pk)]))
            choose(staff.page, name)
            dialog = staff.page.locator("#dialog")
            for label, value in fields.items():
                dialog.get_by_label(label.replace("_", " ")).fill(value)
            assert accessible(staff.page)
            assert not staff.scrolls_sideways()
            dialog.locator("[type=submit]").click()
            staff.page.get_by_text(told).wait_for()

        return acted

    @on_both_sizes
    def test_is_sent_and_some_of_it_comes_back(self, staff, order, act):
        act("Ship", Carrier="UPS", Tracking_number="1Z999")
        assert staff.sees("Shipped 1 × Walnut Headphone Stand", "UPS 1Z999")

        act("Delivered")
        act("Return", Walnut_Headphone_Stand="1", Reason="defective", Description="It wobbles")
        assert staff.sees("Returned 1 × Walnut Headphone Stand", "$35.00")
        assert Refund.objects.get().amount == 3500

    @on_both_sizes
    def test_is_canceled_before_it_is_sent(self, staff, order, act):
        act("Cancel", Reason="out_of_stock")

        assert staff.sees("CANCELED", "Canceled 1 × Walnut Headphone Stand")
        assert Refund.objects.get().amount == order.total_amount

    @on_both_sizes
    def test_is_refunded_in_part(self, staff, order, act):
        act("Refund", Amount="10.00", Description="Sorry for the wait")

        assert staff.sees("$10.00")
        assert (Refund.objects.get().amount, Refund.objects.get().requested_by) == (1000, "admin")

    def test_says_in_its_dialog_what_is_wrong(self, staff, order, act):
        act("Refund", told="Type a number with up to 2 decimals", Amount="ten")

        assert not Refund.objects.exists()


def choose(page, name):
    """Click one of the page's actions: on a phone they are behind three dots, and some are under More."""
    if page.viewport_size["width"] < 500:
        page.get_by_text("more_horiz").first.click()
    action = page.locator("a").filter(has_text=re.compile(rf"\b{name}\s*$"))
    if not action.filter(visible=True).count():
        page.locator("a").filter(has_text=re.compile(r"^\s*More\b")).filter(visible=True).first.click()
    action.filter(visible=True).first.click()
    page.locator("#dialog").wait_for()
