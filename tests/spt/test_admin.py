"""Staff see what a token allows, what is used of it and for what; and can take it back."""

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from spt.models import SharedPaymentToken
from tests.spt.conftest import issued

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "admin:spt_sharedpaymenttoken_changelist"


def test_a_tokens_page_says_what_is_used_by_whom_and_for_what(seller_sdk, admin_client):
    token = issued(1_000)
    intent = seller_sdk.pay(token.id, 250, metadata={"reference": "cs_1"})
    seller_sdk.pay(token.id, 500, capture_method="manual")

    page = admin_client.get(reverse("admin:spt_sharedpaymenttoken_change", args=[quote(token.pk)])).content.decode()

    assert "$2.50 of $10.00 captured, $5.00 reserved" in page
    assert "width:25%" in page
    assert intent.id in page
    assert "cs_1" in page
    assert 'name="max_amount"' not in page


@pytest.mark.parametrize(("action", "reason"), [("revoke", "revoked"), ("resolve", "resolved")])
def test_tokens_can_be_ended_and_nothing_else(admin_client, action, reason):
    token, ended = issued(), issued(expires_at=timezone.now())
    call_command("expire_tokens")
    page = admin_client.post(
        reverse(LIST), {"action": action, "_selected_action": [token.pk, ended.pk]}, follow=True
    ).content.decode()

    token.refresh_from_db()
    assert token.deactivated_reason == reason
    assert f"{token.pk} is {reason}" in page
    assert f"{ended.pk} is expired" in page
    assert admin_client.get(reverse("admin:spt_sharedpaymenttoken_add")).status_code == 403


def test_staff_who_may_only_look_end_nothing(client):
    token = issued()
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_sharedpaymenttoken"))
    client.force_login(viewer)

    client.post(reverse(LIST), {"action": "revoke", "_selected_action": [token.pk]})

    assert token.pk in client.get(reverse(LIST)).content.decode()
    assert SharedPaymentToken.objects.get().deactivated_at is None


def test_nothing_is_left_of_a_token_whose_time_is_over(admin_client):
    issued(expires_at=timezone.now())

    assert "$100.00" not in admin_client.get(reverse(LIST)).content.decode().split("captured, ")[-1]


def test_the_list_takes_the_same_queries_for_many_tokens(admin_client, django_assert_max_num_queries):
    for _ in range(15):
        issued()

    with django_assert_max_num_queries(8):
        page = admin_client.get(reverse(LIST)).content.decode()
    assert page.count("captured, $0.00 reserved") >= 15
