"""The request bodies our tests send are themselves what each version's official schema asks for."""

import pytest

from tests.spec import bodies, official
from tests.spec.bodies import ADDRESS, VERSIONS

each_version = pytest.mark.parametrize("version", VERSIONS)


@each_version
def test_a_create_body_is_valid(version):
    official.validate(version, "agentic_checkout", "CheckoutSessionCreateRequest", bodies.create_body(version))


@each_version
def test_an_update_body_is_valid(version):
    body = bodies.update_body(version, items={"item_123": 1}, address=ADDRESS, option="express_shipping")

    official.validate(version, "agentic_checkout", "CheckoutSessionUpdateRequest", body)


@each_version
@pytest.mark.parametrize("token", ["tok_visa", "vt_123"])
def test_a_complete_body_is_valid(version, token):
    body = bodies.complete_body(version, token)

    official.validate(version, "agentic_checkout", "CheckoutSessionCompleteRequest", body)


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_a_cancel_body_is_valid(version):
    official.validate(version, "agentic_checkout", "CancelSessionRequest", bodies.cancel_body(version))


@each_version
def test_a_delegate_body_is_valid(version):
    official.validate(version, "delegate_payment", "DelegatePaymentRequest", bodies.delegate_body("cs_123"))
