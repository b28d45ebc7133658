"""Staff see what a token allows, what is used of it and for what; and can take it back."""

import pytest
from django.contrib.admin.utils import quote
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


def test_tokens_can_be_revoked_and_nothing_else(admin_client):
    token = issued()
    admin_client.post(reverse(LIST), {"action": "revoke", "_selected_action": [token.pk]})

    token.refresh_from_db()
    assert token.deactivated_reason == "revoked"
    assert admin_client.get(reverse("admin:spt_sharedpaymenttoken_add")).status_code == 403


def test_the_list_takes_the_same_queries_for_many_tokens(admin_client, django_assert_max_num_queries):
    for _ in range(15):
        issued()

    with django_assert_max_num_queries(8):
        page = admin_client.get(reverse(LIST)).content.decode()
    assert page.count("captured, $0.00 reserved") >= 15


def test_the_command_ends_what_has_ended(capsys):
    issued(expires_at=timezone.now())
    issued()

    call_command("expire_tokens")

    assert "Expired 1 shared payment tokens" in capsys.readouterr().out
    assert SharedPaymentToken.objects.filter(deactivated_reason="expired").count() == 1
