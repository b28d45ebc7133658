import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.db import transaction
from django.urls import reverse

from payments import settling
from payments.hearing import hear, reconcile
from payments.models import Dispute, Payment, Refund, Trouble
from payments.operations import OutcomeUnknown, charge, settle
from payments.processors import base
from payments.processors.base import Outcome, Succeeded
from payments.sandbox.models import Charge, KeyedRequest, PaymentIntent, PaymentMethod, Token
from payments.sandbox.operations import create_token
from tests.payments import unreliable
from tests.payments.factories import prepared_payment, settled_payment, settled_refund
from tests.payments.unreliable import SANDBOX, path

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop(monkeypatch):
    """A higher room that sells mugs, and does nothing more."""

    def settle_mug(payment: Payment, outcome: Outcome) -> None:
        settle(payment.pk, outcome)

    monkeypatch.setitem(settling._SETTLERS, "mug_", settle_mug)


@pytest.fixture
def payment(agent) -> Payment:
    return settled_payment(agent, credential="pm_card_visa_chargeDeclinedInsufficientFunds")


@pytest.fixture
def paid(agent) -> Payment:
    return settled_payment(agent, reference="mug_2", amount=4_299)


@pytest.fixture
def clerk(client, django_user_model):
    """One who may look, and no more."""
    user = django_user_model.objects.create_user("clerk", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_payment"))
    client.force_login(user)
    return client


def change_url(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])


def test_a_payment_s_whole_story_is_on_one_page(admin_client, payment, agent):
    second = prepared_payment(agent)

    page = admin_client.get(change_url(payment)).content.decode()

    for fact in (payment.pk, "mug_1", payment.processor_id, payment.confirm_key, "insufficient_funds", second.pk):
        assert fact in page


def test_so_is_what_came_after(admin_client, agent):
    payment = settled_payment(agent, credential="pm_card_createDispute")
    refund = settled_refund(payment)
    hear(base.Event("evt_1", "charge.dispute.created", payment.processor_id))

    page = admin_client.get(change_url(payment)).content.decode()

    for fact in (refund.pk, refund.failure_message, Dispute.objects.get().pk, "needs_response", "evt_1"):
        assert fact in page


@pytest.mark.parametrize(
    "model", [Payment, Refund, Dispute, Trouble, PaymentIntent, PaymentMethod, Token, KeyedRequest]
)
def test_staff_read_and_write_nothing(admin_client, payment, agent, model):
    create_token(payment_method=PaymentMethod.objects.all()[0])
    disputed = settled_payment(agent, credential="pm_card_createDispute")
    settled_refund(disputed)
    reconcile(disputed)
    row = Trouble.objects.get(pk=disputed.pk) if model is Trouble else model.objects.first()
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    assert admin_client.get(reverse(f"{name}_changelist")).status_code == 200
    assert admin_client.get(change_url(row)).status_code == 200
    assert admin_client.post(change_url(row), {}).status_code == 403
    assert admin_client.get(reverse(f"{name}_add")).status_code == 403
    assert admin_client.post(reverse(f"{name}_delete", args=[quote(row.pk)]), {"post": "yes"}).status_code == 403


def test_the_list_asks_no_more_for_more_payments(admin_client, agent, django_assert_max_num_queries):
    for number in range(20):
        prepared_payment(agent, reference=f"mug_{number}")

    with django_assert_max_num_queries(12):
        admin_client.get(reverse("admin:payments_payment_changelist"))


class TestSettleNow:
    def test_finds_out_how_a_payment_ended(self, admin_client, agent, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheAnswer)
        payment = prepared_payment(agent)
        with pytest.raises(OutcomeUnknown):
            charge(payment)
        settings.PAYMENT_PROCESSOR = SANDBOX

        page = press(admin_client, payment, "settle_now")

        assert "State: succeeded." in page
        assert Payment.objects.get().is_paid

    def test_says_why_it_cannot(self, admin_client, agent):
        payment = prepared_payment(agent)
        charge(payment)

        assert "being paid for by another request" in press(admin_client, payment, "settle_now")

    def test_asks_before_it_does_anything(self, admin_client, agent):
        payment = prepared_payment(agent)

        assert "Ask the processor" in admin_client.get(action_url(payment, "settle_now")).content.decode()

        assert not PaymentIntent.objects.exists()

    def test_is_not_for_everybody(self, clerk, agent):
        payment = prepared_payment(agent)

        assert clerk.get(change_url(payment)).status_code == 200
        assert clerk.post(action_url(payment, "settle_now"), CONFIRMED).status_code == 403


class TestRefund:
    def test_gives_money_back(self, admin_client, paid):
        page = press(admin_client, paid, "refund", amount="10.00", reason="broken mug", attempt="form_1")

        refund = Refund.objects.get()
        assert "Refund of $10.00: succeeded." in page
        assert (refund.reason, refund.requested_by, refund.state) == ("broken mug", "admin", "succeeded")

    def test_a_double_click_gives_it_back_once(self, admin_client, paid):
        for _ in range(2):
            press(admin_client, paid, "refund", amount="42.99", attempt="form_1")

        assert Charge.objects.get().refunded_amount == 4_299
        assert Refund.objects.count() == 1

    def test_each_opened_form_is_an_attempt_of_its_own(self, admin_client, paid):
        forms = [admin_client.get(action_url(paid, "refund")).context["form"] for _ in range(2)]

        assert forms[0].initial["amount"] == "42.99"
        assert forms[0].initial["attempt"] != forms[1].initial["attempt"]

    def test_never_more_than_is_left(self, admin_client, paid):
        press(admin_client, paid, "refund", amount="40", attempt="form_1")

        assert "Only $2.99 is left" in press(admin_client, paid, "refund", amount="3", attempt="form_2")

        assert Charge.objects.get().refunded_amount == 4_000

    @pytest.mark.parametrize("amount", ["", "0", "-1", "1.234", "ten"])
    def test_takes_amounts_only(self, admin_client, paid, amount):
        response = admin_client.post(action_url(paid, "refund"), CONFIRMED | {"amount": amount, "attempt": "form_1"})

        assert response.context["form"].errors
        assert not Refund.objects.exists()

    def test_shows_one_that_failed_for_what_it_is(self, admin_client, agent):
        payment = settled_payment(agent, credential="pm_card_createDispute")

        page = press(admin_client, payment, "refund", amount="1", attempt="form_1")

        assert ": failed. The buyer has asked their bank" in page

    def test_that_nobody_answers_is_found_out_later(self, admin_client, paid, settings):
        settings.PAYMENT_PROCESSOR = path(unreliable.LosesTheRefund)

        page = press(admin_client, paid, "refund", amount="1", attempt="form_1")

        assert "not known yet" in page
        assert Refund.objects.get().state == "unknown"

    def test_is_not_for_everybody(self, clerk, paid):
        assert clerk.get(action_url(paid, "refund")).status_code == 403


class TestNeedsAHuman:
    def test_is_empty_on_a_good_day(self, admin_client, payment, paid):
        assert troubled(admin_client) == []

    def test_lists_what_went_wrong_until_somebody_has_dealt_with_it(self, admin_client, agent):
        payment = settled_payment(agent, credential="pm_card_chargeDeclined")
        with transaction.atomic():
            settle(payment.pk, Succeeded("ch_late"))
        assert troubled(admin_client) == [payment.pk]

        press(admin_client, payment, "attend")

        assert troubled(admin_client) == []
        assert Payment.objects.get().attended_by == "admin"

    def test_asks_no_more_for_more_of_it(self, admin_client, agent, django_assert_max_num_queries):
        for number in range(10):
            reconcile(settled_payment(agent, reference=f"mug_{number}", credential="pm_card_createDispute"))

        with django_assert_max_num_queries(15):
            assert len(troubled(admin_client)) == 10


CONFIRMED = {"_form_submitted": "on"}


def action_url(payment: Payment, name: str) -> str:
    return reverse(f"admin:payments_payment_{name}", args=[quote(payment.pk)])


def press(client, payment: Payment, name: str, **fields: str) -> str:
    """Open, confirm, and return the page that follows."""
    return client.post(action_url(payment, name), CONFIRMED | fields, follow=True).content.decode()


def troubled(client) -> list[str]:
    return [row.pk for row in client.get(reverse("admin:payments_trouble_changelist")).context["cl"].result_list]


def test_a_dialog_is_sent_back_to_the_page_in_its_own_way(admin_client, paid):
    response = admin_client.post(action_url(paid, "attend"), CONFIRMED, headers={"HX-Request": "true"})

    assert response.headers["HX-Redirect"] == reverse("admin:payments_payment_change", args=[quote(paid.pk)])
