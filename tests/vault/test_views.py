"""POST /agentic_commerce/delegate_payment, in every version."""

from datetime import timedelta

import pytest
import time_machine

from payments.sandbox.models import PaymentMethod
from tests.spec import official
from tests.spec.bodies import VERSIONS
from tests.spec.measures import measure_error
from tests.vault.factories import LEFT_OUT, NOW, body
from vault.models import VaultToken

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

BEFORE_2026_04_17 = VERSIONS[:-1]


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def measure(acp_spec):
    """Statement 14: every response validates against the official schema of the requested version."""

    def against_the_schema(version, answer):
        if answer.status_code == 201:
            official.validate(version, "delegate_payment", "DelegatePaymentResponse", answer.json())
        else:
            measure_error(version, "delegate_payment", answer.status_code, answer.json())

    return against_the_schema


class TestSuccess:
    def test_answers_with_a_token(self, post, measure, version):
        """Statement 99: success is 201 with a unique id and created."""
        first, second = post(body(), version=version, key="one"), post(body(), version=version, key="two")

        assert first.status_code == second.status_code == 201
        assert first.json()["id"].startswith("vt_")
        assert first.json()["id"] != second.json()["id"]
        assert first.json()["created"] == "2026-05-04T12:00:00Z"
        measure(version, first)

    def test_echoes_metadata(self, post, version):
        """Statement 100: metadata echoes merchant_id and idempotency_key, all values strings."""
        answer = post(body(metadata={"campaign": "q4"}), version=version, key="key-9").json()

        assert answer["metadata"] == {"campaign": "q4", "merchant_id": "merchant_123", "idempotency_key": "key-9"}

    def test_without_a_key_there_is_none_to_echo(self, post):
        """Statement 100: idempotency_key only when there is one."""
        assert post(body(), version="2026-01-30", key=None).json()["metadata"] == {"merchant_id": "merchant_123"}

    def test_echoes_the_headers(self, post):
        """Statements 7, 8: Idempotency-Key and Request-Id are echoed."""
        answer = post(body(), key="key-9", **{"Request-Id": "req_7"})

        assert answer.headers["Idempotency-Key"] == "key-9"
        assert answer.headers["Request-Id"] == "req_7"

    def test_takes_what_seed_004_prints(self, post):
        printed = body(
            payment_method__card_number_type=LEFT_OUT,
            payment_method__metadata=LEFT_OUT,
            payment_method__name=LEFT_OUT,
            billing_address=LEFT_OUT,
            metadata={"source": "chatgpt"},
        )

        assert post(printed, version="2025-09-29", key=None).status_code == 201

    def test_takes_what_seed_003s_script_prints(self, post):
        printed = body(
            payment_method__name=LEFT_OUT,
            payment_method__cvc=LEFT_OUT,
            payment_method__display_brand=LEFT_OUT,
            billing_address=LEFT_OUT,
        )

        assert post(printed, version="2025-09-29", key=None).status_code == 201

    def test_takes_a_whole_number_written_with_a_point(self, post):
        """Statement 22: 10000.0 and 10000 are the same amount."""
        assert post(body(allowance__max_amount=10000.0)).status_code == 201

    def test_an_account_of_risk_may_be_empty_in_the_newest_version(self, post):
        """Statement 104: from 2026-04-17 on, risk_signals may be empty."""
        assert post(body(risk_signals=[])).status_code == 201

    def test_asks_the_database_the_same_number_of_questions_however_many_tokens_there_are(
        self, post, django_assert_max_num_queries
    ):
        with django_assert_max_num_queries(40) as first:
            post(body(), key="one")
        with django_assert_max_num_queries(len(first)):
            post(body(), key="two")


WRONG = [
    ("payment_method__type", "bank", "$.payment_method.type"),
    ("payment_method__type", "seller_backed", "$.payment_method.type"),
    ("payment_method__card_number_type", "pan", "$.payment_method.card_number_type"),
    ("payment_method__display_card_funding_type", "charge", "$.payment_method.display_card_funding_type"),
    ("payment_method__checks_performed", ["avs", "magic"], "$.payment_method.checks_performed[1]"),
    ("payment_method__exp_month", "13", "$.payment_method.exp_month"),
    ("payment_method__exp_month", "00", "$.payment_method.exp_month"),
    ("payment_method__exp_month", 12, "$.payment_method.exp_month"),
    ("payment_method__exp_month", LEFT_OUT, "$.payment_method.exp_month"),
    ("payment_method__exp_year", "34", "$.payment_method.exp_year"),
    ("payment_method__exp_year", "20344", "$.payment_method.exp_year"),
    ("payment_method__exp_year", "٢٠٣٤", "$.payment_method.exp_year"),
    ("payment_method__number", 4242424242424242, "$.payment_method.number"),
    ("payment_method__number", LEFT_OUT, "$.payment_method.number"),
    ("payment_method__number", None, "$.payment_method.number"),
    ("payment_method__iin", "424242424", "$.payment_method.iin"),
    ("payment_method__display_last4", "42424", "$.payment_method.display_last4"),
    ("payment_method__virtual", "no", "$.payment_method.virtual"),
    ("payment_method__metadata", {"a": 1}, "$.payment_method.metadata.a"),
    ("payment_method__magic", True, "$.payment_method.magic"),
    ("payment_method", LEFT_OUT, "$.payment_method"),
    ("payment_method", [], "$.payment_method"),
    ("allowance__reason", "recurring", "$.allowance.reason"),
    ("allowance__max_amount", "10000", "$.allowance.max_amount"),
    ("allowance__max_amount", 99.5, "$.allowance.max_amount"),
    ("allowance__max_amount", True, "$.allowance.max_amount"),
    ("allowance__max_amount", 0, "$.allowance.max_amount"),
    ("allowance__max_amount", -1, "$.allowance.max_amount"),
    ("allowance__max_amount", 10**30, "$.allowance.max_amount"),
    ("allowance__currency", "USD", "$.allowance.currency"),
    ("allowance__currency", "us", "$.allowance.currency"),
    ("allowance__currency", "usd\n", "$.allowance.currency"),
    ("allowance__expires_at", "2034-12-31", "$.allowance.expires_at"),
    ("allowance__expires_at", "2034-12-31T23:59:59", "$.allowance.expires_at"),
    ("allowance__expires_at", "2034-12-31 23:59:59Z", "$.allowance.expires_at"),
    ("allowance__expires_at", "2034-02-30T00:00:00Z", "$.allowance.expires_at"),
    ("allowance__expires_at", "9999-12-31T23:59:59-12:00", "$.allowance.expires_at"),
    ("allowance__expires_at", 2051222399, "$.allowance.expires_at"),
    ("allowance__checkout_session_id", "", "$.allowance.checkout_session_id"),
    ("allowance__checkout_session_id", LEFT_OUT, "$.allowance.checkout_session_id"),
    ("allowance__merchant_id", "m" * 257, "$.allowance.merchant_id"),
    ("billing_address__country", "USA", "$.billing_address.country"),
    ("billing_address__postal_code", "9" * 21, "$.billing_address.postal_code"),
    ("billing_address__line_one", "x" * 61, "$.billing_address.line_one"),
    ("billing_address__name", LEFT_OUT, "$.billing_address.name"),
    ("billing_address__company", "Acme", "$.billing_address.company"),
    ("risk_signals", LEFT_OUT, "$.risk_signals"),
    ("risk_signals", {}, "$.risk_signals"),
    ("risk_signals", [{"type": "mood", "score": 1, "action": "authorized"}], "$.risk_signals[0].type"),
    ("risk_signals", [{"type": "card_testing", "score": 1.5, "action": "authorized"}], "$.risk_signals[0].score"),
    ("metadata", LEFT_OUT, "$.metadata"),
    ("metadata", {"a": {}}, "$.metadata.a"),
    ("magic", 1, "$.magic"),
]


class TestAWrongBody:
    @pytest.mark.parametrize(("path", "value", "param"), WRONG)
    def test_is_refused_with_its_place(self, post, path, value, param):
        """Statements 101, 102, 103, 105, 108: the schema's and the RFC's rules for each member; 11: a JSONPath."""
        answer = post(body(**{path: value}))

        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_card"
        assert answer.json()["param"] == param
        assert not VaultToken.objects.exists()

    @pytest.mark.parametrize(("path", "value", "param"), [WRONG[0], WRONG[2], WRONG[5], WRONG[9], WRONG[30], WRONG[-1]])
    def test_is_refused_in_every_version(self, post, measure, version, path, value, param):
        """Statements 9, 10, 14, 101, 102, 103, 105, 108: flat, closed, and valid in the caller's version."""
        answer = post(body(**{path: value}), version=version)

        assert (answer.status_code, answer.json()["param"]) == (400, param)
        measure(version, answer)

    @pytest.mark.parametrize("version", BEFORE_2026_04_17)
    def test_names_no_risk_signal_in_an_older_version(self, post, measure, version):
        """Statement 104: before 2026-04-17, at least one risk signal."""
        answer = post(body(risk_signals=[]), version=version)

        assert (answer.status_code, answer.json()["param"]) == (400, "$.risk_signals")
        measure(version, answer)

    @pytest.mark.parametrize("sent", ["[]", '"card"', "null", "{", '{"metadata": NaN}', '{"a": 1, "a": 2}'])
    def test_that_is_no_object_is_refused(self, post, measure, version, sent):
        answer = post(sent, version=version)

        assert answer.status_code == 400
        measure(version, answer)


class TestACardThatCannotBeCharged:
    @pytest.mark.parametrize(
        ("change", "param"),
        [
            ({"payment_method__number": "4242424242424241"}, "$.payment_method.number"),
            ({"payment_method__exp_year": "2025"}, "$.payment_method.exp_year"),
            ({"payment_method__cvc": "1"}, "$.payment_method.cvc"),
            ({"allowance__expires_at": "2025-12-31T23:59:59Z"}, "$.allowance.expires_at"),
        ],
    )
    def test_is_refused(self, post, measure, version, change, param):
        """Statement 103: an expired card is 422 invalid_card; so is whatever else no token can be made of."""
        answer = post(body(**change), version=version)

        assert (answer.status_code, answer.json()["code"], answer.json()["param"]) == (422, "invalid_card", param)
        measure(version, answer)

    def test_a_blocked_card_is_refused(self, post, measure, version):
        blocked = [{"type": "card_testing", "score": 99, "action": "blocked"}]

        answer = post(body(risk_signals=blocked), version=version)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_card")
        measure(version, answer)

    def test_the_processor_may_refuse_it_too(self, post, measure, version, settings):
        settings.PAYMENT_PROCESSOR = "tests.vault.processors.ChoosyProcessor"

        answer = post(body(), version=version)

        assert (answer.status_code, answer.json()["param"]) == (422, "$.payment_method.number")
        measure(version, answer)


class TestIdempotency:
    def test_a_replay_makes_no_second_token(self, post, version):
        """Statements 19, 20, 21: the same answer again, said to be a replay, and no second vault token or card."""
        first, second = post(body(), version=version), post(body(), version=version)

        assert second.status_code == 201
        assert second.content == first.content
        assert second.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
        assert VaultToken.objects.count() == PaymentMethod.objects.count() == 1

    def test_another_card_under_the_same_key_is_a_conflict(self, post, measure, version):
        """Statements 25, 26: 422 from 2026-04-17 on, 409 before."""
        post(body(), version=version)

        answer = post(body(payment_method__cvc="321"), version=version)

        assert answer.status_code == (422 if version == "2026-04-17" else 409)
        assert answer.json()["code"] == "idempotency_conflict"
        measure(version, answer)

    def test_the_newest_version_needs_a_key(self, post, measure):
        """Statement 15: POST without Idempotency-Key is 400 idempotency_key_required."""
        answer = post(body(), key=None)

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
        measure("2026-04-17", answer)

    @pytest.mark.parametrize("version", BEFORE_2026_04_17)
    def test_an_older_version_needs_none(self, post, version):
        """Statement 16: POST without a key is accepted."""
        assert post(body(), version=version, key=None).status_code == 201

    def test_a_refusal_is_replayed(self, post):
        """Statement 19: the original answer, whatever it was."""
        first = post(body(payment_method__number="4242424242424241"))
        second = post(body(payment_method__number="4242424242424241"))

        assert second.content == first.content
        assert second.headers["Idempotent-Replayed"] == "true"

    def test_our_failure_is_not_kept(self, post, settings):
        """Statement 28: a 5xx is not cached; the retry is processed, and stores the card once."""
        settings.PAYMENT_PROCESSOR = "tests.vault.processors.SilentProcessor"
        failed = post(body())
        settings.PAYMENT_PROCESSOR = "payments.processors.sandbox.SandboxProcessor"

        assert failed.status_code == 503
        assert post(body()).status_code == 201
        assert VaultToken.objects.count() == PaymentMethod.objects.count() == 1

    def test_a_request_that_died_after_the_card_was_stored_is_resumed(self, post, settings):
        """Statement 30: a recovery point around the processor's call: one card, one token."""
        settings.PAYMENT_PROCESSOR = "tests.vault.processors.ForgetfulProcessor"
        failed = post(body())
        settings.PAYMENT_PROCESSOR = "payments.processors.sandbox.SandboxProcessor"

        assert failed.status_code == 503
        assert PaymentMethod.objects.count() == 1
        assert post(body()).status_code == 201
        assert VaultToken.objects.get().credential == PaymentMethod.objects.get().pk

    def test_a_request_whose_server_died_is_in_flight_and_then_resumed(self, post, measure, version, settings):
        """Statements 21, 27, 30: 409 with Retry-After at first; after the lease, one card and one token."""
        settings.PAYMENT_PROCESSOR = "tests.vault.processors.DyingProcessor"
        with pytest.raises(SystemExit):
            post(body(), version=version)
        settings.PAYMENT_PROCESSOR = "payments.processors.sandbox.SandboxProcessor"

        early = post(body(), version=version)
        with time_machine.travel(NOW + timedelta(seconds=settings.IDEMPOTENCY_LEASE + 1), tick=False):
            late = post(body(), version=version)

        assert (early.status_code, late.status_code) == (409, 201)
        assert early.json()["code"] == ("idempotency_in_flight" if version == "2026-04-17" else "duplicate_request")
        assert int(early.headers["Retry-After"]) > 0
        measure(version, early)
        assert VaultToken.objects.get().credential == PaymentMethod.objects.get().pk


class TestOtherRefusals:
    def test_an_anonymous_call_is_401(self, post, version, settings):
        """Statement 4: Bearer authorization is required."""
        settings.ANONYMOUS_AGENT = ""

        answer = post(body(), version=version, Authorization=None)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_version_we_do_not_speak_is_told_those_we_do(self, post):
        """Statements 1, 2: 400 with supported_versions, newest first."""
        answer = post(body(), version="2024-01-01")

        assert answer.status_code == 400
        assert answer.json()["code"] == "unsupported_api_version"
        assert answer.json()["supported_versions"] == list(reversed(VERSIONS))

    def test_too_many_requests_are_told_when_to_come_back(self, post, measure, version, settings):
        """Statement 107: 429 rate_limit_exceeded / too_many_requests, with Retry-After."""
        settings.AGENT_RATE = "1/min"
        post(body(), version=version, key="one")

        answer = post(body(), version=version, key="two")

        assert answer.status_code == 429
        assert (answer.json()["type"], answer.json()["code"]) == ("rate_limit_exceeded", "too_many_requests")
        assert int(answer.headers["Retry-After"]) > 0
        measure(version, answer)

    @pytest.mark.parametrize(
        ("processor", "status", "type"),
        [("SilentProcessor", 503, "service_unavailable"), ("ChattyProcessor", 500, "processing_error")],
    )
    def test_a_processor_that_fails_is_our_failure(self, post, version, settings, processor, status, type):
        """Statement 107: 500 processing_error and 503 service_unavailable."""
        settings.PAYMENT_PROCESSOR = f"tests.vault.processors.{processor}"

        answer = post(body(), version=version)

        assert (answer.status_code, answer.json()["type"]) == (status, type)
        assert set(answer.json()) == {"type", "code", "message"}

    def test_only_post_is_answered(self, client, agent_and_key):
        answer = client.get(
            "/agentic_commerce/delegate_payment",
            headers={"Authorization": f"Bearer {agent_and_key[1]}", "API-Version": "2026-04-17"},
        )

        assert answer.status_code == 405
