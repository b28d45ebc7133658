"""Staff sign in and follow one purchase from its order to its token, by clicking."""

import pytest

from vault.models import VaultToken


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
    visitor.page.get_by_role("heading", name="Site administration").wait_for()

    assert visitor.sees("Checkout sessions", "Orders", "Payments", "Vault tokens", "Products", "Agents")


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
