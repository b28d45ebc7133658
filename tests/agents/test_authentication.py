"""Who may call (acp.md §6, statements 4 and 12)."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.utils import timezone

from agents import operations, signatures
from agents.models import Agent
from tests.caller import Api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.agents.counter")]

READ, SELL = "/counter/a", "/counter/a/sell"


@pytest.fixture
def demo(settings) -> Agent:
    settings.SANDBOX, settings.ANONYMOUS_AGENT = True, "demo"
    agent, _ = operations.create_agent(name="demo")
    return agent


def refusal_of(response: Any) -> tuple[int, str, str]:
    return response.status_code, response.json()["code"], response["WWW-Authenticate"]


REFUSED = (401, "unauthorized", "Bearer")


class TestAKey:
    def test_names_its_agent_in_one_query(self, api, django_assert_num_queries):
        with django_assert_num_queries(1):
            answer = api.get(READ)

        assert (answer.status_code, answer.json()["agent"]) == (200, "Robin")

    @pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
    def test_is_taken_whatever_the_case_of_its_scheme(self, api, key, scheme):
        assert api.get(READ, headers={"Authorization": f"{scheme} {key}"}).status_code == 200

    def test_is_required(self, settings, api):
        """Statement 4: a bearer Authorization is required, else 401."""
        settings.ANONYMOUS_AGENT = ""

        assert refusal_of(api.get(READ, headers={"Authorization": None})) == REFUSED

    @pytest.mark.parametrize(
        "header",
        ["", "Bearer", "Bearer ", "Bearer wrong", "Basic dXNlcjpwYXNz", "{key}", "Bearer {key} {key}", "Bearer ü"],
    )
    def test_is_refused_in_any_other_form_even_where_none_is_needed(self, demo, api, key, header):
        """Statement 4: a wrong Authorization is 401, also in a sandbox that lets anonymous calls in."""
        assert refusal_of(api.get(READ, headers={"Authorization": header.format(key=key)})) == REFUSED

    def test_opens_nothing_once_it_is_revoked(self, api, agent):
        operations.revoke_key(key=agent.keys.get())

        assert refusal_of(api.get(READ)) == REFUSED

    def test_opens_nothing_if_its_agent_is_inactive(self, api, agent):
        Agent.objects.update(is_active=False)

        assert refusal_of(api.get(READ)) == REFUSED

    def test_is_replaced_by_the_one_it_was_rotated_to(self, api, agent):
        _, plain = operations.rotate_key(key=agent.keys.get())

        assert api.get(READ).status_code == 401
        assert Api(plain).get(READ).status_code == 200


class TestTheAnonymousAgent:
    def test_is_who_calls_without_a_key_in_a_sandbox(self, demo):
        answer = Client().get(READ, headers={"API-Version": "2025-09-29"})

        assert (answer.status_code, answer.json()["agent"]) == (200, "demo")

    def test_is_nobody_outside_of_a_sandbox(self, demo, settings, api):
        settings.SANDBOX = False

        assert refusal_of(api.get(READ, headers={"Authorization": None})) == REFUSED

    def test_is_nobody_once_inactive(self, demo, api):
        Agent.objects.filter(name="demo").update(is_active=False)

        assert refusal_of(api.get(READ, headers={"Authorization": None})) == REFUSED


PRIVATE_KEY = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"


def use_secret(agent: Agent) -> dict[str, str]:
    return {"secret": operations.set_signing_secret(agent=agent)}


def use_key_pair(agent: Agent) -> dict[str, str]:
    public_key = Ed25519PrivateKey.from_private_bytes(signatures.decode(PRIVATE_KEY)).public_key()
    agent.signing_public_key = signatures.encode(public_key.public_bytes_raw())
    agent.save()
    return {"private_key": PRIVATE_KEY}


def signed(content: str, *, timestamp: str = "", **key: str) -> dict[str, str]:
    timestamp = timestamp or timezone.now().isoformat()
    message = signatures.message_of(timestamp=timestamp, content=content)
    sign = signatures.sign_with_secret if "secret" in key else signatures.sign_with_private_key
    return {"Timestamp": timestamp, "Signature": sign(message, **key)}


@pytest.mark.parametrize("use", [use_secret, use_key_pair])
class TestASignature:
    """Statement 12: Signature and Timestamp are verified, with bounded clock skew."""

    def test_covers_the_canonical_json_of_the_body(self, api, agent, use):
        headers = signed('{"a":"é","b":1}', **use(agent))

        assert api.post(SELL, '{ "b": 1.0, "a": "\\u00e9" }', headers=headers).status_code == 201

    def test_covers_nothing_but_the_timestamp_of_an_empty_body(self, api, agent, use):
        headers = signed("", **use(agent))

        assert api.get(READ, headers=headers).status_code == 200
        assert api.post(SELL, "", headers=headers).status_code == 201
        assert api.post(SELL, "{}", headers=headers).status_code == 401

    def test_may_be_padded(self, api, agent, use):
        headers = signed("", **use(agent))
        headers["Signature"] += "=" * (-len(headers["Signature"]) % 4)

        assert api.get(READ, headers=headers).status_code == 200

    @pytest.mark.parametrize("missing", ["Timestamp", "Signature"])
    def test_is_required_with_its_timestamp(self, api, agent, use, missing):
        headers = {**signed("", **use(agent)), missing: None}
        answer = api.get(READ, headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature")
        assert "Timestamp and Signature" in answer.json()["message"]

    @pytest.mark.parametrize("seconds", [-290, 290])
    def test_may_be_nearly_five_minutes_off(self, api, agent, use, seconds):
        timestamp = (timezone.now() + timedelta(seconds=seconds)).isoformat()

        assert api.get(READ, headers=signed("", timestamp=timestamp, **use(agent))).status_code == 200

    @pytest.mark.parametrize("seconds", [-310, 310])
    def test_is_refused_when_it_is_old_or_from_the_future(self, api, agent, use, seconds):
        timestamp = (timezone.now() + timedelta(seconds=seconds)).isoformat()
        answer = api.get(READ, headers=signed("", timestamp=timestamp, **use(agent)))

        assert answer.status_code == 401
        assert "300 seconds" in answer.json()["message"]

    def test_does_not_vouch_for_another_timestamp(self, api, agent, use):
        headers = signed("", timestamp=(timezone.now() - timedelta(seconds=1)).isoformat(), **use(agent))
        headers["Timestamp"] = timezone.now().isoformat()

        assert api.get(READ, headers=headers).status_code == 401

    @pytest.mark.parametrize(
        "timestamp", ["now", "1767225600", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"]
    )
    def test_is_refused_if_its_timestamp_is_not_rfc_3339(self, api, agent, use, timestamp):
        answer = api.get(READ, headers=signed("", timestamp=timestamp, **use(agent)))

        assert answer.status_code == 401
        assert "RFC 3339" in answer.json()["message"]

    def test_does_not_vouch_for_another_body(self, api, agent, use):
        answer = api.post(SELL, {"a": 2}, headers=signed('{"a":1}', **use(agent)))

        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature")

    @pytest.mark.parametrize("signature", ["", "*", "é", "AAAA", base64.b64encode(b"\xff" * 32).decode()])
    def test_is_refused_if_it_is_none(self, api, agent, use, signature):
        headers = {**signed("", **use(agent)), "Signature": signature}

        assert api.get(READ, headers=headers).status_code == 401

    def test_cannot_be_made_over_a_number_that_canonical_json_cannot_write(self, api, agent, use):
        answer = api.post(SELL, '{"a": 9007199254740993}', headers=signed("", **use(agent)))

        assert answer.status_code == 401
        assert "canonical JSON" in answer.json()["message"]

    def test_does_not_come_before_the_body_is_json(self, api, agent, use):
        assert api.post(SELL, "{", headers=signed("", **use(agent))).status_code == 400

    def test_is_not_asked_for_once_the_key_is_removed(self, api, agent, use):
        use(agent)
        operations.remove_signing_key(agent=agent)

        assert api.get(READ).status_code == 200


def test_a_signature_that_was_not_asked_for_is_not_looked_at(api):
    assert api.get(READ, headers={"Signature": "nonsense", "Timestamp": "nonsense"}).status_code == 200


def test_a_signature_of_another_agents_secret_is_refused(api, agent):
    other, _ = operations.create_agent(name="other")
    operations.set_signing_secret(agent=agent)

    assert api.get(READ, headers=signed("", secret=operations.set_signing_secret(agent=other))).status_code == 401
