"""What an allowance covers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from payments.money import Money
from vault.allowances import Allowance, Charge, Refusal

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

ALLOWANCE = Allowance(
    state="active",
    max_amount=Money(10_000, "usd"),
    merchant_id="merchant_123",
    checkout_session_id="cs_1",
    expires_at=NOW + timedelta(minutes=10),
)
CHARGE = Charge(amount=Money(10_000, "usd"), merchant_ids=["merchant_rtg", "merchant_123"], checkout_session_id="cs_1")


def refusal_of(allowance: Allowance = ALLOWANCE, charge: Charge = CHARGE, now: datetime = NOW) -> Refusal:
    refusal = allowance.refusal(charge, now)
    assert refusal is not None
    return refusal


def test_covers_a_charge_of_everything_it_allows():
    assert ALLOWANCE.refusal(CHARGE, NOW) is None


def test_covers_a_charge_in_its_last_moment():
    assert ALLOWANCE.refusal(CHARGE, ALLOWANCE.expires_at - timedelta(microseconds=1)) is None


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1), timedelta(days=1)])
def test_at_or_after_its_end_is_too_late(late):
    """Statement 106: unusable at or after expires_at."""
    assert refusal_of(now=ALLOWANCE.expires_at + late).code == "token_expired"


@pytest.mark.parametrize(
    ("charge", "code"),
    [
        (replace(CHARGE, amount=Money(10_001, "usd")), "token_amount_exceeded"),
        (replace(CHARGE, amount=Money(1, "eur")), "token_wrong_currency"),
        (replace(CHARGE, checkout_session_id="cs_2"), "token_wrong_session"),
        (replace(CHARGE, merchant_ids=["merchant_rtg"]), "token_wrong_merchant"),
        (replace(CHARGE, merchant_ids=[]), "token_wrong_merchant"),
    ],
)
def test_refuses_what_it_was_not_made_for(charge, code):
    """Statement 106: no larger amount, other currency, other session or other merchant."""
    assert refusal_of(charge=charge).code == code


@pytest.mark.parametrize("state", ["reserved", "consumed", "revoked"])
def test_covers_nothing_once_it_is_not_active(state):
    """Statement 106: no second use."""
    assert refusal_of(replace(ALLOWANCE, state=state)).code == f"token_{state}"


def test_a_token_that_paid_says_so_even_when_it_has_expired():
    spent = replace(ALLOWANCE, state="consumed")

    assert refusal_of(spent, now=ALLOWANCE.expires_at).code == "token_consumed"


def test_every_refusal_has_its_own_message():
    refusals = [
        refusal_of(now=ALLOWANCE.expires_at),
        refusal_of(charge=replace(CHARGE, merchant_ids=[])),
        refusal_of(charge=replace(CHARGE, checkout_session_id="cs_2")),
        refusal_of(charge=replace(CHARGE, amount=Money(1, "eur"))),
        refusal_of(charge=replace(CHARGE, amount=Money(10_001, "usd"))),
        *(refusal_of(replace(ALLOWANCE, state=state)) for state in ("reserved", "consumed", "revoked")),
    ]

    assert len({refusal.message for refusal in refusals}) == len(refusals)
