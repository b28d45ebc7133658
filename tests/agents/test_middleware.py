"""What is said back of a caller's headers, and what is said of a call in the log."""

import pytest
import structlog
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.agents.counter")]

READ, SELL = "/counter/a", "/counter/a/sell"


class TestEchoes:
    def test_a_request_id_comes_back(self, api):
        """Statement 8: echo Request-Id if provided."""
        assert api.get(READ, headers={"Request-Id": "req 42"})["Request-Id"] == "req 42"

    def test_a_request_without_an_id_gets_one(self, api):
        one, other = api.get(READ)["Request-Id"], api.get(READ)["Request-Id"]

        assert one.startswith("req_")
        assert one != other

    def test_an_idempotency_key_comes_back_from_every_post(self, api):
        """Statement 7: echo Idempotency-Key on all POST responses: the first, a replay and a refusal."""
        for _ in range(2):
            assert api.post(SELL, headers={"Idempotency-Key": "k 1"})["Idempotency-Key"] == "k 1"
        assert api.post(SELL, "{", headers={"Idempotency-Key": "k 2"})["Idempotency-Key"] == "k 2"

    def test_they_come_with_every_answer(self, client):
        for path in ("/health", "/nowhere", READ):
            answer = client.get(path, headers={"Request-Id": "r1", "Idempotency-Key": "k1"})

            assert (answer["Request-Id"], answer["Idempotency-Key"]) == ("r1", "k1")

    def test_they_come_with_the_way_to_https(self, client, settings):
        settings.SECURE_SSL_REDIRECT = True

        answer = client.get(READ, headers={"Request-Id": "r1", "Idempotency-Key": "k1"})

        assert answer.status_code == 301
        assert (answer["Request-Id"], answer["Idempotency-Key"]) == ("r1", "k1")

    def test_only_what_is_printable_comes_back_and_not_endlessly(self, client):
        answer = client.get("/health", headers={"Request-Id": "a\r\nb\x00ü" + "c" * 300, "Idempotency-Key": "\x07"})

        assert answer["Request-Id"] == "ab" + "c" * 253
        assert "Idempotency-Key" not in answer


class TestTheAccessLog:
    def test_has_one_line_per_request(self, api, agent):
        with capture_logs(processors=[merge_contextvars]) as lines:
            api.get(f"{READ}?token=secret", headers={"Request-Id": "r1"})

        (line,) = [line for line in lines if line["event"] == "request"]
        assert line.pop("duration_ms") >= 0
        assert line == {
            "event": "request",
            "log_level": "info",
            "method": "GET",
            "path": READ,
            "status": 200,
            "agent_id": agent.pk,
            "request_id": "r1",
        }

    def test_does_not_mistake_one_request_for_the_one_before(self, api, client):
        api.get(READ)
        with capture_logs(processors=[merge_contextvars]) as lines:
            client.get("/health")

        assert "agent_id" not in lines[-1]

    def test_holds_no_key_no_secret_and_no_body(self, api, key, caplog, capsys):
        """Statement 13: nothing of a card is logged, whatever happens to it."""
        for body in ('{"number": "4242424242424242"}', '{"number": 4242424242424242', '{"items": 4242424242424242}'):
            api.post("/counter/a/order", body, headers={"Signature": "sig-4242"})

        said = caplog.text + "".join(capsys.readouterr())
        assert said
        assert "42424242" not in said and "sig-" not in said
        assert key not in said

    def test_names_the_request_in_every_line_about_it(self, api):
        with capture_logs(processors=[merge_contextvars]) as lines:
            api.get(READ, headers={"Request-Id": "r1"})
            structlog.get_logger().info("afterwards")

        assert lines[-1]["request_id"] == "r1"  # until the thread's next request
