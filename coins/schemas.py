"""The wire of seed 002, member by member; where its document and its code differ, its document.

Amounts are minor units, `price_dollars` is the one number for people, and times are UTC without saying so.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from agents.parsing import Email
from coins.models import MOST_COINS
from coins.status import Status

Moment = Annotated[
    datetime, PlainSerializer(lambda at: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), return_type=str)
]
Id = Annotated[str, Field(min_length=1, max_length=255)]
Success = Literal["success"]


class CoinsRequest(BaseModel):
    """Nothing is converted; what we do not know is left aside, as this wire's other servers do."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, hide_input_in_errors=True)


class CreateCustomerRequest(CoinsRequest):
    email: Email
    name: Annotated[str, Field(min_length=1, max_length=200)]


class AttachPaymentMethodRequest(CoinsRequest):
    user_id: Id
    payment_method_id: Id


class PurchaseCurrencyRequest(CoinsRequest):
    user_id: Id
    package_id: Id


class SpendCurrencyRequest(CoinsRequest):
    user_id: Id
    amount: Annotated[int, Field(gt=0, le=MOST_COINS)]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class CustomerCreated(BaseModel):
    status: Success = "success"
    user_id: str
    stripe_customer_id: str
    message: str = "Customer created successfully"


class PaymentMethodAttached(BaseModel):
    status: Success = "success"
    message: str
    payment_method_id: str


class CurrencyPurchased(BaseModel):
    """With `requires_action`, the buyer must first approve the payment at `action_url`; the coins follow by themselves.

    The document knows no such cards. `pending` is told by a retry that finds its payment still under way.
    """

    status: Literal["success", "requires_action", "pending"] = "success"
    transaction_id: str
    currency_purchased: int
    new_balance: int
    message: str = "Currency purchase successful"
    action_url: str | None = None


class CurrencySpent(BaseModel):
    status: Success = "success"
    transaction_id: str
    currency_spent: int
    new_balance: int
    message: str = "Currency spent successfully"


class CustomerInfo(BaseModel):
    user_id: str
    email: str
    name: str
    currency_balance: int
    stripe_customer_id: str
    created_at: Moment


class PackageInfo(BaseModel):
    package_id: str
    name: str
    price_cents: int
    price_dollars: float
    currency_amount: int


class Packages(BaseModel):
    packages: list[PackageInfo]


class Transaction(BaseModel):
    transaction_id: str
    amount_paid: int
    currency_purchased: int
    package_name: str
    timestamp: Moment
    status: Status


class Transactions(BaseModel):
    """Newest first. `next_page` is there if there is more, and says where."""

    user_id: str
    transactions: list[Transaction]
    next_page: str | None = None


class CoinsError(BaseModel):
    detail: str
