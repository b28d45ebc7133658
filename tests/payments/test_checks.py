import pytest

from payments.checks import STRIPE, check_payments


@pytest.fixture
def stripe(settings):
    settings.PAYMENT_PROCESSOR = STRIPE
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_1", "whsec_1"
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_1"
    settings.STRIPE_API_BASE = "https://api.stripe.com"
    return settings


def ids() -> list[str | None]:
    return [message.id for message in check_payments()]


def test_the_sandbox_needs_nothing():
    assert ids() == []


def test_money_is_captured_in_one_of_two_ways(settings):
    settings.PAYMENT_CAPTURE = "later"

    assert ids() == ["till.E005"]


def test_stripe_is_content_with_its_keys(stripe):
    assert ids() == []


@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("STRIPE_SECRET_KEY", "", "till.E006"),
        ("STRIPE_SECRET_KEY", "pk_test_1", "till.E006"),
        ("STRIPE_WEBHOOK_SECRET", "", "till.W002"),
        ("STRIPE_PUBLISHABLE_KEY", "sk_test_1", "till.E011"),
        ("STRIPE_API_BASE", "api.stripe.com", "till.E007"),
    ],
)
def test_stripe_needs_each_of_them(stripe, setting, value, found):
    setattr(stripe, setting, value)

    assert ids() == [found]


@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("STRIPE_SECRET_KEY", "sk_live_1", []),
        ("STRIPE_SECRET_KEY", "sk_test_1", ["till.W001"]),
        ("STRIPE_PUBLISHABLE_KEY", "", ["till.W001", "till.W003"]),
        ("STRIPE_API_BASE", "http://127.0.0.1:8000", ["till.W001", "till.E008"]),
    ],
)
def test_a_shop_takes_real_money_over_tls(stripe, setting, value, found):
    stripe.SANDBOX = False
    setattr(stripe, setting, value)

    assert ids() == found


def test_a_log_that_would_print_cards_is_refused(stripe, monkeypatch):
    monkeypatch.setenv("STRIPE_LOG", "debug")

    assert ids() == ["till.E009"]
