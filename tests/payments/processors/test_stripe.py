"""What only a processor far away can do: not answer, break off, refuse us. And what we send it, to the letter."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe
from django.core.exceptions import ImproperlyConfigured

from payments.money import Money
from payments.processors import stripe as stripe_processor
from payments.processors.base import (
    Authentication,
    Authorized,
    BadSignature,
    CardRefused,
    Declined,
    Event,
    Misconfigured,
    NoSuchCredential,
    PaymentRefused,
    RefundFailed,
    RequiresAction,
    Succeeded,
    Unknown,
)
from payments.processors.stripe import StripeProcessor, read_event
from tests.payments.factories import VISA, card
from tests.payments.processors import scripted
from tests.payments.processors.scripted import Script, error, intent, says
from tests.traces import tells

KEY = "sk_test_verysecret"
PROOF = Authentication("AAIBBYNoEwAAAAAAhAdoAAAAAAA=", "05", "tx_1", "2.2.0")
CVC = "7391"

ASK: dict[str, Callable[[StripeProcessor], Any]] = {
    "store_card": lambda door: door.store_card(card(cvc=CVC), key="k"),
    "create": lambda door: door.create(amount=Money(4_299, "usd"), key="k", metadata={}),
    "confirm": lambda door: door.confirm("pi_1", credential="pm_card_visa", key="k"),
    "authenticate": lambda door: door.authenticate("pi_1", proof=PROOF, key="k"),
    "capture": lambda door: door.capture("pi_1", key="k"),
    "cancel": lambda door: door.cancel("pi_1", key="k"),
    "retrieve": lambda door: door.retrieve("pi_1"),
    "refund": lambda door: door.refund("pi_1", amount=Money(100, "usd"), key="k", metadata={}),
    "retrieve_refund": lambda door: door.retrieve_refund("re_1"),
    "refunds_of": lambda door: door.refunds_of("pi_1"),
    "disputes_of": lambda door: door.disputes_of("pi_1"),
}
SILENCE = {
    "nobody there": None,
    "dropped": scripted.drops,
    "broken off": scripted.breaks_off,
    "silent": scripted.is_silent,
    "not Stripe": scripted.babbles,
    "nonsense": says(200, ["?"]),
    "a shape we do not know": says(200, {"object": "list", "data": [{}], "has_more": False}),
    "500": error(500, type="api_error"),
    "503": error(503, type="api_error"),
    "409": error(409, code="idempotency_key_in_use"),
    "429": error(429, code="rate_limit"),
    "the key again": error(400, type="idempotency_error"),
}


@pytest.fixture
def server():
    with scripted.serving() as script:
        yield script


@pytest.fixture
def door(server: Script, settings, monkeypatch) -> Iterator[StripeProcessor]:
    monkeypatch.setattr(stripe_processor, "TIMEOUT", (0.5, 0.5))
    monkeypatch.setattr(stripe_processor, "RETRIES", 0)
    stripe_processor._client.cache_clear()
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = KEY, server.url
    settings.PUBLIC_URL = "https://shop.example"
    yield StripeProcessor()
    stripe_processor._client.cache_clear()


class TestSilence:
    @pytest.mark.parametrize("how", SILENCE)
    @pytest.mark.parametrize("what", ASK)
    def test_leaves_the_outcome_unknown(self, door, server, settings, what, how):
        if SILENCE[how] is None:
            settings.STRIPE_API_BASE = "http://127.0.0.1:9"
            door = StripeProcessor()
        else:
            server.will(SILENCE[how])

        with pytest.raises(Unknown) as raised:
            ASK[what](door)

        assert not isinstance(raised.value, Misconfigured)

    def test_is_broken_by_asking_again_with_the_same_key(self, door, server, monkeypatch):
        monkeypatch.setattr(stripe_processor, "RETRIES", 1)
        stripe_processor._client.cache_clear()
        server.will(scripted.drops, intent("succeeded"))

        assert StripeProcessor().confirm("pi_1", credential="pm_card_visa", key="k") == Succeeded("ch_1")

        assert [request.headers["Idempotency-Key"] for request in server.requests] == ["k", "k"]

    def test_about_a_key_used_for_another_request_is_said_aloud(self, door, server, caplog):
        server.will(error(400, type="idempotency_error"))

        with pytest.raises(Unknown):
            ASK["confirm"](door)

        assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize("what", ASK)
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_opens_nothing_is_our_mistake_and_never_a_decline(door, server, caplog, what, status):
    server.will(error(status, message=f"Invalid API Key provided: {KEY}"))

    with pytest.raises(Misconfigured) as raised:
        ASK[what](door)

    assert "STRIPE_SECRET_KEY" in caplog.text
    assert KEY not in caplog.text + shown(raised.value)


@pytest.mark.parametrize("what", ["retrieve", "retrieve_refund", "refunds_of", "disputes_of", "refund"])
def test_an_account_that_does_not_know_our_payment_is_the_wrong_one(door, server, what):
    server.will(error(404, code="resource_missing", param="intent"))

    with pytest.raises(Misconfigured):
        ASK[what](door)


def test_without_a_key_there_is_no_processor(settings):
    settings.STRIPE_SECRET_KEY = ""

    with pytest.raises(ImproperlyConfigured, match="STRIPE_SECRET_KEY"):
        StripeProcessor()


class TestRequests:
    def test_name_our_version_and_key_and_nothing_of_the_machine(self, door, server):
        server.will(intent("requires_payment_method"))

        ASK["create"](door)

        (request,) = server.requests
        assert request.headers["Stripe-Version"] == "2026-10-28.endive"
        assert (request.headers["Idempotency-Key"], request.headers["Authorization"]) == ("k", f"Bearer {KEY}")
        told = json.loads(request.headers["X-Stripe-Client-User-Agent"])
        assert not {"telemetry_id", "platform"} & set(told)

    def test_announce_without_confirming(self, door, server):
        server.will(intent("requires_payment_method"))

        door.create(amount=Money(4_299, "usd"), key="k", metadata={"payment": "pay_1"}, capture="manual")

        (request,) = server.requests
        assert request.path == "/v1/payment_intents"
        assert request.form == {
            "amount": "4299",
            "currency": "usd",
            "capture_method": "manual",
            "metadata[payment]": "pay_1",
        }

    @pytest.mark.parametrize(
        ("credential", "form", "version"),
        [
            ("pm_1", {"payment_method": "pm_1"}, "2026-10-28.endive"),
            (
                "tok_1",
                {"payment_method_data[type]": "card", "payment_method_data[card][token]": "tok_1"},
                "2026-10-28.endive",
            ),
            ("spt_1", {"payment_method_data[shared_payment_granted_token]": "spt_1"}, "2026-04-22.preview"),
        ],
    )
    def test_confirm_with_each_kind_of_credential(self, door, server, credential, form, version):
        server.will(intent("succeeded"))

        door.confirm("pi_1", credential=credential, key="k")

        (request,) = server.requests
        assert request.path == "/v1/payment_intents/pi_1/confirm"
        assert request.form == {**form, "return_url": "https://shop.example/payments/return"}
        assert request.headers["Stripe-Version"] == version

    def test_prove_what_the_buyers_bank_said(self, door, server):
        server.will(intent("succeeded"))

        ASK["authenticate"](door)

        proof = "payment_method_options[card][three_d_secure]"
        assert {
            f"{proof}[cryptogram]": "AAIBBYNoEwAAAAAAhAdoAAAAAAA=",
            f"{proof}[electronic_commerce_indicator]": "05",
            f"{proof}[transaction_id]": "tx_1",
            f"{proof}[version]": "2.2.0",
        }.items() <= server.requests[0].form.items()

    def test_go_through_all_pages_of_a_list(self, door, server):
        refund = {"object": "refund", "amount": 100, "currency": "usd", "status": "succeeded", "metadata": {}}
        page = {"object": "list", "url": "/v1/refunds"}
        server.will(
            says(200, page | {"has_more": True, "data": [refund | {"id": "re_2"}]}),
            says(200, page | {"has_more": False, "data": [refund | {"id": "re_1"}]}),
        )

        assert [facts.id for facts in door.refunds_of("pi_1")] == ["re_2", "re_1"]

        assert "payment_intent=pi_1" in server.requests[1].path
        assert "starting_after=re_2" in server.requests[1].path


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (intent("succeeded"), Succeeded("ch_1")),
            (intent("requires_capture"), Authorized()),
            (
                intent("requires_action", next_action={"type": "redirect_to_url", "redirect_to_url": {"url": "u"}}),
                RequiresAction("u"),
            ),
            (
                intent("requires_action", next_action={"type": "use_stripe_sdk", "use_stripe_sdk": {"stripe_js": "j"}}),
                RequiresAction("j"),
            ),
            (intent("requires_payment_method"), None),
            (intent("requires_confirmation"), None),
        ],
    )
    def test_mean_one_thing_each(self, door, server, answer, outcome):
        server.will(answer)

        assert door.retrieve("pi_1") == outcome

    @pytest.mark.parametrize("status", ["processing", "a_status_of_tomorrow"])
    def test_that_settle_nothing_leave_the_outcome_unknown(self, door, server, status):
        server.will(intent(status))

        with pytest.raises(Unknown):
            door.confirm("pi_1", credential="pm_1", key="k")

    def test_of_a_bank_become_our_words(self, door, server):
        server.will(error(402, type="card_error", code="card_declined", decline_code="insufficient_funds"))

        outcome = door.confirm("pi_1", credential="pm_1", key="k")

        assert isinstance(outcome, Declined)
        assert outcome.code == "insufficient_funds"

    @pytest.mark.parametrize(
        "refusal",
        [
            {"code": "resource_missing", "param": "payment_method", "message": "No such PaymentMethod: 'pm_1'"},
            {"code": "resource_missing", "param": "payment_method_data[card][token]"},
            {"code": "token_already_used"},
            {"code": "payment_method_unexpected_state"},
            {
                "message": "The shared payment granted token cannot be used because it is already in a deactivated "
                "state."
            },
            {
                "message": "The requested amount is greater than the remaining amount capturable with this shared "
                "payment granted token."
            },
        ],
    )
    def test_about_the_credential_are_no_decline_of_a_bank(self, door, server, refusal):
        server.will(error(400, **refusal))

        with pytest.raises(NoSuchCredential):
            door.confirm("pi_1", credential="pm_1", key="k")

    def test_that_it_was_paid_before_lead_to_how(self, door, server):
        server.will(error(400, code="payment_intent_unexpected_state"), intent("succeeded"))

        assert door.confirm("pi_1", credential="pm_1", key="k") == Succeeded("ch_1")

    def test_that_we_do_not_understand_are_looked_into_and_said_aloud(self, door, server, caplog):
        server.will(error(400, code="parameter_unknown", param="amountt"), intent("requires_payment_method"))

        outcome = door.confirm("pi_1", credential="pm_1", key="k")

        assert isinstance(outcome, Declined)
        assert outcome.code == "processing_error"
        assert "parameter_unknown" in caplog.text

    @pytest.mark.parametrize("code", ["amount_too_small", "amount_too_large"])
    def test_that_no_such_amount_can_be_paid_are_final(self, door, server, code):
        server.will(error(400, code=code, param="amount"))

        with pytest.raises(PaymentRefused) as refused:
            ASK["create"](door)

        assert refused.value.code == "amount_not_accepted"

    def test_that_the_account_has_too_little_money_fail_a_refund(self, door, server):
        server.will(error(400, code="balance_insufficient"))

        outcome = ASK["refund"](door)

        assert isinstance(outcome, RefundFailed)
        assert (outcome.id, outcome.code) == ("", "insufficient_funds")


class TestRawCards:
    def test_are_taken_only_where_the_account_may_take_them(self, door, server):
        server.will(error(400, message="Sending credit card numbers directly to the Stripe API is generally unsafe."))

        with pytest.raises(CardRefused) as refused:
            ASK["store_card"](door)

        assert (refused.value.code, refused.value.field) == ("raw_cards_not_enabled", "number")

    @pytest.mark.parametrize(
        "answer",
        [
            error(400, message=f"{VISA} {CVC}"),
            error(402, type="card_error", code="card_declined", message=f"{VISA} {CVC}"),
            error(500, message=f"{VISA} {CVC}"),
            error(401, message=f"{VISA} {CVC}"),
            error(400, type="idempotency_error", message=f"{VISA} {CVC}"),
            scripted.drops,
        ],
    )
    def test_are_in_no_error_and_no_log(self, door, server, answer, caplog):
        caplog.set_level(logging.DEBUG)
        caplog.set_level(logging.DEBUG, logger="urllib3")
        server.will(answer)

        with pytest.raises((CardRefused, Unknown)) as raised:
            ASK["store_card"](door)

        said = caplog.text + shown(raised.value)
        assert VISA not in said
        assert KEY not in said
        assert not tells(said, CVC)  # the server's port may have its digits

    def test_are_in_no_log_when_all_goes_well(self, door, server, caplog, capfd):
        caplog.set_level(logging.DEBUG)
        facts = {"brand": "visa", "last4": "4242", "exp_month": 1, "exp_year": 2031, "funding": "credit"}
        server.will(says(200, {"id": "pm_1", "object": "payment_method", "card": facts | {"fingerprint": "f"}}))

        assert ASK["store_card"](door).id == "pm_1"

        written = caplog.text + "".join(capfd.readouterr())
        assert server.requests[0].form["card[number]"] == VISA
        assert VISA not in written
        assert KEY not in written
        assert not tells(written, CVC)


class TestReadEvent:
    BODY = b'{"id":"evt_1","type":"charge.refunded","data":{"object":{"object":"charge","payment_intent":"pi_1"}}}'

    def signed(self, body: bytes = BODY, secret: str = "whsec_1", **more: Any) -> str:
        return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, **more)

    def test_believes_who_knows_the_secret(self):
        assert read_event(self.BODY, self.signed(), "whsec_1") == Event("evt_1", "charge.refunded", "pi_1")

    @pytest.mark.parametrize("signature", ["", "t=1", "v1=1", "t=soon,v1=2", "t=1,v1=é", "\x00", "t=1,v1=" + "0" * 64])
    def test_refuses_what_is_no_signature(self, signature):
        with pytest.raises(BadSignature):
            read_event(self.BODY, signature, "whsec_1")

    def test_refuses_another_secret_another_body_and_old_news(self):
        for body, signature in [
            (self.BODY, self.signed(secret="whsec_2")),
            (self.BODY + b" ", self.signed()),
            (self.BODY, self.signed(timestamp=1_700_000_000)),
            (b"\xff", self.signed()),
        ]:
            with pytest.raises(BadSignature):
                read_event(body, signature, "whsec_1")

    def test_refuses_everything_without_a_secret(self):
        with pytest.raises(BadSignature):
            read_event(self.BODY, self.signed(secret=""), "")

    @pytest.mark.parametrize(
        "body", [b"{}", b"[]", b"3", b'{"data":{"object":{"object":"customer"}}}', b'{"data":{"object":null}}']
    )
    def test_leaves_what_is_about_no_payment(self, body):
        assert read_event(body, self.signed(body), "whsec_1") is None

    def test_refuses_what_is_no_json(self):
        with pytest.raises(BadSignature):
            read_event(b"{", self.signed(b"{"), "whsec_1")


def shown(raised: BaseException) -> str:
    return "".join(traceback.format_exception(raised)) + repr(vars(raised))
