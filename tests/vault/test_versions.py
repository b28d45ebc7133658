"""What older versions send, and what they read."""

import pytest

from agents.errors import ApiError
from tests.vault.factories import body
from vault.versions import VERSIONS

BEFORE_2026_04_17 = ["2025-09-29", "2025-12-12", "2026-01-16", "2026-01-30"]


def upgrade(sent, version):
    return VERSIONS.upgrade("DelegatePaymentRequest", sent, since=version)


@pytest.mark.parametrize("version", BEFORE_2026_04_17)
def test_an_older_request_names_at_least_one_risk_signal(version):
    """Statement 104: risk_signals ≥ 1 before 2026-04-17."""
    with pytest.raises(ApiError) as refused:
        upgrade(body(risk_signals=[]), version)

    assert refused.value.param == "$.risk_signals"


def test_the_newest_request_needs_no_risk_signal():
    """Statement 104: from 2026-04-17 on, risk_signals may be empty."""
    assert upgrade(body(risk_signals=[]), "2026-04-17")["risk_signals"] == []


@pytest.mark.parametrize("version", BEFORE_2026_04_17)
def test_an_older_caller_is_told_of_a_duplicate_request_instead_of_one_in_flight(version):
    """Statement 10: the code is one that the caller's version has."""
    error = {"type": "invalid_request", "code": "idempotency_in_flight", "message": "…"}

    assert VERSIONS.downgrade("Error", error, to=version)["code"] == "duplicate_request"


@pytest.mark.parametrize("last4", ["42", "", "****"])
def test_the_first_version_may_show_anything_for_the_last_four_digits(last4):
    sent = upgrade(body(payment_method__display_last4=last4), "2025-09-29")

    assert "display_last4" not in sent["payment_method"]


@pytest.mark.parametrize("payment_method", [None, [], "card", {}, {"display_last4": 4242}])
def test_upgrading_leaves_nonsense_for_validation(payment_method):
    assert upgrade(body(payment_method=payment_method), "2025-09-29")["payment_method"] == payment_method
