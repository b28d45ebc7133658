"""What a token still pays for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from payments.money import Money
from spt.limits import DEACTIVATED, EXCEEDED, WRONG_CURRENCY, Limits

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def limits(**more) -> Limits:
    usual = Limits(Money(1_000, "usd"), 0, 0, NOW + timedelta(seconds=1), is_deactivated=False, is_single_use=False)
    return replace(usual, **more)


@pytest.mark.parametrize(
    ("token", "amount", "refusal"),
    [
        (limits(), Money(1_000, "usd"), None),
        (limits(), Money(1_001, "usd"), EXCEEDED),
        (limits(captured=300, reserved=300), Money(400, "usd"), None),
        (limits(captured=300, reserved=300), Money(401, "usd"), EXCEEDED),
        (limits(captured=1, is_single_use=True), Money(1, "usd"), EXCEEDED),
        (limits(), Money(1_000, "eur"), WRONG_CURRENCY),
        (limits(is_deactivated=True), Money(1, "usd"), DEACTIVATED),
        (limits(expires_at=NOW), Money(1, "usd"), DEACTIVATED),
        (limits(expires_at=NOW - timedelta(days=1)), Money(1, "usd"), DEACTIVATED),
        (limits(expires_at=None), Money(1, "usd"), None),
    ],
)
def test_a_token_pays_within_its_limits(token, amount, refusal):
    assert token.refusal(amount, NOW) == refusal
