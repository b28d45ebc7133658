"""The six addresses, through Stripe's GA SDK on a running server, and as the mock of seed 000 was called."""

import time
from datetime import timedelta

import pytest
import stripe
import time_machine
from django.utils import timezone

from payments.sandbox.accounts import account_of
from spt.models import SharedPaymentToken
from spt.operations import Seller
from spt.sellers import profile_of
from tests.spt.conftest import AGENT, issued

pytestmark = pytest.mark.django_db(transaction=True)

SEED = "payment_method=pm_test_card&usage_limits[currency]=usd&usage_limits[max_amount]=5000"


class TestIssue:
    def test_the_agent_sees_what_it_said(self, agent_sdk):
        token = agent_sdk.issue(
            shared_metadata={"cart": "c_1"}, return_url="https://a.example/r", setup_future_usage="on_session"
        )

        assert token.id.startswith("spt_")
        assert (token.object, token.status, token.livemode) == ("shared_payment.issued_token", "active", False)
        assert token.seller_details.to_dict() == {"external_id": "m_1", "network_business_profile": None}
        assert token.usage_details.to_dict() == {"amount_captured": {"currency": "usd", "value": 0}}
        assert (token.return_url, token.setup_future_usage) == ("https://a.example/r", "on_session")
        assert agent_sdk("get", f"shared_payment/issued_tokens/{token.id}").to_dict() == token.to_dict()

    def test_the_private_previews_name_for_a_profile_is_understood(self, agent_sdk):
        token = agent_sdk.issue(seller_details={"network_id": "profile_test_61TU"})

        assert token.seller_details.network_business_profile == "profile_test_61TU"

    @pytest.mark.parametrize(
        ("said", "code", "param"),
        [
            ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
            ({"payment_method": "tok_visa"}, "resource_missing", "payment_method"),
            ({"seller_details": None}, "parameter_missing", "seller_details"),
            ({"metadata": {"a": "b"}}, "parameter_unknown", "metadata"),
            ({"setup_future_usage": "off_session"}, None, "setup_future_usage"),
            ({"usage_limits": {"currency": "usd"}}, "parameter_missing", "usage_limits[max_amount]"),
            (
                {"usage_limits": {"currency": "usd", "max_amount": 0}},
                "parameter_invalid_integer",
                "usage_limits[max_amount]",
            ),
            (
                {"usage_limits": {"currency": "usd", "max_amount": 1, "recurring_interval": "month"}},
                "parameter_unknown",
                "usage_limits[recurring_interval]",
            ),
        ],
    )
    def test_what_is_wrong_is_said_as_stripe_says_it(self, agent_sdk, said, code, param):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            agent_sdk.issue(**said)

        assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)
        assert not SharedPaymentToken.objects.exists()

    @pytest.mark.parametrize("seconds", [-1_000_000_000, 0, 91 * 86_400, 10**15])
    def test_it_ends_within_ninety_days(self, agent_sdk, seconds):
        limits = {"currency": "usd", "max_amount": 1, "expires_at": int(time.time()) + seconds}
        with pytest.raises(stripe.InvalidRequestError) as refused:
            agent_sdk.issue(usage_limits=limits)

        assert refused.value.param == "usage_limits[expires_at]"

    def test_a_key_issues_once(self, agent_sdk):
        limits = {"currency": "usd", "max_amount": 500}
        first, again = (agent_sdk.issue(usage_limits=limits, idempotency_key="k") for _ in range(2))

        assert again.to_dict() == first.to_dict()
        with pytest.raises(stripe.IdempotencyError):
            agent_sdk.issue(usage_limits=limits | {"max_amount": 501}, idempotency_key="k")
        assert SharedPaymentToken.objects.count() == 1

    def test_a_card_that_its_customer_took_back_is_not_shared(self, agent_sdk):
        card = agent_sdk.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
        agent_sdk.v1.payment_methods.attach(card.id, {"customer": agent_sdk.v1.customers.create().id})
        agent_sdk.v1.payment_methods.detach(card.id)

        with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
            agent_sdk.issue(payment_method=card.id)

    @pytest.mark.parametrize(
        ("profile", "message"),
        [
            (profile_of(str(account_of(AGENT))), "same as the counterparty network_id"),
            ("profile_61TU", "The livemode of the API request and the network_id provided do not match"),
            ("acct_61TU", "Stripe business profile not found"),
        ],
    )
    def test_a_seller_that_cannot_be_is_refused(self, agent_sdk, profile, message):
        with pytest.raises(stripe.InvalidRequestError, match=message) as refused:
            agent_sdk.issue(seller_details={"network_business_profile": profile})

        assert refused.value.http_status == 400

    def test_a_name_of_the_shop_will_do_for_its_profile(self, agent_sdk):
        token = agent_sdk.issue(seller_details={"network_business_profile": "merchant_123"})

        assert token.seller_details.network_business_profile == "merchant_123"


class TestTestHelpers:
    """A seller plays the agent."""

    HELPER = "test_helpers/shared_payment/granted_tokens"
    GRANT = {"payment_method": "pm_card_visa", "usage_limits": {"currency": "usd", "max_amount": 500}}

    @pytest.mark.parametrize("more", [{}, {"seller_details": {"network_id": "internal"}}], ids=["preview", "older"])
    def test_grant_a_token_that_pays(self, seller_sdk, more):
        token = seller_sdk("post", self.HELPER, shared_metadata={"cart": "c_1"}, **self.GRANT, **more)

        assert (token.object, token.shared_metadata.to_dict()) == ("shared_payment.granted_token", {"cart": "c_1"})
        assert seller_sdk.pay(token.id, 500).status == "succeeded"

    def test_and_take_it_back(self, seller_sdk):
        token = seller_sdk("post", self.HELPER, **self.GRANT)

        assert seller_sdk("post", f"{self.HELPER}/{token.id}/revoke").deactivated_reason == "revoked"
        with pytest.raises(stripe.InvalidRequestError, match="already in a deactivated state"):
            seller_sdk.pay(token.id, 500)

    def test_for_themselves_alone(self, agent_sdk, seller_sdk):
        token = seller_sdk("post", self.HELPER, **self.GRANT)

        with pytest.raises(stripe.InvalidRequestError) as refused:
            agent_sdk.pay(token.id, 500)
        assert refused.value.code == "resource_missing"


class TestWhoSees:
    def test_the_seller_that_is_named_and_no_other(self, agent_sdk, seller_sdk, connect):
        token = issued(seller=seller_named("sk_test_seller"))

        assert seller_sdk.granted(token.id).agent_details.network_business_profile == profile_of(token.account)
        for stranger in (agent_sdk, type(agent_sdk)(connect("sk_test_stranger"))):
            with pytest.raises(stripe.InvalidRequestError) as refused:
                stranger.granted(token.id)
            assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")

    def test_another_agents_token_does_not_exist(self, agent_sdk, seller_sdk):
        token = agent_sdk.issue()
        for verb, path in (("get", token.id), ("post", f"{token.id}/revoke")):
            with pytest.raises(stripe.InvalidRequestError) as refused:
                seller_sdk(verb, f"shared_payment/issued_tokens/{path}")
            assert refused.value.http_status == 404

    def test_whoever_uses_it_first_if_none_is_named(self, agent_sdk, seller_sdk, connect):
        token = agent_sdk.issue()
        seller_sdk.pay(token.id, 100)

        with pytest.raises(stripe.InvalidRequestError):
            type(agent_sdk)(connect("sk_test_stranger")).pay(token.id, 100)


class TestEnd:
    def test_a_token_that_is_read_after_its_end_is_deactivated(self, agent_sdk):
        token = agent_sdk.issue()

        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            read = agent_sdk("get", f"shared_payment/issued_tokens/{token.id}")

        assert (read.status, read.deactivated_reason) == ("deactivated", "expired")

    def test_at_its_last_second_it_pays_no_more(self, seller_sdk):
        token = issued(expires_at=timezone.now().replace(microsecond=0) + timedelta(minutes=1))

        with time_machine.travel(token.expires_at, tick=False), pytest.raises(stripe.InvalidRequestError) as refused:
            seller_sdk.pay(token.id)

        assert "already in a deactivated state" in str(refused.value)

    def test_revoking_twice_is_revoking_once(self, agent_sdk):
        token = agent_sdk.issue()
        first = agent_sdk("post", f"shared_payment/issued_tokens/{token.id}/revoke")

        assert agent_sdk("post", f"shared_payment/issued_tokens/{token.id}/revoke").to_dict() == first.to_dict()


class TestSeed000:
    """Without a key, as its README prints it."""

    def test_issue_and_look(self, wire):
        token = wire.post("/v1/shared_payment/issued_tokens", SEED).json()
        granted = wire.get(f"/v1/shared_payment/granted_tokens/{token['id']}").json()

        assert {"id", "object", "created", "livemode"} <= token.keys()
        assert (granted["id"], granted["payment_method"], granted["status"]) == (token["id"], "pm_test_card", "active")
        assert granted["usage_limits"] == {"currency": "usd", "max_amount": 5000, "expires_at": None}

    def test_its_date_in_2009_is_refused(self, wire):
        refused = wire.post("/v1/shared_payment/issued_tokens", f"{SEED}&usage_limits[expires_at]=1234567890")

        assert refused.status_code == 400
        assert refused.json()["error"]["param"] == "usage_limits[expires_at]"

    def test_where_keys_are_required_one_is_asked_for(self, wire, settings):
        settings.ANONYMOUS_AGENT = ""

        assert wire.post("/v1/shared_payment/issued_tokens", SEED).status_code == 401

    def test_there_is_none_without_a_sandbox(self, wire, settings):
        settings.SANDBOX = False

        assert wire.post("/v1/shared_payment/issued_tokens", SEED).status_code == 404


def test_queries_do_not_grow_with_the_tokens(wire, django_assert_max_num_queries):
    tokens = [issued() for _ in range(20)]

    with django_assert_max_num_queries(2):
        wire.get(f"/v1/shared_payment/granted_tokens/{tokens[0].id}")


def seller_named(key: str):
    return Seller(network_business_profile=profile_of(str(account_of(key))))
