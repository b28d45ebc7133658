"""What every call has in common, whatever it asks for: acp.md §6, statements 5 to 13."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents import signatures
from agents.operations import set_signing_secret
from tests.spec.bodies import DECLINED_CARD, V5, VISA, create_body
from tests.spec.caller import SESSIONS
from tests.traces import tells

NOW = timedelta()


@pytest.fixture
def signed(caller, agent):
    """Posts a create request, signed with the agent's secret at some distance from now."""
    secret = set_signing_secret(agent=agent)

    def signed(*, age=NOW, secret=secret):
        body = create_body(caller.version)
        timestamp = (timezone.now() - age).isoformat()
        message = signatures.message_of(timestamp=timestamp, content=signatures.canonical_json(body))
        signature = signatures.sign_with_secret(message, secret=secret)
        return caller.post(SESSIONS, body, {"Timestamp": timestamp, "Signature": signature})

    return signed


class TestAResponse:
    def test_is_json(self, caller):
        """Statement 5: JSON, also to say that nothing else is spoken."""
        session_id = caller.create().id

        answers = [
            caller.send("GET", f"{SESSIONS}/{session_id}", headers={"Accept": it}) for it in ("*/*", "text/html")
        ]

        assert [answer.status for answer in answers] == [200, 406]
        assert {answer.headers["Content-Type"] for answer in answers} == {"application/json"}

    @pytest.mark.parametrize("operation", ["create", "update", "complete", "cancel", "delegate"])
    def test_echoes_its_keys(self, caller, operation):
        """Statements 7, 8: Idempotency-Key on every POST response, Request-Id if there was one."""
        session_id = caller.create().id
        headers = {"Idempotency-Key": "key-1", "Request-Id": "request-1"}

        answer = caller.post(*caller.request(operation, session_id), headers)

        assert answer.status in (200, 201)
        assert answer.headers["Idempotency-Key"] == "key-1"
        assert answer.headers["Request-Id"] == "request-1"

    def test_echoes_its_keys_when_it_refuses(self, caller):
        """Statements 7, 8: also where something is wrong."""
        headers = {"Idempotency-Key": "key-1", "Request-Id": "request-1", "Authorization": "Bearer wrong"}

        answer = caller.post(SESSIONS, {}, headers)

        assert answer.status == 401
        assert (answer.headers["Idempotency-Key"], answer.headers["Request-Id"]) == ("key-1", "request-1")


class TestASignature:
    def test_that_is_good_is_taken(self, signed):
        """Statement 12: verified where the agent has a signing key."""
        assert signed().status == 201

    def test_that_is_missing_is_refused(self, caller, signed):
        """Statement 12: an agent that signs always signs."""
        answer = caller.create()

        assert (answer.status, answer.body["code"]) == (401, "invalid_signature")

    def test_of_somebody_else_is_refused(self, signed):
        """Statement 12: the secret counts."""
        assert signed(secret="another").status == 401

    @pytest.mark.parametrize("age", [timedelta(seconds=301), timedelta(seconds=-301)])
    def test_from_another_time_is_refused(self, signed, age):
        """Statement 12: a clock may differ by 300 seconds."""
        assert signed(age=age).status == 401


@pytest.mark.parametrize("number", [VISA, DECLINED_CARD, "4242424242424241"])
def test_a_card_is_never_logged(caller, caplog, capfd, number):
    """Statement 13: not when it is charged, nor declined, nor refused."""
    caplog.set_level("DEBUG")
    session_id = caller.create().id

    token = caller.delegate(session_id, number=number, cvc="9173")
    caller.complete(session_id, token.body["id"] if token.status == 201 else "vt_none")

    logged = caplog.text + "".join(capfd.readouterr())
    assert "checkout_sessions" in logged
    assert number not in logged
    assert not tells(logged, "9173")


def test_a_card_in_the_wrong_place_is_not_repeated(speaking):
    """Statements 9, 13: a refusal quotes nothing."""
    answer = speaking(V5).create(**{VISA: VISA})

    assert answer.status == 400
    assert VISA not in str(answer.body)
