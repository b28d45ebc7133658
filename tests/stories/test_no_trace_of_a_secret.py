"""A secret other than a card is used, rightly and wrongly, and then looked for wherever somebody might read it.

Looked for in the log, in what was said to callers who were refused, in the inspector, in pages of the shop and of the
admin, and in the metrics. Where a secret is given to its owner once, that answer is not looked at.
"""

import io
import logging
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as ours
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents import relay
from agents.models import Endpoint, Exchange
from agents.operations import rotate_endpoint_secret, set_endpoint, set_signing_secret
from tests.caller import Caller, payment
from tests.traces import every_line

NOWHERE = "http://127.0.0.1:9/"
BROWSER = {"Accept": "text/html"}
FORM = "application/x-www-form-urlencoded"
SHOWN = ["/cart", "/coins", "/metrics"]
ROOMS = {"agents", "sandbox", "spt"}  # that know of secrets


class Stage:
    """Somebody who buys, everything that is set, and what was answered."""

    def __init__(self, settings: Any) -> None:
        self.settings, self.caller, self.browser = settings, Caller(), Client(raise_request_exception=False)
        self.refusals: list[str] = []

    def says(self, method: str, path: str, body: Any = "", content_type: str = FORM, **headers: str) -> Any:
        """Ask with these headers, and remember a refusal, or a page."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.browser.generic(method, path, body, content_type, headers=said)
        if answer.status_code >= 400 or answer.headers.get("Content-Type", "").startswith("text/html"):
            self.refusals.append(answer.content.decode() + str(answer.headers))
        return answer

    def everywhere(self, header: str) -> None:
        """Ask on every wire with this `Authorization`."""
        for path in ("/checkout_sessions/cs_1", "/v1/customers", "/stripe/packages", "/ocp/contexts/c", "/metrics"):
            self.says("GET", path, Authorization=header)
        self.says("POST", "/checkout_sessions", "{", "application/json", Authorization=header)
        self.says("POST", "/v1/customers", "a[b=c", Authorization=header)


Scene = Callable[[Stage], list[str]]


def an_agents_key(stage: Stage) -> list[str]:
    key = str(stage.caller.key)
    session = stage.caller.ready(order_notes=f"my key is {key}", metadata={"note": key, "api_key": key})
    stage.caller.complete(session, key)
    stage.says("GET", f"/checkout_sessions/{key}", Authorization=f"Bearer {key}")
    for header in (f"Bearer {key}x", f"Basic {key}", key, f"bearer  {key}"):
        stage.everywhere(header)
    return [key]


def an_authorization_that_is_none(stage: Stage) -> list[str]:
    plain = secrets.token_urlsafe(24)
    for scheme in ("Bearer", "Token", "Digest"):
        stage.everywhere(f"{scheme} {plain}")
    return [plain]


def what_an_agent_signs_with(stage: Stage) -> list[str]:
    plain = set_signing_secret(agent=stage.caller.agent)
    stage.caller.post("/checkout_sessions", {})
    for signature in ("", plain):
        stage.caller.post("/checkout_sessions", {}, {"Signature": signature, "Timestamp": "2026-01-01T00:00:00Z"})
    return [plain]


def what_an_endpoint_is_told_with(stage: Stage) -> list[str]:
    _, first = set_endpoint(agent=stage.caller.agent, url=NOWHERE, secret="correct-horse-battery-staple")
    second = rotate_endpoint_secret(endpoint=Endpoint.objects.get())
    session = stage.caller.ready()
    stage.caller.complete(session, stage.caller.delegate(session))
    relay.deliver_all()
    return [first, second]


def what_an_endpoint_of_the_sandbox_is_told_with(stage: Stage) -> list[str]:
    asked = f"url={NOWHERE}&enabled_events[]=*"
    made = stage.says("POST", "/v1/webhook_endpoints", asked, Authorization="Bearer sk_test_till").json()
    for path in ("", f"/{made['id']}", "/whsec_1"):
        stage.says("GET", f"/v1/webhook_endpoints{path}", Authorization="Bearer sk_test_till")
    return [made["secret"]]


def what_confirms_a_payment_in_a_browser(stage: Stage) -> list[str]:
    made = stage.says("POST", "/v1/payment_intents", "amount=2000&currency=usd", Authorization="Bearer sk_test_till")
    secret = made.json()["client_secret"]
    for said in (secret, f"{secret}x"):
        path = f"/v1/payment_intents/{made.json()['id']}?client_secret={said}"
        stage.says("GET", path, Authorization="Bearer pk_test_till")
    return [secret]


def who_may_read_the_metrics(stage: Stage) -> list[str]:
    token = stage.settings.METRICS_TOKEN = "tell-me-how-it-goes"
    stage.everywhere(f"Bearer {token}x")
    stage.everywhere(f"Bearer {token}")
    return [token]


def the_key_at_stripe(stage: Stage) -> list[str]:
    key = stage.settings.STRIPE_SECRET_KEY = "rk_live_0123456789abcdefghij"
    stage.settings.PAYMENT_PROCESSOR = "payments.processors.stripe.StripeProcessor"
    stage.settings.STRIPE_API_BASE = NOWHERE.rstrip("/")
    session = stage.caller.ready()
    answer = stage.caller.post(f"/checkout_sessions/{session['id']}/complete", payment("tok_visa"))
    assert answer.status_code == 503
    stage.refusals.append(answer.content.decode())
    return [key]


def what_stripe_signs_with(stage: Stage) -> list[str]:
    secret = stage.settings.STRIPE_WEBHOOK_SECRET = "whsec_hear-me-out-0123456789"
    for signature in ("", f"t=1,v1={secret}", secret):
        stage.says("POST", "/stripe/webhook", "{}", "application/json", Stripe_Signature=signature)
    return [secret]


def a_password_of_staff(stage: Stage) -> list[str]:
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser(username="robin", password=password)
    for said in (f"username=nobody&password={password}", f"username=robin&password={password}x"):
        stage.says("POST", "/admin/login/", said)
    stage.says("POST", "/admin/login/", f"username=robin&password={password}")
    stage.says("POST", "/admin/password_change/", f"old_password={password}x&new_password1={password}&new_password2=a")
    return [password]


def what_seals_the_rest(stage: Stage) -> list[str]:
    stage.caller.post("/checkout_sessions", {"currency": 1})
    stage.says("GET", "/nothing", Accept="text/html")
    return [ours.SECRET_KEY]


SCENES: list[Scene] = [
    an_agents_key,
    an_authorization_that_is_none,
    what_an_agent_signs_with,
    what_an_endpoint_is_told_with,
    what_an_endpoint_of_the_sandbox_is_told_with,
    what_confirms_a_payment_in_a_browser,
    who_may_read_the_metrics,
    the_key_at_stripe,
    what_stripe_signs_with,
    a_password_of_staff,
    what_seals_the_rest,
]


@pytest.fixture
def stage(shop: None, settings: Any) -> Stage:
    return Stage(settings)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with every_line() as lines:
        yield lines


@pytest.fixture
def places(stage: Stage, log: io.StringIO, admin_client: Client) -> Callable[[], dict[str, str]]:
    """Where somebody might read a secret, by name."""

    def read() -> dict[str, str]:
        said = {"the log": log.getvalue(), "a refusal": "\n".join(stage.refusals)}
        said["the inspector"] = "\n".join(str(row) for row in Exchange.objects.values())
        token = {"Authorization": f"Bearer {stage.settings.METRICS_TOKEN}"} if stage.settings.METRICS_TOKEN else {}
        for path in SHOWN:
            said[path] = admin_client.get(path, headers=token).content.decode()
        for model in admin.site._registry:
            if model._meta.app_label in ROOMS and (row := model._default_manager.order_by("-pk").first()):
                name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
                for path in (reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])):
                    said[path] = admin_client.get(path, headers=BROWSER).content.decode()
        return said

    return read


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_nobody_reads(scene: Scene, stage: Stage, places: Callable[[], dict[str, str]]) -> None:
    used = scene(stage)

    found = places()
    assert [(place, secret) for secret in used for place, said in found.items() if secret in said] == []
    assert found["the log"] and found["/metrics"]


def test_what_is_shown_is_found(stage: Stage, places: Callable[[], dict[str, str]]) -> None:
    """The search above can fail, in each of its places."""
    word = "open-sesame"
    stage.caller.agent.name = word
    stage.caller.agent.save()
    stage.caller.ready(order_notes=word)
    logging.getLogger("theirs").info("said %s", word)
    stage.says("POST", "/v1/customers", f"{word}=1", Authorization="Bearer sk_test_till")

    found = {place for place, said in places().items() if word in said}
    assert {"the log", "a refusal", "the inspector", "/admin/agents/agent/", "/admin/agents/exchange/"} <= found
