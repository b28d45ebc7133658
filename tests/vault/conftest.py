"""An agent with a key, and a clock that stands still."""

import pytest
import time_machine

from agents.operations import create_agent
from tests.vault.factories import NOW


@pytest.fixture
def agent_and_key(db):
    return create_agent(name="Shopper")


@pytest.fixture
def agent(agent_and_key):
    return agent_and_key[0]


@pytest.fixture
def noon():
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def post(client, agent_and_key):
    """Send a body to delegate_payment as the agent: `post(body, version="2026-04-17", key="k")`."""

    def send(body, *, version="2026-04-17", key="key-1", **headers):
        headers = {
            "Authorization": f"Bearer {agent_and_key[1]}",
            "API-Version": version,
            "Idempotency-Key": key,
        } | headers
        return client.post(
            "/agentic_commerce/delegate_payment",
            body,
            content_type="application/json",
            headers={name: value for name, value in headers.items() if value is not None},
        )

    return send
