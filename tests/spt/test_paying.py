"""A token pays on `/v1` like a card, up to its cap."""

import pytest
import stripe
from django.db import transaction
from django.test import Client

from payments.sandbox.models import Event
from spt.models import SharedPaymentToken, Use
from spt.operations import revoke_token
from tests.spt.conftest import issued

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def token(db) -> SharedPaymentToken:
    return issued(1_000)


def amounts(token: SharedPaymentToken) -> tuple[int, int]:
    """Captured and reserved."""
    token.refresh_from_db()
    return token.captured_amount, token.reserved_amount


def told(kind: str) -> list[str]:
    return list(
        Event.objects.filter(type__startswith=f"shared_payment.{kind}")
        .order_by("created_at")
        .values_list("type", flat=True)
    )


def test_the_cap_is_for_all_payments_together(seller_sdk, token):
    seller_sdk.pay(token.id, 600)
    with pytest.raises(stripe.InvalidRequestError, match="greater than the remaining amount capturable") as refused:
        seller_sdk.pay(token.id, 401)

    assert (refused.value.http_status, refused.value.code) == (400, None)
    assert amounts(token) == (600, 0)


def test_used_up_it_is_consumed(seller_sdk, token):
    seller_sdk.pay(token.id, 1_000)

    assert seller_sdk.granted(token.id).deactivated_reason == "consumed"
    with pytest.raises(stripe.InvalidRequestError, match="already in a deactivated state"):
        seller_sdk.pay(token.id, 100)


def test_a_single_use_token_is_consumed_by_any_amount(seller_sdk, token, settings):
    settings.SPT_SINGLE_USE = True
    seller_sdk.pay(token.id, 100)

    assert seller_sdk.granted(token.id).deactivated_reason == "consumed"


def test_what_is_held_is_reserved_until_it_is_captured(seller_sdk, token):
    held = seller_sdk.pay(token.id, 900, capture_method="manual")
    assert amounts(token) == (0, 900)

    seller_sdk.v1.payment_intents.capture(held.id, {"amount_to_capture": 500})

    assert amounts(token) == (500, 0)


def test_what_is_canceled_is_released(seller_sdk, token):
    held = seller_sdk.pay(token.id, 900, capture_method="manual")
    seller_sdk.v1.payment_intents.cancel(held.id)

    assert amounts(token) == (0, 0)
    assert (Use.objects.get().reserved_amount, Use.objects.get().captured_amount) == (0, 0)


def test_what_was_held_before_it_was_revoked_can_be_captured(agent_sdk, seller_sdk):
    token = agent_sdk.issue()
    held = seller_sdk.pay(token.id, 900, capture_method="manual")
    agent_sdk("post", f"shared_payment/issued_tokens/{token.id}/revoke")

    assert seller_sdk.v1.payment_intents.capture(held.id).status == "succeeded"
    assert seller_sdk.granted(token.id).deactivated_reason == "revoked"


def test_a_refund_does_not_fill_it_up_again(seller_sdk, token):
    intent = seller_sdk.pay(token.id, 600)
    seller_sdk.v1.refunds.create({"payment_intent": intent.id})

    assert amounts(token) == (600, 0)


def test_a_decline_leaves_it_as_it_was(seller_sdk):
    token = issued(1_000, payment_method="pm_card_chargeDeclined")
    with pytest.raises(stripe.CardError):
        seller_sdk.pay(token.id)

    assert amounts(token) == (0, 0)
    assert token.deactivated_at is None


def test_another_currency_is_refused(seller_sdk, token):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        seller_sdk.pay(token.id, currency="eur")

    assert refused.value.param == "currency"


def test_an_unknown_token_is_missing(seller_sdk):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        seller_sdk.pay("spt_nobody")

    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_the_older_parameter_pays_too(seller_sdk, token):
    older = {"amount": 100, "currency": "usd", "confirm": True, "shared_payment_granted_token": token.id}

    assert seller_sdk.v1.payment_intents.create(older).status == "succeeded"


def test_it_may_come_with_the_confirmation(seller_sdk, token):
    intent = seller_sdk.v1.payment_intents.create({"amount": 400, "currency": "usd"})
    means = {"payment_method_data": {"shared_payment_granted_token": token.id}}

    assert seller_sdk.v1.payment_intents.confirm(intent.id, means).status == "succeeded"
    assert amounts(token) == (400, 0)


def test_a_payment_that_is_sent_twice_under_one_key_is_made_once(seller_sdk, token):
    asked = {"amount": 400, "currency": "usd", "confirm": True, "shared_payment_granted_token": token.id}
    first, again = (seller_sdk.v1.payment_intents.create(asked, {"idempotency_key": "k"}) for _ in range(2))

    assert first.id == again.id
    assert amounts(token) == (400, 0)


def test_payments_are_listed_page_by_page(seller_sdk, token):
    made = [seller_sdk.pay(token.id, 100).id for _ in range(3)]

    assert [each.id for each in seller_sdk.v1.payment_intents.list({"limit": 2}).auto_paging_iter()] == made[::-1]


def test_the_seller_gets_a_copy_of_the_card_and_not_what_the_agent_noted(agent_sdk, seller_sdk):
    card = agent_sdk.v1.payment_methods.create(
        {"type": "card", "card": {"token": "tok_visa"}, "metadata": {"secret": "note"}}
    )
    token = agent_sdk.issue(payment_method=card.id)

    method = seller_sdk.pay(token.id, expand=["payment_method"]).payment_method

    assert method.id != card.id
    assert (method.card.fingerprint, method.card.last4) == (card.card.fingerprint, "4242")
    assert (method.metadata.to_dict(), method.card.checks.cvc_check) == ({}, None)


class TestTheBuyerIsAsked:
    @pytest.fixture
    def waiting(self, seller_sdk):
        token = issued(1_000, payment_method="pm_card_authenticationRequired")
        return token, seller_sdk.pay(token.id)

    def test_the_agent_learns_of_it(self, waiting, connect):
        token, intent = waiting
        token.refresh_from_db()

        assert intent.status == "requires_action"
        assert token.challenged_intent_id == intent.id
        assert told("issued_token") == ["shared_payment.issued_token.requires_action"]

    def test_and_when_they_have_approved(self, waiting):
        token, intent = waiting
        Client().post(f"/sandbox/authenticate/{intent.id}", {"answer": "approve"})

        assert amounts(token) == (1_000, 0)
        assert told("issued_token") == [
            f"shared_payment.issued_token.{what}" for what in ("requires_action", "active", "used", "deactivated")
        ]

    def test_or_refused(self, waiting):
        token, intent = waiting
        Client().post(f"/sandbox/authenticate/{intent.id}", {"answer": "refuse"})

        assert amounts(token) == (0, 0)
        assert token.challenged_intent is None
        assert told("issued_token")[-1] == "shared_payment.issued_token.active"

    def test_nobody_waits_for_them_once_another_card_is_to_pay(self, waiting, seller_sdk):
        token, intent = waiting
        seller_sdk.v1.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})

        assert amounts(token) == (0, 0)
        assert token.challenged_intent is None

    def test_a_token_that_was_revoked_meanwhile_does_not_pay(self, waiting, seller_sdk):
        token, intent = waiting
        with transaction.atomic():
            revoke_token(token=token)
        Client().post(f"/sandbox/authenticate/{intent.id}", {"answer": "approve"})

        assert seller_sdk.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"
        assert amounts(token) == (0, 0)


def test_both_sides_are_told(seller_sdk, token):
    seller_sdk.pay(token.id, 1_000)

    assert told("issued_token") == ["shared_payment.issued_token.used", "shared_payment.issued_token.deactivated"]
    assert told("granted_token") == ["shared_payment.granted_token.used", "shared_payment.granted_token.deactivated"]
