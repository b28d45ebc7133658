"""What staff see of a token, and the one thing they can do."""

import pytest
import time_machine
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User

from tests.vault.factories import delegate, payment_for
from vault import operations
from vault.models import VaultToken

pytestmark = pytest.mark.django_db

LIST = "/admin/vault/vaulttoken/"


@pytest.fixture
def token(agent, noon):
    return delegate(agent)


def page_of(token):
    return f"{LIST}{quote(token.id)}/change/"


def revoke(client, token):
    return client.post(LIST, {"action": "revoke", "_selected_action": [token.id]}, follow=True)


def state_of(token):
    return VaultToken.objects.get(pk=token.pk).state


def test_a_token_shows_its_allowance_and_card(admin_client, token):
    page = admin_client.get(page_of(token)).content.decode()

    for shown in ("$100.00", "merchant_123", "cs_1", "visa ···· 4242", "12/2034", token.credential, "card_testing"):
        assert shown in page
    assert "4242424242424242" not in page


def test_a_used_token_shows_what_consumed_it(admin_client, token):
    payment = payment_for(token)
    operations.reserve_token(token=token, payment=payment)
    operations.consume_token(payment=payment)

    page = admin_client.get(page_of(token)).content.decode()

    assert payment.id in page
    assert "consumed" in page
    assert "May 4, 2026" in page


def test_the_list_knows_that_a_token_has_expired(admin_client, agent, noon):
    token = delegate(agent, allowance__expires_at="2026-05-04T12:10:00Z")

    with time_machine.travel(token.expires_at, tick=False):
        assert token.id in admin_client.get(LIST, {"state": "expired"}).content.decode()
        assert token.id not in admin_client.get(LIST, {"state": "active"}).content.decode()


def test_staff_can_revoke_a_token(admin_client, token):
    page = revoke(admin_client, token).content.decode()

    assert state_of(token) == "revoked"
    assert f"{token.id} is revoked" in page


def test_staff_are_told_that_a_payment_has_the_token(admin_client, token):
    operations.reserve_token(token=token, payment=payment_for(token))

    page = revoke(admin_client, token).content.decode()

    assert state_of(token) == "reserved"
    assert "A payment has this token" in page


@pytest.mark.parametrize("path", ["add/", "{id}/delete/"])
def test_staff_can_do_nothing_else(admin_client, token, path):
    assert admin_client.post(LIST + path.format(id=token.id), {"post": "yes"}).status_code == 403


def test_staff_can_change_nothing(admin_client, token):
    assert admin_client.post(page_of(token), {"max_amount": "999999"}).status_code == 403


def test_staff_who_may_only_look_cannot_revoke(client, token):
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_vaulttoken"))
    client.force_login(viewer)

    revoke(client, token)

    assert client.get(page_of(token)).status_code == 200
    assert state_of(token) == "active"


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(
    admin_client, agent, token, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(30) as short:
        admin_client.get(LIST)
    for number in range(5):
        delegate(agent, attempt=f"attempt-{number}")

    with django_assert_num_queries(len(short)):
        admin_client.get(LIST)
