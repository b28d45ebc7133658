"""What anyone may know about the shop, without a key: acp.md §6, statements 152 to 155."""

import re

import pytest

from tests.spec import official
from tests.spec.bodies import V5, VERSIONS


@pytest.fixture
def response(client, db, settings):
    settings.ANONYMOUS_AGENT = ""
    return client.get("/.well-known/acp.json")


def test_it_is_found_at_the_origins_root_without_a_key(response):
    """Statement 152: 200, and JSON."""
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"


def test_it_is_a_discovery_response(response):
    """Statement 153: by the official schema."""
    official.validate(V5, "agentic_checkout", "DiscoveryResponse", response.json())


def test_it_names_every_version_oldest_first(response):
    """Statement 153: and the last one is the version."""
    protocol = response.json()["protocol"]

    assert protocol["name"] == "acp"
    assert protocol["supported_versions"] == list(VERSIONS)
    assert protocol["version"] == VERSIONS[-1]


def test_it_says_where_and_how_to_call(response, settings):
    """Statement 153: the API's base, REST among the transports, and the services there are."""
    body = response.json()

    assert body["api_base_url"] == settings.PUBLIC_URL
    assert "rest" in body["transports"]
    assert {"checkout", "delegate_payment"} <= set(body["capabilities"]["services"])


def test_it_tells_nothing_about_merchant_payment_or_buyer(response, settings):
    """Statement 154: no merchant ids, handlers, processors or keys."""
    text = response.content.decode()

    assert not any(merchant_id in text for merchant_id in settings.MERCHANT_IDS)
    assert not re.search("handler|psp|card|sandbox|stripe|secret|buyer", text)


def test_it_may_be_kept_for_an_hour(response):
    """Statement 155: in any cache."""
    directives = response.headers["Cache-Control"].split(", ")

    assert "public" in directives
    assert "max-age=3600" in directives


def test_too_many_visits_are_told_when_to_come_back(client, db, settings):
    """Statement 155: 429 with Retry-After."""
    settings.AGENT_RATE = "2/min"

    answers = [client.get("/.well-known/acp.json", REMOTE_ADDR="192.0.2.7") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
