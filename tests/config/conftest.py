"""What is tested here is often tested on a purchase."""

from tests.checkout.conftest import caller, shop  # noqa: F401
