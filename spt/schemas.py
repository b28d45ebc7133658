"""What may be said of shared payment tokens (stripe.md §1.2): the public preview's parameters, and those before it."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from payments.money import Money
from payments.sandbox.wire.errors import BadParameter
from payments.sandbox.wire.parameters import (
    Flag,
    Integer,
    Labels,
    Link,
    Params,
    RequestParams,
    Text,
    Words,
    at_most,
    unset,
)
from payments.sandbox.wire.schemas.amounts import Amount, Currency
from spt.limits import LONGEST

LAST_SECOND = 253_402_300_799  # the last that a date can have


class UsageLimits(Params):
    currency: Currency
    max_amount: Amount
    expires_at: Annotated[Integer, Field(ge=0, le=LAST_SECOND)] | None = None

    def cap(self) -> Money:
        return Money(self.max_amount, self.currency)

    def ends_at(self, now: datetime) -> datetime | None:
        """:raises BadParameter: if that is in the past, or too far ahead."""
        if self.expires_at is None:
            return None
        end = datetime.fromtimestamp(self.expires_at, UTC)
        if not now < end <= now + LONGEST:
            raise BadParameter(
                f"Invalid timestamp: must be in the future (up to {LONGEST.days} days).",
                param="usage_limits[expires_at]",
            )
        return end


class SellerDetails(Params):
    """`network_id` is what the private preview called the profile."""

    network_business_profile: Annotated[Text, at_most(255)] | None = None
    external_id: Annotated[Words, at_most(255)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _take_network_id(cls, said: Any) -> Any:
        if isinstance(said, dict) and "network_id" in said:
            said = {"network_business_profile": said["network_id"]} | {
                name: value for name, value in said.items() if name != "network_id"
            }
        return said


class IssuedTokenCreate(RequestParams):
    payment_method: Text
    usage_limits: UsageLimits
    seller_details: SellerDetails | None = None
    return_url: Annotated[Link, at_most(2000)] | None = None
    setup_future_usage: Annotated[Literal["on_session"] | None, BeforeValidator(unset)] = None
    shared_metadata: Labels | None = None
    use_stripe_sdk: Flag | None = None

    def columns(self) -> dict[str, Any]:
        """What is kept as it came."""
        return {
            "return_url": self.return_url or "",
            "setup_future_usage": self.setup_future_usage or "",
            "use_stripe_sdk": self.use_stripe_sdk,
        }


class GrantedTokenCreate(RequestParams):
    """A seller's test helper. The seller is who asks; before the public preview it was named too ("internal")."""

    payment_method: Text
    usage_limits: UsageLimits
    customer: Text | None = None
    seller_details: SellerDetails | None = None
    shared_metadata: Labels | None = None
