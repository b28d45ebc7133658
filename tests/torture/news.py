"""Events of the sandbox's, delivered to Till as Stripe delivers its own."""

import json
import time

from django.test import Client

from agents.signatures import timed_signature
from payments.sandbox import objects
from payments.sandbox.models import Event

SECRET = "whsec_torture"


def tell(event: Event) -> None:
    """Deliver an event, signed with SECRET."""
    payload = json.dumps(objects.shown(event)).encode()
    signature = timed_signature(payload, secret=SECRET, timestamp=int(time.time()))
    answer = Client().post(
        "/stripe/webhook", payload, content_type="application/json", headers={"Stripe-Signature": signature}
    )
    assert answer.status_code == 200, answer.content
