"""What the tests against the official files share: nothing here runs without those files."""

import pytest

from agents.models import Agent
from agents.operations import create_agent
from tests.spec.bodies import VERSIONS
from tests.spec.caller import Caller


@pytest.fixture(scope="session", autouse=True)
def official_files_are_here(acp_spec):
    """Skips, and says so, where the official ACP files are not."""


@pytest.fixture
def speaking(catalogue):
    """`speaking(V2)`: one agent, in that version."""
    _, key = create_agent(name="Speaker")
    return lambda version: Caller(version, key)


@pytest.fixture
def stranger(db):
    """`stranger(V2)`: another agent."""
    _, key = create_agent(name="Stranger")
    return lambda version: Caller(version, key)


@pytest.fixture(params=VERSIONS)
def caller(request, speaking) -> Caller:
    """An agent of each version in turn."""
    return speaking(request.param)


@pytest.fixture
def agent(speaking) -> Agent:
    """Whoever `speaking` and `caller` speak for."""
    return Agent.objects.get(name="Speaker")
