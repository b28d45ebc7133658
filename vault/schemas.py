"""The delegate_payment wire, newest version only, named as the specification names it.

Number, CVC and cryptogram are secrets from the moment they are parsed: no repr, error or log can show them. What we
accept though the published schema refuses it, and the reverse, is said beside the member (acp.md §3.1).
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr

from agents.parsing import Wire

LARGEST_AMOUNT = 2**53 - 1  # the largest whole number that every JSON library reads alike

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def _moment(value: Any) -> datetime:
    """An RFC 3339 text as a moment in UTC."""
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):  # there is no 30 February, and no UTC for the last hours of the year 9999
            pass
    raise ValueError("Input should be a date and time with an offset, as RFC 3339 writes them")


DateTime = Annotated[datetime, BeforeValidator(_moment)]
Metadata = dict[str, str]


class BillingAddress(Wire):
    """`Address` there. The checkout's Address has other limits, and one OpenAPI document describes both."""

    name: Annotated[str, Field(max_length=256)]
    line_one: Annotated[str, Field(max_length=60)]
    line_two: Annotated[str, Field(max_length=60)] | None = None
    city: Annotated[str, Field(max_length=60)]
    state: str
    country: Annotated[str, Field(min_length=2, max_length=2)]
    postal_code: Annotated[str, Field(max_length=20)]


class PaymentMethodCard(Wire):
    type: Literal["card"]
    card_number_type: Literal["fpan", "network_token"] = "fpan"  # required there; left out by seed 004
    number: SecretStr
    exp_month: Annotated[str, Field(pattern="^(0[1-9]|1[0-2])$")]  # optional there; no card is charged without it
    exp_year: Annotated[str, Field(pattern="^[0-9]{4}$")]
    name: str | None = None
    cvc: SecretStr | None = None
    cryptogram: SecretStr | None = None
    eci_value: Annotated[str, Field(max_length=2)] | None = None
    checks_performed: list[Literal["avs", "cvv", "ani", "auth0"]] | None = None
    iin: Annotated[str, Field(max_length=8)] | None = None
    display_card_funding_type: Literal["credit", "debit", "prepaid"]
    display_wallet_type: str | None = None
    display_brand: str | None = None
    display_last4: Annotated[str, Field(pattern="^[0-9]{4}$")] | None = None
    metadata: Metadata = {}  # required there; left out by seed 004
    virtual: bool | None = None


class Allowance(Wire):
    reason: Literal["one_time"]
    max_amount: Annotated[int, Field(ge=1, le=LARGEST_AMOUNT)]
    currency: Annotated[str, Field(pattern="^[a-z]{3}$")]
    checkout_session_id: Annotated[str, Field(min_length=1, max_length=255)]
    merchant_id: Annotated[str, Field(min_length=1, max_length=256)]
    expires_at: DateTime


class RiskSignal(Wire):
    type: Literal["card_testing"]
    score: int
    action: Literal["blocked", "manual_review", "authorized"]


class DelegatePaymentRequest(Wire):
    payment_method: PaymentMethodCard
    allowance: Allowance
    billing_address: BillingAddress | None = None
    risk_signals: list[RiskSignal]
    metadata: Metadata


class DelegatePaymentResponse(Wire):
    id: str
    created: datetime
    metadata: Metadata


class DelegatePaymentError(Wire):
    """`Error` there, likewise. `vault.refusals` says which codes there are."""

    type: Literal["invalid_request", "rate_limit_exceeded", "processing_error", "service_unavailable"]
    code: str
    message: str
    param: str | None = None
    supported_versions: list[str] | None = None
