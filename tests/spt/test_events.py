"""Events of shared payment tokens arrive as every other of `/v1`: at the agent's and at the seller's own addresses."""

import json

import pytest
import stripe

from payments.sandbox.deliveries import deliver
from tests.payments.sandbox.wire.test_events import receiver  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

USED, DEACTIVATED = "used", "deactivated"


def subscribed(sdk, url: str) -> str:
    """The secret of a new endpoint that wants everything."""
    return sdk.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]}).secret


def of_tokens(receiver) -> list[tuple[bytes, str]]:  # noqa: F811
    """The bodies and signatures of what arrived, as far as it is about tokens."""
    return [
        (body, signature)
        for _, body, signature in receiver.received
        if json.loads(body)["type"].startswith("shared_payment.")
    ]


@pytest.mark.parametrize(("who", "kind"), [("agent_sdk", "issued_token"), ("seller_sdk", "granted_token")])
def test_each_side_hears_of_its_own_and_can_verify_it(request, agent_sdk, seller_sdk, receiver, who, kind):  # noqa: F811
    secret = subscribed(request.getfixturevalue(who), receiver.url)
    token = agent_sdk.issue(500)
    seller_sdk.pay(token.id, 500)

    deliver()

    events = [stripe.Webhook.construct_event(*arrived, secret) for arrived in of_tokens(receiver)]
    assert [event.type for event in events] == [f"shared_payment.{kind}.{what}" for what in (USED, DEACTIVATED)]
    assert {event.data.object.id for event in events} == {token.id}
    assert events[1].data.object.deactivated_reason == "consumed"


def test_what_was_changed_on_the_way_is_not_believed(agent_sdk, seller_sdk, receiver):  # noqa: F811
    secret = subscribed(seller_sdk, receiver.url)
    seller_sdk.pay(agent_sdk.issue(500).id, 500)
    deliver()

    body, signature = of_tokens(receiver)[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.replace(b"500", b"501"), signature, secret)
