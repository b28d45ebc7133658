"""The bank asks the buyer first: on a page, or elsewhere, or it cannot."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import stripe
from django.test import Client

from tests.payments.sandbox.conftest import paid

pytestmark = pytest.mark.django_db(transaction=True)

RETURN = "https://shop.example/done?cart=7"
PROOF = {
    "version": "2.2.0",
    "transaction_id": "f879ea1c-aa2c-4441-806d-e30406466d79",
    "cryptogram": "AAABBIIFmAAAAAAAAAAAAAAAAAA=",
    "electronic_commerce_indicator": "05",
}


def challenged(sdk, card: str = "pm_card_authenticationRequired", **more) -> stripe.PaymentIntent:
    return paid(sdk, card, return_url=RETURN, **more)


def page_of(intent: stripe.PaymentIntent) -> str:
    return str(urlsplit(intent.next_action.redirect_to_url.url).path)


def answer(intent: stripe.PaymentIntent, word: str):
    return Client().post(page_of(intent), {"answer": word})


def test_the_buyer_is_sent_to_a_page(sdk):
    intent = challenged(sdk)

    assert (intent.status, intent.latest_charge, intent.amount_received) == ("requires_action", None, 0)
    assert intent.next_action.type == "redirect_to_url"
    assert intent.next_action.redirect_to_url.return_url == RETURN
    assert page_of(intent) == f"/sandbox/authenticate/{intent.id}"
    assert sdk.events.list({"limit": 1}).data[0].type == "payment_intent.requires_action"


def test_the_page_says_what_is_asked(sdk):
    page = Client().get(page_of(challenged(sdk))).content.decode()

    assert "$42.99" in page
    assert "Visa ···· 3184" in page


def test_an_approved_payment_is_collected(sdk):
    intent = challenged(sdk)

    response = answer(intent, "approve")

    approved = sdk.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (approved.status, approved.next_action) == ("succeeded", None)
    assert approved.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"
    assert response.status_code == 302
    assert parse_qs(urlsplit(response["Location"]).query) == {
        "cart": ["7"],
        "payment_intent": [intent.id],
        "payment_intent_client_secret": [intent.client_secret],
        "redirect_status": ["succeeded"],
    }
    assert sdk.events.list({"limit": 1}).data[0].type == "payment_intent.succeeded"


def test_a_refused_payment_is_not(sdk):
    intent = challenged(sdk)

    response = answer(intent, "refuse")

    refused = sdk.payment_intents.retrieve(intent.id)
    assert (refused.status, refused.latest_charge, refused.payment_method) == ("requires_payment_method", None, None)
    assert refused.last_payment_error.code == "payment_intent_authentication_failure"
    assert refused.last_payment_error.payment_method.card.last4 == "3184"
    assert "redirect_status=failed" in response["Location"]
    assert sdk.events.list({"limit": 1}).data[0].type == "payment_intent.payment_failed"
    assert sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


@pytest.mark.parametrize(
    ("card", "decline_code"),
    [
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_threeDSecureRequiredChargeDeclined", "generic_decline"),
    ],
)
def test_approval_does_not_fill_an_empty_account(sdk, card, decline_code):
    intent = challenged(sdk, card)

    answer(intent, "approve")

    declined = sdk.payment_intents.retrieve(intent.id)
    assert declined.status == "requires_payment_method"
    assert declined.last_payment_error.decline_code == decline_code


def test_without_an_address_to_return_to_the_page_says_how_it_went(sdk):
    intent = paid(sdk, "pm_card_authenticationRequired")

    page = answer(intent, "approve").content.decode()

    assert "Payment approved" in page
    assert "You can close this page" in page


def test_an_address_that_is_no_web_page_is_not_followed(sdk):
    intent = paid(sdk, "pm_card_authenticationRequired", return_url="myapp://done")

    assert answer(intent, "approve").status_code == 200


def test_the_second_answer_changes_nothing(sdk):
    intent = challenged(sdk)
    answer(intent, "approve")

    late = answer(intent, "refuse")

    assert "redirect_status=succeeded" in late["Location"]
    assert sdk.payment_intents.retrieve(intent.id).status == "succeeded"
    assert "Payment approved" in Client().get(page_of(intent)).content.decode()


def test_an_answer_that_is_none_asks_again(sdk):
    intent = challenged(sdk)

    assert "Is this payment yours?" in answer(intent, "perhaps").content.decode()
    assert sdk.payment_intents.retrieve(intent.id).status == "requires_action"


def test_only_the_page_itself_can_answer(sdk):
    intent = challenged(sdk)

    assert Client(enforce_csrf_checks=True).post(page_of(intent), {"answer": "approve"}).status_code == 403
    assert sdk.payment_intents.retrieve(intent.id).status == "requires_action"


@pytest.mark.parametrize("id", ["pi_nobody", "%00"])
def test_there_is_no_page_for_what_does_not_exist(db, id):
    assert Client().get(f"/sandbox/authenticate/{id}").status_code == 404


def test_there_is_no_page_in_a_real_shop(sdk, settings):
    intent = challenged(sdk)
    settings.SANDBOX = False

    assert Client().get(page_of(intent)).status_code == 404


def test_what_is_held_after_approval_is_captured_later(sdk):
    intent = challenged(sdk, capture_method="manual")
    answer(intent, "approve")

    assert sdk.payment_intents.retrieve(intent.id).status == "requires_capture"
    assert sdk.payment_intents.capture(intent.id).status == "succeeded"


def test_a_payment_that_waits_for_its_buyer_can_be_canceled(sdk):
    intent = challenged(sdk)
    sdk.payment_intents.cancel(intent.id)

    assert "redirect_status=failed" in answer(intent, "approve")["Location"]
    assert sdk.payment_intents.retrieve(intent.id).status == "canceled"


class TestImportedProof:
    def test_spares_the_buyer_the_page(self, sdk):
        options = {"card": {"three_d_secure": PROOF}}

        intent = paid(sdk, "pm_card_authenticationRequired", payment_method_options=options, expand=["latest_charge"])

        proof = intent.latest_charge.payment_method_details.card.three_d_secure
        assert intent.status == "succeeded"
        assert (proof.version, proof.electronic_commerce_indicator) == ("2.2.0", "05")
        assert PROOF["cryptogram"] not in str(intent)

    def test_may_come_after_the_bank_has_asked(self, sdk):
        intent = challenged(sdk)

        options = {"card": {"three_d_secure": PROOF}}
        confirmed = sdk.payment_intents.confirm(intent.id, {"payment_method_options": options})

        assert confirmed.status == "succeeded"

    def test_must_be_complete(self, sdk):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            paid(sdk, payment_method_options={"card": {"three_d_secure": {"version": "2.2.0"}}})

        assert refused.value.param == "payment_method_options[card][three_d_secure][transaction_id]"


class TestBuyerNotThere:
    @pytest.mark.parametrize("how", [{"off_session": True}, {"error_on_requires_action": True}])
    def test_a_bank_that_wants_to_ask_declines(self, sdk, how):
        with pytest.raises(stripe.CardError) as declined:
            paid(sdk, "pm_card_authenticationRequired", **how)

        error = declined.value.error
        assert (error.code, error.decline_code) == ("authentication_required", "authentication_required")
        assert error.payment_intent.status == "requires_payment_method"
        assert sdk.charges.retrieve(error.charge).status == "failed"

    def test_a_bank_that_asks_only_a_buyer_who_is_there_pays(self, sdk):
        assert paid(sdk, "pm_card_authenticationRequiredSetupForOffSession", off_session=True).status == "succeeded"
        assert paid(sdk, "pm_card_authenticationRequiredSetupForOffSession").status == "requires_action"

    def test_a_card_that_was_set_up_is_not_asked_about_again(self, sdk):
        customer = sdk.customers.create()
        first = paid(
            sdk, "pm_card_authenticationRequiredOnSetup", customer=customer.id, setup_future_usage="off_session"
        )
        answer(first, "approve")

        again = paid(
            sdk,
            sdk.payment_intents.retrieve(first.id).payment_method,
            customer=customer.id,
            off_session=True,
        )

        assert again.status == "succeeded"


@pytest.mark.parametrize("card", ["pm_card_threeDSecureOptional", "pm_card_threeDSecureOptionalProcessingError"])
def test_some_banks_ask_when_they_are_asked_to(sdk, card):
    options = {"card": {"request_three_d_secure": "any"}}

    assert paid(sdk, card).status == "succeeded"
    assert paid(sdk, card, payment_method_options=options).status == "requires_action"
    assert paid(sdk, "pm_card_visa", payment_method_options=options).status == "succeeded"


def test_a_browser_can_go_the_whole_way(sdk, live_server):
    """The page, its form and its token, over HTTP."""
    intent = paid(sdk, "pm_card_authenticationRequired", return_url=f"{live_server.url}/terms")
    with requests.Session() as browser:
        url = live_server.url + page_of(intent)
        page = browser.get(url).text
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        end = browser.post(url, {"csrfmiddlewaretoken": token, "answer": "approve"})

    assert end.url.startswith(f"{live_server.url}/terms?payment_intent={intent.id}")
    assert sdk.payment_intents.retrieve(intent.id).status == "succeeded"
