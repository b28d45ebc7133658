"""Payment methods and tokens: what may be said of them."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from payments.cards import Card
from payments.sandbox import sources
from payments.sandbox.operations import NewCard, StandIn
from payments.sandbox.operations.means import Means
from payments.sandbox.wire.errors import BadParameter
from payments.sandbox.wire.paging import PageParams
from payments.sandbox.wire.parameters import (
    AnyHash,
    ClearableText,
    Integer,
    Labels,
    Params,
    RequestParams,
    Text,
    missing,
    text,
)
from payments.sandbox.wire.schemas.addresses import BillingDetails

Secret = Annotated[SecretStr, BeforeValidator(lambda value: SecretStr(text(value)))]
Redisplay = Literal["always", "limited", "unspecified"]
S = TypeVar("S", bound="Payable")


class CardData(Params):
    """A card as it was typed, or the token of one."""

    number: Secret | None = None
    exp_month: Integer | None = None
    exp_year: Integer | None = None
    cvc: Secret | None = None
    token: Text | None = None
    networks: AnyHash | None = None

    def read(self, path: str) -> Card | str:
        """:raises BadParameter: if it is neither."""
        if self.token:
            return self.token
        for name in ("number", "exp_month", "exp_year"):
            if getattr(self, name) is None:
                raise missing(f"{path}[{name}]")
        assert self.number and self.exp_month is not None and self.exp_year is not None  # noqa: S101
        year = self.exp_year + 2000 if 0 <= self.exp_year < 100 else self.exp_year
        return Card(self.number, self.exp_month, year, self.cvc)


class Payable(Params):
    """Something with which another room's sources may pay, under the names they registered."""

    _stand_in: StandIn | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _take_stand_in(cls: type[S], said: Any, read: ModelWrapValidatorHandler[S]) -> S:
        if not isinstance(said, dict):
            return read(said)
        named = sources.names() & said.keys()
        params = read({name: value for name, value in said.items() if name not in named})
        for name in named:
            params._stand_in = StandIn(name, text(said[name]))
        return params


class PaymentMethodData(Payable):
    """What to pay with, told in the request that pays."""

    type: Text | None = None
    card: CardData | None = None
    billing_details: BillingDetails = BillingDetails()
    metadata: Labels | None = None
    allow_redisplay: Redisplay = "unspecified"
    radar_options: AnyHash = {}

    def read(self, path: str) -> Means:
        """:raises BadParameter: if it is no card, nor anything else that pays."""
        if self._stand_in:
            return self._stand_in
        return _new_card(self, path)


def _new_card(data: "PaymentMethodData | PaymentMethodCreate", path: str) -> NewCard:
    """:raises BadParameter: if it is no card."""
    kind, card = data.type, data.card
    inside = (lambda name: f"{path}[{name}]") if path else (lambda name: name)
    if kind is None:
        raise missing(inside("type"))
    if kind != "card":
        raise BadParameter(f"Invalid {inside('type')}: must be card", param=inside("type"))
    if card is None:
        raise missing(inside("card"))
    said = data.billing_details.model_dump(exclude_none=True)
    return NewCard(card.read(inside("card")), said, data.metadata, data.allow_redisplay)


class PaymentMethodCreate(RequestParams):
    type: Text | None = None
    card: CardData | None = None
    billing_details: BillingDetails = BillingDetails()
    metadata: Labels | None = None
    allow_redisplay: Redisplay = "unspecified"

    def read(self) -> NewCard:
        return _new_card(self, "")


class Expiry(Params):
    exp_month: Annotated[Integer, Field(ge=1, le=12)] | None = None
    exp_year: Annotated[Integer, Field(ge=2000, le=9999)] | None = None
    networks: AnyHash | None = None


class PaymentMethodUpdate(RequestParams):
    billing_details: BillingDetails = BillingDetails()
    card: Expiry = Expiry()
    metadata: Labels | None = None
    allow_redisplay: Redisplay = "unspecified"


class PaymentMethodAttach(RequestParams):
    customer: Text


class PaymentMethodList(PageParams):
    customer: Text | None = None
    type: Text | None = None
    allow_redisplay: Redisplay | None = None


class TokenCard(CardData):
    """A card with its address, as Stripe.js sends it."""

    name: ClearableText = None
    address_city: ClearableText = None
    address_country: ClearableText = None
    address_line1: ClearableText = None
    address_line2: ClearableText = None
    address_state: ClearableText = None
    address_zip: ClearableText = None
    currency: ClearableText = None

    def billing_details(self) -> dict[str, Any]:
        lines = {
            "city": self.address_city,
            "country": self.address_country,
            "line1": self.address_line1,
            "line2": self.address_line2,
            "postal_code": self.address_zip,
            "state": self.address_state,
        }
        address = {"address": lines} if any(lines.values()) else {}
        return {"name": self.name} | address if self.name else address


class TokenCreate(RequestParams):
    card: TokenCard
