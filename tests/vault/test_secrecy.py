"""Statement 13: a card's number and code are in no table, log, cache, answer or error report, whatever happens to it.

Every story below sends a real card and then looks everywhere. SQL is logged too, with its parameters.
"""

import logging
import re
import sys

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.views.debug import ExceptionReporter

from agents.models import IdempotentRequest
from payments.sandbox.models import PaymentMethod
from tests.traces import every_line
from tests.vault.factories import NOW, body
from vault import operations
from vault.models import VaultToken
from vault.schemas import DelegatePaymentRequest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

NUMBER, MISTYPED = "371449635398431", "371449635398432"
CODE = "7391"  # seldom by chance, and not as part of a longer word or number
SECRETS = [re.compile(pattern) for pattern in (NUMBER, MISTYPED, rf"(?<![0-9A-Za-z.]){CODE}(?![0-9A-Za-z])")]


def card(**changes):
    return body(**{"payment_method__number": NUMBER, "payment_method__cvc": CODE} | changes)


def secrets_in(text):
    return [secret.pattern for secret in SECRETS if secret.search(text)]


def everything_stored():
    return "\n".join(f"{model.__name__} {row}" for model in apps.get_models() for row in model._base_manager.values())


@pytest.fixture
def logs():
    """SQL included."""
    with every_line() as lines, CaptureQueriesContext(connection):
        yield lines


def assert_nothing_is_left(logs, answer):
    assert not secrets_in(logs.getvalue())
    assert not secrets_in(everything_stored())
    assert not secrets_in(repr(getattr(cache, "_cache", "")))
    assert not secrets_in(answer.content.decode() + str(answer.headers))


def test_looking_finds_what_is_there(logs):
    """The searches below can fail."""
    IdempotentRequest.objects.filter(key=NUMBER).exists()
    logging.getLogger("django.request").error("code=%s", CODE)
    PaymentMethod.objects.create(
        brand=NUMBER, last4=CODE, exp_month=1, exp_year=2034, funding="", country="", fingerprint="", behavior=""
    )

    assert len(secrets_in(logs.getvalue())) == 1  # the code: the log itself hides what looks like a number
    assert len(secrets_in(everything_stored())) == 2


@pytest.mark.parametrize("version", ["2025-09-29", "2026-04-17"])
def test_after_success(post, logs, version):
    """Statement 13: never log a full PAN or CVC, nor keep one."""
    answer = post(card(), version=version)
    replay = post(card(), version=version)

    assert (answer.status_code, replay.status_code) == (201, 201)
    assert VaultToken.objects.get().last4 == "8431"
    assert_nothing_is_left(logs, answer)
    assert_nothing_is_left(logs, replay)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"payment_method__number": MISTYPED}, 422, id="mistyped"),
        pytest.param({"payment_method__exp_year": "2020"}, 422, id="expired"),
        pytest.param({"payment_method__number": f"{NUMBER[:4]} {NUMBER[4:]}"}, 422, id="spaced"),
        pytest.param({"payment_method__number": int(NUMBER)}, 400, id="number as a number"),
        pytest.param({"payment_method__cvc": int(CODE)}, 400, id="code as a number"),
        pytest.param({"payment_method__cvc": [CODE]}, 400, id="code in a list"),
        pytest.param({"payment_method__exp_month": NUMBER}, 400, id="number as a month"),
        pytest.param({"payment_method__type": NUMBER}, 400, id="number as a type"),
        pytest.param({"allowance__expires_at": CODE}, 400, id="code as a date"),
        pytest.param({"allowance__expires_at": "2020-01-01T00:00:00Z"}, 422, id="ended"),
        pytest.param({"risk_signals": [{"type": "card_testing", "score": 9, "action": "blocked"}]}, 422, id="blocked"),
        pytest.param({NUMBER: True}, 400, id="number as a name"),
        pytest.param({"metadata": {NUMBER: 1}}, 400, id="number as a name in metadata"),
        pytest.param({"metadata": {"note": NUMBER}}, 422, id="number in metadata"),
        pytest.param({"billing_address__line_one": f"card {NUMBER}"}, 422, id="number in an address"),
    ],
)
def test_after_a_refusal(post, logs, change, status):
    """Statement 13: nor when the card is refused, whatever is wrong and wherever the number was put."""
    answer = post(card(**change))

    assert answer.status_code == status
    assert_nothing_is_left(logs, answer)


@pytest.mark.parametrize(
    "text", [f'{{"number": "{NUMBER}", "cvc": {CODE}', f'["{NUMBER}"]', f'"{NUMBER}"', f"{NUMBER}"]
)
def test_after_a_body_that_is_no_object(post, logs, text):
    answer = post(text)

    assert answer.status_code == 400
    assert_nothing_is_left(logs, answer)


def test_after_a_conflict(post, logs):
    post(card())
    answer = post(card(metadata={"another": "body"}))

    assert answer.status_code == 422
    assert_nothing_is_left(logs, answer)


@pytest.mark.parametrize(
    ("processor", "status"), [("ChoosyProcessor", 422), ("SilentProcessor", 503), ("ChattyProcessor", 500)]
)
def test_after_the_processor_failed(post, logs, settings, processor, status):
    """Statement 13: nor when the processor fails, even if it quotes the card."""
    settings.PAYMENT_PROCESSOR = f"tests.vault.processors.{processor}"

    answer = post(card())

    assert answer.status_code == status
    assert_nothing_is_left(logs, answer)


def test_a_failure_still_says_what_happened_where(post, logs, settings):
    settings.PAYMENT_PROCESSOR = "tests.vault.processors.ChattyProcessor"

    post(card())

    assert "RuntimeError in store_card" in logs.getvalue()


def test_an_error_report_shows_the_card_to_nobody(agent, settings):
    """Such as Django's own, or a service's, which print the local variables of every frame."""
    settings.PAYMENT_PROCESSOR = "tests.vault.processors.ChattyProcessor"
    request = DelegatePaymentRequest.model_validate(card())

    try:
        operations.delegate_payment(
            agent=agent, request=request, idempotency_key="", attempt="1", now=NOW, answer=lambda token: token
        )
    except operations.CardNotStored:
        report = ExceptionReporter(None, *sys.exc_info())

    assert not secrets_in(report.get_traceback_html())
    assert not secrets_in(report.get_traceback_text())
