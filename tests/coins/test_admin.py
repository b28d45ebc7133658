"""Staff read every coin's story, and give and take by transfers."""

import uuid

import pytest
from django.apps import apps
from django.contrib.admin.utils import quote
from django.db import transaction
from django.urls import reverse

from catalog.models import Product
from coins import operations
from coins.models import Package, Purchase, Transfer
from payments.models import Payment, Refund
from payments.money import Money
from payments.settling import refund_payment
from tests.coins.factories import DECLINED, an_account, balance, buy

pytestmark = pytest.mark.django_db(transaction=True)


def page(row, action="change"):
    return reverse(f"admin:coins_{row._meta.model_name}_{action}", args=[quote(row.pk)])


def act(client, action, *purchases):
    body = {"action": action, "_selected_action": [each.pk for each in purchases]}
    return client.post(reverse("admin:coins_purchase_changelist"), body, follow=True).content.decode()


def spend(customer, coins):
    with transaction.atomic():
        operations.spend_currency(customer=customer, coins=coins, reason="a sword")


@pytest.mark.parametrize("model", ["package", "customer", "purchase", "transfer"])
def test_every_list_and_page_opens(admin_client, customer, model):
    buy(customer)
    row = apps.get_model("coins", model).objects.first()

    assert admin_client.get(reverse(f"admin:coins_{model}_changelist")).status_code == 200
    assert admin_client.get(page(row)).status_code == 200


@pytest.mark.parametrize("model", ["customer", "purchase", "transfer"])
def test_nothing_of_the_past_is_edited(admin_client, customer, model):
    buy(customer)
    row = apps.get_model("coins", model).objects.first()

    assert admin_client.post(page(row), {}).status_code == 403
    assert admin_client.post(page(row, "delete"), {"post": "yes"}).status_code == 403
    assert admin_client.get(reverse(f"admin:coins_{model}_add")).status_code == 403


def test_a_customers_page_shows_balance_plot_and_changes(admin_client, customer):
    buy(customer)
    spend(customer, 30)

    shown = admin_client.get(page(customer)).content.decode()
    assert 'data-type="line"' in shown
    assert "[100, 70]" in shown
    assert "-30 spending a sword" in shown
    theirs = admin_client.get(f"{reverse('admin:coins_purchase_changelist')}?customer__id__exact={customer.pk}")
    assert "Starter Pack" in theirs.content.decode()


def test_granted_coins_are_a_transfer_made_once(admin_client, customer):
    url = reverse("admin:coins_customer_grant", args=[quote(customer.pk)])
    form = {"coins": 50, "reason": "sorry", "attempt": str(uuid.UUID(int=7)), "_form_submitted": "on"}
    for _ in range(2):
        admin_client.post(url, form)

    assert balance(customer) == 50
    assert (Transfer.objects.get().kind, Transfer.objects.get().reason) == ("grant", "sorry")


def test_refunded_purchases_bring_money_and_coins_back(admin_client, customer):
    purchase = buy(customer)

    assert "is refunded." in act(admin_client, "refund", purchase)
    assert (balance(customer), Refund.objects.get().requested_by) == (0, "admin")


def test_spent_coins_are_asked_about_and_can_be_collected_later(admin_client, customer):
    purchase = buy(customer)
    spend(customer, 1)

    assert "Insufficient balance" in act(admin_client, "refund", purchase)
    assert "is refunded." in act(admin_client, "refund_despite_spent", purchase)
    listed = admin_client.get(reverse("admin:coins_purchase_changelist") + "?attention__isempty=0").content.decode()
    assert "refunded; the coins are spent" in listed
    buy(customer)
    act(admin_client, "collect", purchase)

    assert balance(customer) == 99


def test_what_is_dealt_with_is_not_asked_again(admin_client, customer):
    buy(customer)
    second = buy(customer)
    act(admin_client, "dealt_with", second)

    assert not Purchase.objects.exclude(attention="").exists()


def test_a_package_and_its_product_are_edited_together(admin_client, customer):
    package = Package.objects.get(pk="package_1")
    body = {"name": "Tiny Pack", "coins": 90, "price_amount": 900, "currency": "usd", "is_active": "on"}
    admin_client.post(page(package), body)

    assert Product.objects.get(pk="package_1").unit_amount == 900
    assert Package.objects.get(pk="package_1").coins == 90


def test_packages_show_what_they_earned_and_kept(admin_client, agent, customer):
    _, given_back, in_part = buy(customer), buy(customer), Payment.objects.get(reference=buy(customer).id)
    buy(an_account(agent, card=DECLINED))
    operations.refund_purchase(purchase_id=given_back.id, requested_by="staff")
    refund_payment(payment=in_part, amount=Money(250, "usd"), requested_by="staff")

    page = admin_client.get(reverse("admin:coins_package_changelist"))

    starter = page.context["cl"].queryset.get(pk="package_1")
    assert (starter.sold, starter.revenue) == (2, 1_750)
    assert "$17.50" in page.content.decode()


def test_a_price_in_another_currency_is_another_revenue(admin_client, customer):
    buy(customer)
    Package.objects.filter(pk="package_1").update(currency="eur")

    assert (
        admin_client.get(reverse("admin:coins_package_changelist")).context["cl"].queryset.get(pk="package_1").revenue
        == 0
    )
