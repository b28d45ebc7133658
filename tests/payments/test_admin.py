import pytest
from django.db import transaction
from django.urls import reverse

from payments.models import Payment
from payments.operations import charge, settle
from payments.sandbox.models import KeyedRequest, PaymentIntent, PaymentMethod, Token
from payments.sandbox.operations import create_token
from tests.payments.factories import prepared_payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(agent) -> Payment:
    payment = prepared_payment(agent, credential="pm_card_visa_chargeDeclinedInsufficientFunds")
    outcome = charge(payment)
    with transaction.atomic():
        return settle(payment.pk, outcome)[0]


def change_url(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def test_a_payment_s_whole_story_is_on_one_page(admin_client, payment, agent):
    second = prepared_payment(agent)

    page = admin_client.get(change_url(payment)).content.decode()

    for fact in (payment.pk, "mug_1", payment.processor_id, payment.confirm_key, "insufficient_funds", second.pk):
        assert fact in page


@pytest.mark.parametrize("model", [Payment, PaymentIntent, PaymentMethod, Token, KeyedRequest])
def test_staff_read_and_write_nothing(admin_client, payment, model):
    create_token(payment_method=PaymentMethod.objects.get())
    row = model.objects.first()
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    assert admin_client.get(reverse(f"{name}_changelist")).status_code == 200
    assert admin_client.get(change_url(row)).status_code == 200
    assert admin_client.post(change_url(row), {}).status_code == 403
    assert admin_client.get(reverse(f"{name}_add")).status_code == 403
    assert admin_client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_the_list_asks_no_more_for_more_payments(admin_client, agent, django_assert_max_num_queries):
    for number in range(20):
        prepared_payment(agent, reference=f"mug_{number}")

    with django_assert_max_num_queries(12):
        admin_client.get(reverse("admin:payments_payment_changelist"))
