"""Nothing of the sandbox in a shop."""

import pytest

from config.checks import check_production


@pytest.fixture
def shop(settings):
    settings.SANDBOX = False
    settings.ANONYMOUS_AGENT = ""
    settings.MERCHANT_IDS = ["merchant_1"]
    settings.PAYMENT_PROCESSOR = "payments.processors.base.Processor"
    return settings


def test_a_shop_with_everything_of_its_own_is_accepted(shop):
    assert check_production() == []


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("PAYMENT_PROCESSOR", "payments.processors.sandbox.SandboxProcessor", "till.E001"),
        ("PAYMENT_PROCESSOR", "payments.processors.nobody.Nobody", "till.E002"),
        ("PAYMENT_PROCESSOR", "nonsense", "till.E002"),
        ("ANONYMOUS_AGENT", "demo", "till.E003"),
        ("MERCHANT_IDS", [], "till.E004"),
        ("IDEMPOTENCY_RETENTION", 24 * 60 * 60 - 1, "till.E010"),
    ],
)
def test_a_shop_is_refused_with(shop, setting, value, problem):
    setattr(shop, setting, value)

    assert [error.id for error in check_production()] == [problem]


def test_the_sandbox_may_have_all_of_it(settings):
    settings.SANDBOX = True

    assert check_production() == []
