"""The schemas agree with the published ones, and keep secrets."""

from datetime import UTC, datetime

import pytest

from tests.spec import official
from tests.spec.bodies import VERSIONS
from tests.spec.examples import load_examples
from tests.traces import tells
from tests.vault.factories import BODY, body
from vault.schemas import DelegatePaymentRequest
from vault.versions import VERSIONS as CHANGES

EXAMPLES = [
    example
    for version in VERSIONS
    for example in load_examples(version)
    if example.definition == "DelegatePaymentRequest"
]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_published_request_parses(example):
    upgraded = CHANGES.upgrade("DelegatePaymentRequest", example.body, since=example.version)

    assert DelegatePaymentRequest.model_validate(upgraded).allowance.merchant_id == "acme_store"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_seeds_request_is_valid_in_every_version(version, acp_spec):
    official.validate(version, "delegate_payment", "DelegatePaymentRequest", BODY)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("2034-12-31T23:59:59Z", datetime(2034, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2034-12-31t23:59:59z", datetime(2034, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2034-12-31T23:59:59.52+02:00", datetime(2034, 12, 31, 21, 59, 59, 520_000, tzinfo=UTC)),
    ],
)
def test_an_end_is_a_moment_whatever_its_offset(sent, meant):
    """Statement 105: expires_at is RFC 3339."""
    assert DelegatePaymentRequest.model_validate(body(allowance__expires_at=sent)).allowance.expires_at == meant


def test_a_parsed_request_shows_no_secret():
    """Statement 13: never log a full PAN or CVC."""
    shown = repr(
        DelegatePaymentRequest.model_validate(body(payment_method__cvc="739", payment_method__cryptogram="AbC="))
    )

    assert "4242424242424242" not in shown
    assert not tells(shown, "739")
    assert "AbC=" not in shown
