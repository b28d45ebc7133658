"""Errors in the words of delegate_payment."""

import pytest

from agents.errors import ApiError, Broken, NotFound, TooLarge, Unavailable
from vault.refusals import in_words_of_delegate_payment


def refusal(status=400, code="invalid", message="No", param=None):
    error = ApiError(message, code=code, param=param)
    error.status = status
    return error


@pytest.mark.parametrize(
    "error",
    [
        refusal(),
        refusal(411, "length_required"),
        refusal(415, "unsupported_media_type"),
        refusal(422, "token_expired"),
        TooLarge("Too long"),
    ],
)
def test_whatever_is_wrong_with_the_request_is_an_invalid_card(error):
    assert in_words_of_delegate_payment(error).code == "invalid_card"


@pytest.mark.parametrize(
    "code",
    [
        "idempotency_conflict",
        "idempotency_key_required",
        "idempotency_in_flight",
        "missing_api_version",
        "unsupported_api_version",
    ],
)
def test_codes_with_a_meaning_of_their_own_are_kept(code):
    assert in_words_of_delegate_payment(refusal(code=code)).code == code


def test_too_many_requests_has_its_own_type_and_code():
    """Statement 107: 429 rate_limit_exceeded / too_many_requests."""
    reworded = in_words_of_delegate_payment(refusal(429, "rate_limited"))

    assert (reworded.type, reworded.code) == ("rate_limit_exceeded", "too_many_requests")


@pytest.mark.parametrize("error", [NotFound("No"), Unavailable("Later"), Broken("Ours"), refusal(401, "unauthorized")])
def test_what_the_closed_list_has_no_word_for_stays_honest(error):
    reworded = in_words_of_delegate_payment(error)

    assert (reworded.status, reworded.type, reworded.code) == (error.status, error.type, error.code)


def test_headers_are_kept():
    assert in_words_of_delegate_payment(Unavailable("Later")).headers == {"Retry-After": "5"}
