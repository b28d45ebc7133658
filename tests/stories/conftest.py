"""Stories are told in the demo shop."""

from tests.checkout.conftest import caller, shop  # noqa: F401
