"""What a delegated token may still pay for, and why not. Pure: no database, no clock.

The limits are the buyer's word to the agent (ACP delegate_payment §2.5): one merchant, one checkout session, one
currency, at most so much, before a moment, once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from payments.money import Money


@dataclass(frozen=True)
class Charge:
    """A payment that someone wants to make with a token. `merchant_ids` are the names the shop answers to."""

    amount: Money
    merchant_ids: Collection[str]
    checkout_session_id: str


@dataclass(frozen=True)
class Refusal:
    """Why a token does not cover a charge, for programs and for people."""

    code: str
    message: str


CONSUMED = Refusal("token_consumed", "This token has paid already; it works once")
RESERVED = Refusal("token_reserved", "A payment with this token is on its way")
REVOKED = Refusal("token_revoked", "This token was revoked")
EXPIRED = Refusal("token_expired", "This token has expired")
WRONG_MERCHANT = Refusal("token_wrong_merchant", "This token was made for another merchant")
WRONG_SESSION = Refusal("token_wrong_session", "This token was made for another checkout session")
WRONG_CURRENCY = Refusal("token_wrong_currency", "This token was made for another currency")
AMOUNT_EXCEEDED = Refusal("token_amount_exceeded", "The total is more than this token allows")
NOT_FOUND = Refusal("token_not_found", "There is no such token")

SPENT = {"consumed": CONSUMED, "reserved": RESERVED, "revoked": REVOKED}


@dataclass(frozen=True)
class Allowance:
    """A token's limits, and whether it is still `active`."""

    state: str
    max_amount: Money
    merchant_id: str
    checkout_session_id: str
    expires_at: datetime

    def refusal(self, charge: Charge, now: datetime) -> Refusal | None:
        """Return the first reason why this allowance does not cover `charge`, or None if it does."""
        if self.merchant_id not in charge.merchant_ids:
            return WRONG_MERCHANT
        if self.checkout_session_id != charge.checkout_session_id:
            return WRONG_SESSION
        if self.state in SPENT:
            return SPENT[self.state]
        if now >= self.expires_at:  # at or after: the moment itself is too late
            return EXPIRED
        if self.max_amount.currency != charge.amount.currency:
            return WRONG_CURRENCY
        return None if charge.amount <= self.max_amount else AMOUNT_EXCEEDED
