"""An agent issues a token for a cart, the seller completes the checkout with it, the buyer thinks again."""

import pytest
from django.contrib.admin.utils import quote
from django.urls import reverse

from spt.models import SharedPaymentToken
from tests.caller import Caller, total_of
from tests.payments.sandbox.conftest import Wire

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_cart_is_paid_and_the_token_taken_back(shop, admin_client):
    buyer, agent = Caller("assistant"), Wire("sk_test_assistant")
    first, second = buyer.ready("item_123"), buyer.ready("item_123")

    # The agent gives the shop leave to charge its buyer's card, for this cart and one like it.
    limits = f"usage_limits[currency]=usd&usage_limits[max_amount]={2 * total_of(first)}"
    said = f"payment_method=pm_card_visa&seller_details[external_id]=merchant_123&shared_metadata[cart]=c_1&{limits}"
    token = agent.post("/v1/shared_payment/issued_tokens", said).json()["id"]

    # The shop charges it.
    done = buyer.complete(first, token).json()
    assert done["status"] == "completed"
    assert done["order"]["permalink_url"]
    seen = agent.get(f"/v1/shared_payment/issued_tokens/{token}").json()
    assert seen["usage_details"]["amount_captured"]["value"] == total_of(first)

    # The buyer takes it back, and the next attempt is refused before anything is charged.
    assert agent.post(f"/v1/shared_payment/issued_tokens/{token}/revoke").json()["deactivated_reason"] == "revoked"
    refused = buyer.complete(second, token)
    assert (refused.status_code, refused.json()["code"]) == (400, "token_deactivated")
    assert buyer.read(second)["status"] == "ready_for_payment"

    # Staff see it all.
    row = SharedPaymentToken.objects.get()
    page = admin_client.get(reverse("admin:spt_sharedpaymenttoken_change", args=[quote(row.pk)])).content.decode()
    assert "revoked" in page
    assert first["id"] in page
    assert second["id"] not in page
