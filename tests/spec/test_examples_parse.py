"""Every sound official request is understood. What the demo shop does not have is then refused as business."""

import pytest

from tests.spec.bodies import V1, VERSIONS
from tests.spec.caller import DELEGATE_PAYMENT, SESSIONS
from tests.spec.examples import load_examples

REQUESTS = [
    example
    for version in VERSIONS
    for example in load_examples(version)
    if example.is_sound and example.definition.endswith("Request")
]
SHAPE_CODES = {"missing_required_field", "unknown_field", "invalid_type", "invalid", "invalid_json"}
HALF_AN_ITEM = f"{V1}/examples.agentic_checkout.json:create_checkout_session_request"


@pytest.mark.parametrize("example", REQUESTS, ids=str)
def test_an_official_request_is_understood(example, speaking):
    caller = speaking(example.version)
    session_id = caller.create().id

    answer = caller.post(_path_of(example, session_id), _revived(example, session_id))

    assert answer.status < 500
    assert answer.body.get("code") not in SHAPE_CODES


@pytest.mark.parametrize(
    "example",
    [
        example
        for example in REQUESTS
        if example.definition != "CheckoutSessionCompleteRequest" and str(example) != HALF_AN_ITEM
    ],
    ids=str,
)
def test_an_official_request_that_asks_for_nothing_unusual_succeeds(example, speaking):
    caller = speaking(example.version)
    session_id = caller.create().id

    answer = caller.post(_path_of(example, session_id), _revived(example, session_id))

    assert answer.status in (200, 201)


def test_two_and_a_half_items_are_refused_as_business(speaking):
    """The oldest version's own example asks for them; this shop sells whole items."""
    half = next((example for example in REQUESTS if str(example) == HALF_AN_ITEM), None)
    assert half is not None

    answer = speaking(V1).post(SESSIONS, half.body)

    assert (answer.status, answer.body["code"]) == (400, "invalid_quantity")
    assert answer.body["param"] == "$.items[0].quantity"


def _path_of(example, session_id):
    return {
        "CheckoutSessionCreateRequest": SESSIONS,
        "CheckoutSessionUpdateRequest": f"{SESSIONS}/{session_id}",
        "CheckoutSessionCompleteRequest": f"{SESSIONS}/{session_id}/complete",
        "CancelSessionRequest": f"{SESSIONS}/{session_id}/cancel",
        "DelegatePaymentRequest": DELEGATE_PAYMENT,
    }[example.definition]


def _revived(example, session_id):
    """The published body, with its dates moved to where they have not passed."""
    if example.definition != "DelegatePaymentRequest":
        return example.body
    allowance = example.body["allowance"] | {"checkout_session_id": session_id, "expires_at": "2034-12-31T23:59:59Z"}
    payment_method = example.body["payment_method"] | {"exp_year": "2034"}
    return example.body | {"allowance": allowance, "payment_method": payment_method}
