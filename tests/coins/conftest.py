"""A shop with the demo's packages, and somebody to sell them to."""

import pytest
from django.core.management import call_command

from tests.coins.factories import an_account


@pytest.fixture
def packages(db):
    call_command("seed_packages", verbosity=0)


@pytest.fixture
def customer(packages, agent):
    """Somebody with a card that pays, and no coins."""
    return an_account(agent)
