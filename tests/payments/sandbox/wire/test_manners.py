"""What every answer of `/v1` has, whatever was asked: headers, errors, and JSON."""

import json

import pytest
import stripe
from django.urls import get_resolver

from payments.sandbox.wire.base import StripeViewSet
from tests.payments.sandbox.conftest import Wire


def error(response) -> dict:
    assert response["Content-Type"] == "application/json"
    return response.json()["error"]


class TestHeaders:
    def test_a_request_has_an_id(self, wire):
        assert wire.get("/v1/customers")["Request-Id"].startswith("req_")
        assert wire.get("/v1/nothing")["Request-Id"].startswith("req_")

    @pytest.mark.parametrize("version", ["2026-10-28.endive", "2026-04-22.preview", "2019-12-03"])
    def test_any_version_is_taken(self, wire, version):
        assert wire.get("/v1/customers", Stripe_Version=version)["Stripe-Version"] == version

    def test_without_one_it_is_the_one_we_know(self, wire):
        assert wire.get("/v1/customers")["Stripe-Version"] == "2026-10-28.endive"

    def test_a_first_answer_names_its_request(self, wire):
        response = wire.post("/v1/customers", Idempotency_Key="k")

        assert response["Original-Request"] == response["Request-Id"]
        assert response["Idempotency-Key"] == "k"

    def test_nothing_is_cached(self, wire):
        assert wire.get("/v1/customers")["Cache-Control"] == "no-cache, no-store"

    def test_a_refusal_says_whether_to_try_again(self, wire):
        assert wire.get("/v1/customers/cus_nobody")["Stripe-Should-Retry"] == "false"


class TestUnknownAddresses:
    @pytest.mark.parametrize("path", ["/v1/nothing", "/v1/", "/v1", "/v1/customers/", "/v1/customers/a/b/c"])
    def test_are_told_in_json(self, wire, path):
        response = wire.get(path)

        assert response.status_code == 404
        assert error(response)["message"].startswith(f"Unrecognized request URL (GET: {path})")

    def test_so_are_unknown_methods(self, wire):
        response = wire.delete("/v1/payment_intents/pi_1")

        assert response.status_code == 404
        assert "DELETE: /v1/payment_intents/pi_1" in error(response)["message"]

    @pytest.mark.django_db(transaction=True)
    def test_the_sdk_understands(self, connect):
        with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
            connect("sk_test_till").v1.invoices.list()

    def test_a_path_may_hold_anything(self, wire):
        assert wire.get("/v1/customers/%00").status_code == 404
        assert wire.get("/v1/customers/" + "x" * 3000).status_code == 404
        assert wire.get("/v1/customers/%F0%9F%92%B3").status_code == 404


class TestRealShop:
    def test_has_no_sandbox(self, wire, settings):
        settings.SANDBOX = False

        for path in ("/v1/customers", "/v1/payment_intents/pi_1", "/v1/nothing"):
            assert wire.get(path).status_code == 404
            assert wire.post(path).status_code == 404
        assert Wire(None).get("/v1/customers").status_code == 404


class TestErrors:
    def test_have_a_type_a_code_a_message_and_where_to_read_more(self, wire):
        assert error(wire.get("/v1/payment_intents/pi_nobody")) == {
            "code": "resource_missing",
            "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
            "message": "No such payment_intent: 'pi_nobody'",
            "param": "intent",
            "type": "invalid_request_error",
        }

    def test_several_unknown_parameters_are_all_named(self, wire):
        response = wire.post("/v1/customers", "nmae=Ada&address[stret]=1")

        assert error(response)["message"] == "Received unknown parameters: address[stret], nmae"

    def test_unknown_parameters_are_refused_in_queries_too(self, wire):
        assert error(wire.get("/v1/customers?lmit=3"))["message"] == "Received unknown parameter: lmit"
        assert error(wire.delete("/v1/customers/cus_1?force=true"))["param"] == "force"

    def test_a_card_number_is_never_repeated(self, wire):
        response = wire.post("/v1/payment_intents", "amount=100&currency=usd&payment_method=4242424242424242")

        assert error(response)["message"] == "No such PaymentMethod: '************4242'"

    def test_our_own_failure_says_nothing_but_that(self, wire, trouble):
        trouble(ZeroDivisionError("a secret of ours"))
        response = wire.post("/v1/payment_intents", "amount=100&currency=usd&payment_method_data[voucher]=v_1")

        assert response.status_code == 500
        assert error(response)["type"] == "api_error"
        assert "secret" not in response.content.decode()


class TestBodies:
    def test_may_be_json(self, wire):
        body = {"email": "ada@example.com", "metadata": {"7": 7}, "preferred_locales": ["en"], "balance": -5}

        customer = wire.post("/v1/customers", json.dumps(body), "application/json").json()

        assert (customer["email"], customer["balance"]) == ("ada@example.com", -5)
        assert (customer["metadata"], customer["preferred_locales"]) == ({"7": "7"}, ["en"])

    def test_may_be_a_form_as_curl_writes_it(self, wire):
        body = "name=Zoë&metadata[0]=zero&metadata[a b]=c&preferred_locales[]=en&preferred_locales[]=fr&address[line1]="

        customer = wire.post("/v1/customers", body).json()

        assert (customer["name"], customer["metadata"]) == ("Zoë", {"0": "zero", "a b": "c"})
        assert customer["preferred_locales"] == ["en", "fr"]

    def test_may_be_missing(self, wire):
        assert wire.post("/v1/customers", "", "").status_code == 200

    @pytest.mark.parametrize(
        ("body", "content_type", "status"),
        [
            ("{", "application/json", 400),
            ("[]", "application/json", 400),
            ('{"amount": NaN}', "application/json", 400),
            ('{"a": "\\u0000"}', "application/json", 400),
            ("name=%00", "application/x-www-form-urlencoded", 400),
            ("name=%FF", "application/x-www-form-urlencoded", 400),
            ("name=a&name[b]=c", "application/x-www-form-urlencoded", 400),
            ("name[b]=c&name=a", "application/x-www-form-urlencoded", 400),
            ("a" + "[b]" * 50 + "=c", "application/x-www-form-urlencoded", 400),
            ("&".join(f"metadata[{n}]=x" for n in range(2000)), "application/x-www-form-urlencoded", 400),
            ("name=" + "x" * 2**21, "application/x-www-form-urlencoded", 413),
            ("<name/>", "application/xml", 415),
        ],
    )
    def test_that_cannot_be_read_are_refused(self, wire, body, content_type, status):
        response = wire.post("/v1/customers", body, content_type)

        assert (response.status_code, error(response)["type"]) == (status, "invalid_request_error")

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ("metadata=x", "Invalid object"),
            ("metadata[a][b]=x", "Invalid string: metadata must be a string"),
            ("address=x", "Invalid object"),
            ("preferred_locales=en", "Invalid array"),
            ("preferred_locales[a]=en", "Invalid array"),
            ("name[x]=y", "Invalid string: name must be a string"),
            ("balance=x", "Invalid integer: x"),
            ("balance=99999999999999999999", "Invalid integer: balance is too large"),
            ("phone=" + "1" * 21, "Invalid string: phone must be at most 20 characters"),
            ("tax_exempt=maybe", "Invalid tax_exempt: must be one of none, exempt, or reverse"),
            ("invoice_prefix=", "You passed an empty string for 'invoice_prefix'."),
            ("name=" + "x" * 5001, "Invalid string: name must be at most"),
        ],
    )
    def test_that_say_the_wrong_thing_are_told_what(self, wire, said, message):
        response = wire.post("/v1/customers", said)

        assert response.status_code == 400
        assert error(response)["message"].startswith(message)


def test_every_post_is_once_per_key():
    handlers = {
        getattr(pattern.callback.cls, action)
        for resolver in get_resolver().url_patterns
        for pattern in getattr(resolver, "url_patterns", [])
        if issubclass(getattr(pattern.callback, "cls", object), StripeViewSet)
        for method, action in pattern.callback.actions.items()
        if method == "post"
    }

    assert handlers
    assert not [handler.__qualname__ for handler in handlers if not hasattr(handler, "__wrapped__")]
