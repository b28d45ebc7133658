"""`spt_` credentials complete a checkout session, within the limits that their agent gave them."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from payments.models import Payment
from payments.sandbox.accounts import TILL
from spt.operations import Seller
from spt.sellers import profile_of
from tests.caller import Caller, total_of
from tests.checkout.conftest import shop  # noqa: F401
from tests.spt.conftest import issued

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def caller(shop) -> Caller:  # noqa: F811
    return Caller()


def code_of(response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_a_session_is_completed_with_one(caller):
    session = caller.ready()
    token = issued(total_of(session), seller=Seller(external_id="merchant_123"))

    done = caller.complete(session, token.id)

    assert done.json()["status"] == "completed"
    token.refresh_from_db()
    assert (token.captured_amount, token.deactivated_reason) == (total_of(session), "consumed")
    assert token.uses.get().payment_intent.metadata["reference"] == session["id"]


def test_in_the_shape_of_older_versions_too(caller):
    session = caller.ready()
    token = issued()
    body = {"payment_data": {"token": token.id, "provider": "stripe"}}

    done = caller.speaking("2025-09-29").post(f"/checkout_sessions/{session['id']}/complete", body)

    assert done.json()["status"] == "completed"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"max_amount": 100}, "token_amount_exceeded"),
        ({"seller": Seller(external_id="merchant_of_venice")}, "token_wrong_merchant"),
        ({"seller": Seller(network_business_profile="profile_test_somebody")}, "token_wrong_merchant"),
    ],
)
def test_its_limits_hold_before_anything_is_charged(caller, more, code):
    session = caller.ready()

    assert code_of(caller.complete(session, issued(**more).id)) == (400, code)
    assert not Payment.objects.exists()
    assert caller.read(session)["status"] == "ready_for_payment"


def test_the_shops_own_profile_is_the_shop(caller):
    token = issued(seller=Seller(network_business_profile=profile_of(TILL)))

    assert caller.complete(caller.ready(), token.id).json()["status"] == "completed"


def test_one_that_has_ended_pays_nothing(caller):
    session = caller.ready()
    token = issued(expires_at=timezone.now() + timedelta(seconds=30))

    with time_machine.travel(token.expires_at):
        assert code_of(caller.complete(session, token.id)) == (400, "token_deactivated")


def test_nobodys_is_not_found(caller):
    assert code_of(caller.complete(caller.ready(), "spt_nobody")) == (400, "token_not_found")


def test_it_can_pay_for_two_sessions_within_its_cap_and_not_for_a_third(caller):
    sessions = [caller.ready() for _ in range(3)]
    token = issued(2 * total_of(sessions[0]) + 50)

    answers = [caller.complete(session, token.id).json().get("status") for session in sessions]

    assert answers == ["completed", "completed", None]


def test_a_decline_leaves_the_session_payable_and_the_token_as_it_was(caller):
    session = caller.ready()
    token = issued(payment_method="pm_card_chargeDeclined")

    declined = caller.complete(session, token.id).json()

    assert declined["status"] == "ready_for_payment"
    assert declined["messages"][0]["code"] == "payment_declined"
    token.refresh_from_db()
    assert (token.captured_amount, token.reserved_amount, token.deactivated_at) == (0, 0, None)


class TestWithStripe:
    """The token is Stripe's own then, and passed through; here Stripe is the sandbox's `/v1`, over HTTP."""

    @pytest.fixture(autouse=True)
    def _stripe(self, settings, live_server):
        settings.PAYMENT_PROCESSOR = "payments.processors.stripe.StripeProcessor"
        settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_till", live_server.url

    def test_a_session_is_completed_and_the_token_counts_it_once(self, caller):
        session, token = caller.ready(), issued()

        assert caller.complete(session, token.id).json()["status"] == "completed"
        token.refresh_from_db()
        assert (token.captured_amount, token.reserved_amount) == (total_of(session), 0)

    @pytest.mark.parametrize("cap", [100, None], ids=["too little", "nobody's"])
    def test_what_stripe_refuses_leaves_the_session_payable(self, caller, cap):
        session = caller.ready()

        refused = caller.complete(session, issued(cap).id if cap else "spt_nobody").json()

        assert refused["status"] == "ready_for_payment"
        assert refused["messages"][0]["code"] == "payment_declined"
