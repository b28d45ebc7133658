"""What operators type."""

import io
import json
import re
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agents import operations, signatures, webhooks
from agents.models import Agent, ApiKey, IdempotentRequest, OutgoingEvent

pytestmark = pytest.mark.django_db


def run(name: str, *args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


class TestCreateAgent:
    def test_prints_a_key_that_works(self):
        printed = run("create_agent", "Robin", "--pin", "2026-01-30")

        (plain,) = re.findall(r"API key: (\S+)", printed)
        assert ApiKey.objects.get().hash == ApiKey.hash_of(plain)
        assert Agent.objects.get().pinned_version == "2026-01-30"

    def test_refuses_a_name_that_is_taken(self):
        run("create_agent", "Robin")

        with pytest.raises(CommandError, match="already"):
            run("create_agent", "Robin")

    def test_refuses_a_version_we_do_not_speak(self):
        with pytest.raises(CommandError, match="invalid choice"):
            run("create_agent", "Robin", "--pin", "2020-01-01")


class TestSignRequest:
    @pytest.fixture
    def body(self, tmp_path) -> str:
        path = tmp_path / "body.json"
        path.write_text('{ "b": 1.0, "a": "é" }\n')
        return str(path)

    def test_prints_what_is_signed_and_the_signature(self, body):
        printed = run("sign_request", body, "--secret", "s3cret", "--timestamp", "2026-04-17T12:00:00Z")

        message = '2026-04-17T12:00:00Z.{"a":"é","b":1}'.encode()
        assert printed.splitlines() == [
            "Timestamp: 2026-04-17T12:00:00Z",
            f"Signature: {signatures.sign_with_secret(message, secret='s3cret')}",
            'Canonical JSON: {"a":"é","b":1}',
        ]

    def test_prints_the_same_as_json(self, body):
        options = ["--secret", "s3cret", "--timestamp", "2026-04-17T12:00:00Z"]
        printed = json.loads(run("sign_request", body, *options, "--json"))

        assert printed["canonical"] == '{"a":"é","b":1}'
        assert f"Signature: {printed['Signature']}" in run("sign_request", body, *options)

    @pytest.mark.urls("tests.agents.counter")
    def test_prints_headers_that_the_server_takes(self, api, agent, body):
        operations.set_signing_secret(agent=agent)
        printed = run("sign_request", body, "--agent", agent.name)
        headers = dict(line.split(": ", 1) for line in printed.splitlines()[:2])

        assert api.post("/counter/a/sell", '{"a":"é","b":1}', headers=headers).status_code == 201

    def test_reads_standard_input_where_nothing_is_the_empty_body(self, monkeypatch):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
        printed = run("sign_request", "--secret", "s3cret")

        assert printed.endswith("Canonical JSON: \n")

    def test_signs_with_an_ed25519_key(self, body):
        private_key = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
        printed = run("sign_request", body, "--private-key", private_key, "--timestamp", "2026-04-17T12:00:00Z")

        message = '2026-04-17T12:00:00Z.{"a":"é","b":1}'.encode()
        assert signatures.sign_with_private_key(message, private_key=private_key) in printed

    @pytest.mark.parametrize(
        "options",
        [
            ["--agent", "nobody"],
            ["--agent", "Robin"],
            ["--private-key", "short"],
            [],
            ["--secret", "a", "--agent", "b"],
        ],
    )
    def test_refuses_what_it_cannot_sign_with(self, agent, body, options):
        with pytest.raises(CommandError):
            run("sign_request", body, *options)

    def test_refuses_a_body_that_is_not_json(self, tmp_path):
        (tmp_path / "body.json").write_text("{")

        with pytest.raises(CommandError, match="not JSON"):
            run("sign_request", str(tmp_path / "body.json"), "--secret", "s3cret")

    def test_explains_itself_with_an_example(self, capsys):
        with pytest.raises(SystemExit):
            run("sign_request", "--help")

        assert "| manage.py sign_request --secret" in capsys.readouterr().out


class TestForgetOldRequests:
    def test_forgets_what_is_older_than_two_days(self, agent):
        """Statement 29: kept for 24 hours at least, then forgotten."""
        for key, age in {"old": 49, "young": 47}.items():
            IdempotentRequest.objects.create(
                agent=agent, path="/", key=key, response_status=200, created_at=timezone.now() - timedelta(hours=age)
            )

        assert run("forget_old_requests") == "Forgot 1 answer(s) and 0 exchange(s)\n"
        assert IdempotentRequest.objects.get().key == "young"


class TestForgetDeliveredEvents:
    def test_deletes_what_arrived_long_ago(self, agent):
        operations.set_endpoint(agent=agent, url="https://agent.example/")
        for age in (29, 31):
            event = webhooks.write(
                agent=agent, subject=f"ord_{age}", type="order_update", data={}, api_version="2026-04-17"
            )
            event.deliver(timezone.now() - timedelta(days=age))

        assert run("forget_delivered_events") == "Forgot 1 event(s)\n"
        assert OutgoingEvent.objects.get().subject == "ord_29"
