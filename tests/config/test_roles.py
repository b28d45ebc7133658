"""Who may do what: support, managers and developers."""

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse

from agents.models import Agent
from checkout import operations
from checkout.models import Adjustment
from config import roles
from payments.models import Payment, Refund
from vault.models import VaultToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_in(client, django_user_model):
    """A browser of somebody in a role."""
    call_command("seed_roles", verbosity=0)

    def as_one_of(role):
        user = django_user_model.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return as_one_of


@pytest.fixture
def payment(caller):
    session = caller.ready("item_123")  # $84.99
    caller.complete(session, caller.delegate(session))
    return Payment.objects.get()


def give_back(browser, payment, amount):
    url = reverse("admin:payments_payment_refund", args=[quote(payment.pk)])
    sent = {"amount": amount, "reason": "", "attempt": amount, "_form_submitted": "on"}
    return browser.post(url, sent, follow=True).content.decode()


def keeps_orders(browser):
    """Support that a shop lets see to orders as well: the limit stays."""
    Group.objects.get(name="support").permissions.add(Permission.objects.get(codename="change_order"))
    return browser


def act_on_order(browser, order, deed, **fields):
    url = reverse(f"admin:checkout_order_{deed}", args=[quote(order.pk)])
    return browser.post(url, {"attempt": deed, "_form_submitted": "on", **fields}, follow=True).content.decode()


@pytest.mark.parametrize("role", roles.ROLES)
def test_every_role_reads_everything(sign_in, payment, role):
    browser = sign_in(role)

    for page in ("checkout_order", "payments_payment", "vault_vaulttoken", "agents_exchange", "coins_customer"):
        assert browser.get(reverse(f"admin:{page}_changelist")).status_code == 200


@pytest.mark.parametrize("role", roles.ROLES)
def test_no_role_makes_staff(sign_in, role):
    assert sign_in(role).get(reverse("admin:auth_user_changelist")).status_code == 403


class TestSupport:
    def test_gives_back_up_to_the_limit(self, sign_in, payment, settings):
        settings.REFUND_LIMITS = {"usd": 2_000}
        browser = sign_in("support")

        assert "Refund of $20.00: succeeded" in give_back(browser, payment, "20.00")
        assert "you may give back $20.00 in all" in give_back(browser, payment, "0.01")
        assert Refund.objects.get().amount == 2_000

    @pytest.mark.parametrize("door", ["give_back", "cancel", "take_back"])
    def test_gives_back_no_more_through_an_order(self, sign_in, payment, settings, door):
        settings.REFUND_LIMITS = {"usd": 2_000}
        browser, line = keeps_orders(sign_in("support")), payment.order.session.line_items.get()
        if door == "take_back":
            operations.ship_order(order_id=payment.order.id)

        page = act_on_order(browser, payment.order, door, **{f"quantity_{line.id}": "1"})

        assert "you may give back $20.00 in all" in page
        assert not Refund.objects.exists()
        assert not Adjustment.objects.exists()

    def test_sends_an_order_and_gives_some_of_it_back(self, sign_in, payment, settings):
        settings.REFUND_LIMITS = {"usd": 2_000}
        browser, line = keeps_orders(sign_in("support")), payment.order.session.line_items.get()

        act_on_order(browser, payment.order, "ship", **{f"quantity_{line.id}": "1"})
        act_on_order(browser, payment.order, "give_back", amount="20.00")

        assert payment.order.fulfillments.exists()
        assert Refund.objects.get().amount == 2_000

    def test_is_told_the_limit_before(self, sign_in, payment, settings):
        settings.REFUND_LIMITS = {"usd": 2_000}

        url = reverse("admin:payments_payment_refund", args=[quote(payment.pk)])
        form = sign_in("support").get(url).content.decode()

        assert "Up to $20.00, which you may give back of it." in form

    def test_gives_nothing_back_in_a_currency_without_a_limit(self, sign_in, payment, settings):
        settings.REFUND_LIMITS = {"eur": 2_000}

        give_back(sign_in("support"), payment, "1.00")

        assert not Refund.objects.exists()

    def test_issues_no_keys_and_revokes_no_tokens(self, sign_in, payment):
        browser = sign_in("support")
        agent, token = Agent.objects.get(), VaultToken.objects.get()
        before = agent.keys.count()

        browser.post(reverse("admin:agents_agent_changelist"), act("issue_key", agent))
        browser.post(reverse("admin:vault_vaulttoken_changelist"), act("revoke", token))

        assert agent.keys.count() == before
        assert VaultToken.objects.get().state == token.state


def test_a_manager_gives_back_all_of_it(sign_in, payment, settings):
    settings.REFUND_LIMITS = {"usd": 1}

    assert "Refund of $84.99: succeeded" in give_back(sign_in("manager"), payment, "84.99")


def test_a_manager_cancels_an_order(sign_in, payment, settings):
    settings.REFUND_LIMITS = {"usd": 1}
    line = payment.order.session.line_items.get()

    act_on_order(sign_in("manager"), payment.order, "cancel", **{f"quantity_{line.id}": "1"})

    assert Refund.objects.get().amount == payment.amount


class TestADeveloper:
    def test_issues_keys(self, sign_in, payment):
        agent = Agent.objects.get()

        sign_in("developer").post(reverse("admin:agents_agent_changelist"), act("issue_key", agent))

        assert agent.keys.count() == 2

    def test_gives_no_money_back(self, sign_in, payment):
        give_back(sign_in("developer"), payment, "1.00")

        assert not Refund.objects.exists()

    @pytest.mark.parametrize("door", ["give_back", "cancel"])
    def test_gives_none_back_through_an_order(self, sign_in, payment, door):
        line = payment.order.session.line_items.get()
        act_on_order(sign_in("developer"), payment.order, door, **{f"quantity_{line.id}": "1"})

        assert not Adjustment.objects.exists()


def test_seeding_again_puts_permissions_right_and_leaves_people_in(sign_in):
    sign_in("support")
    group = Group.objects.get(name="support")
    before = group.permissions.count()
    group.permissions.clear()

    call_command("seed_roles")

    assert group.permissions.count() == before
    assert group.user_set.count() == 1


def test_a_misspelled_permission_is_noticed(monkeypatch):
    monkeypatch.setitem(roles.ROLES, "support", {"payments.add_refnud"})

    with pytest.raises(LookupError, match="payments.add_refnud"):
        roles.seed_roles()


def act(name, row):
    return {"action": name, "_selected_action": [row.pk]}
