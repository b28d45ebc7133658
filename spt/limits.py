"""What a shared payment token may still pay for, and why not, in Stripe's words. Pure: no database, no clock.

The cap is cumulative: what was captured and what is reserved for payments under way count against it (stripe.md §1.4).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from payments.money import Money

LONGEST = timedelta(days=90)  # how far ahead a token's end may be


@dataclass(frozen=True)
class Refusal:
    """Why a token does not pay. Stripe gives most of these no code, and not all of them are about one parameter."""

    message: str
    param: str = ""
    code: str = ""


# As seen on Stripe's test mode (stripe.md §1.7)
DEACTIVATED = Refusal(
    "The shared payment granted token cannot be used because it is already in a deactivated state.",
    code="token_deactivated",
)
EXCEEDED = Refusal(
    "The requested amount is greater than the remaining amount capturable with this shared payment granted token.",
    code="token_amount_exceeded",
)
WRONG_CURRENCY = Refusal(
    "The currency of the payment does not match the currency of the shared payment granted token.",
    param="currency",
    code="token_wrong_currency",
)


@dataclass(frozen=True)
class Limits:
    """A token's usage limits, and what of them is left."""

    cap: Money
    captured: int  # minor units
    reserved: int
    expires_at: datetime | None
    is_deactivated: bool
    is_single_use: bool

    @property
    def remaining(self) -> int:
        """What may still be reserved. A single-use token that a payment has is spent, whatever it was for."""
        used = self.captured + self.reserved
        return 0 if self.is_single_use and used else self.cap.amount - used

    def has_ended(self, now: datetime) -> bool:
        """At its last second a token has ended already."""
        return self.expires_at is not None and now >= self.expires_at

    def refusal(self, amount: Money, now: datetime) -> Refusal | None:
        """Return the first reason why `amount` cannot be paid, or None if it can."""
        if self.is_deactivated or self.has_ended(now):
            return DEACTIVATED
        if amount.currency != self.cap.currency:
            return WRONG_CURRENCY
        return EXCEEDED if amount.amount > self.remaining else None
