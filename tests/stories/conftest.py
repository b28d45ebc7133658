"""Stories are told in the demo shop."""

from tests.checkout.conftest import caller, packages, shop  # noqa: F401
