"""How a refusal reads on the delegate_payment wire, whose list of codes is closed (acp.md §3.4).

What is wrong with a request's body is always `invalid_card`, and the message says what is wrong. Where the list has no
word at all (who you are, which version, our own failures) the code stays honest: the published schema's known gap.
"""

from agents.errors import ApiError

CODES = frozenset(
    {
        "invalid_card",
        "duplicate_request",
        "idempotency_conflict",
        "idempotency_key_required",
        "idempotency_in_flight",
        "too_many_requests",
    }
)
BEYOND_THE_LIST = frozenset({"missing_api_version", "unsupported_api_version"})
ABOUT_THE_REQUEST = frozenset({400, 411, 413, 415, 422})


def in_words_of_delegate_payment(error: ApiError) -> ApiError:
    """Return `error` as this endpoint's callers may read it."""
    if error.status == 429:
        error.type, error.code = "rate_limit_exceeded", "too_many_requests"
    elif error.status in ABOUT_THE_REQUEST and error.code not in CODES | BEYOND_THE_LIST:
        error.code = "invalid_card"
    return error
