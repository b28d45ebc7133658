"""The demo shop, and an agent who buys in it."""

import pytest
from django.core.management import call_command

from tests.caller import Caller


@pytest.fixture
def shop(catalogue):
    """The demo catalogue."""


@pytest.fixture
def caller(shop):
    return Caller()


@pytest.fixture
def packages(shop):
    """The demo's coin packages, which are products too."""
    call_command("seed_packages", verbosity=0)
