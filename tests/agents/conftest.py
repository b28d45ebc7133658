"""Every test here finds the counter idle."""

import pytest

from tests.agents import counter
from tests.checkout.conftest import caller, shop  # noqa: F401


@pytest.fixture(autouse=True)
def _nothing_happens_in_the_middle_of_a_sale():
    counter.EVENTS.clear()
