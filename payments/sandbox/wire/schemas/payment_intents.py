"""Payment intents: what may be said of them, and what must not be said at once."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator

from payments.money import Money
from payments.sandbox.operations import Manner
from payments.sandbox.operations.means import Means
from payments.sandbox.wire.errors import BadParameter
from payments.sandbox.wire.paging import DatedPageParams
from payments.sandbox.wire.parameters import (
    AnyHash,
    Anything,
    Array,
    ClearableText,
    Flag,
    Labels,
    Link,
    Params,
    RequestParams,
    Text,
    Words,
    at_most,
    unset,
)
from payments.sandbox.wire.schemas.addresses import ClearableShipping
from payments.sandbox.wire.schemas.amounts import Amount, Currency, check_minimum
from payments.sandbox.wire.schemas.cards import Payable, PaymentMethodData

DASHBOARD = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these "
    "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want "
    "to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)


def _presence(value: Any) -> Any:
    """`off_session` may say why the buyer is not there."""
    return True if value in ("one_off", "recurring") else value


OffSession = Annotated[Flag, BeforeValidator(_presence)]
CaptureMethod = Literal["automatic", "automatic_async", "manual"]
FutureUsage = Annotated[Literal["off_session", "on_session"] | None, BeforeValidator(unset)]


class AutomaticPaymentMethods(Params):
    enabled: Flag
    allow_redirects: Literal["always", "never"] = "always"


class ThreeDSecure(Params):
    """The buyer was authenticated elsewhere."""

    version: Literal["1.0.2", "2.1.0", "2.2.0", "2.3.0", "2.3.1"]
    transaction_id: Words
    cryptogram: Words
    electronic_commerce_indicator: Words | None = None
    ares_trans_status: Words | None = None
    exemption_indicator: Words | None = None
    requestor_challenge_indicator: Words | None = None
    network_options: AnyHash | None = None


class CardOptions(Params):
    three_d_secure: ThreeDSecure | None = None
    request_three_d_secure: Literal["any", "automatic", "challenge"] = "automatic"
    network: Words | None = None
    moto: Flag = False
    setup_future_usage: FutureUsage = None
    cvc_token: Text | None = None
    installments: Anything = None
    mandate_options: Anything = None


class PaymentMethodOptions(Params):
    card: Annotated[CardOptions | None, BeforeValidator(unset)] = None


class Paying(Payable, RequestParams):
    """What creating, updating and confirming an intent have in common."""

    payment_method: Text | None = None
    payment_method_data: PaymentMethodData | None = None
    payment_method_options: PaymentMethodOptions = PaymentMethodOptions()
    receipt_email: Annotated[ClearableText, at_most(512)] = None
    setup_future_usage: FutureUsage = None
    shipping: ClearableShipping = None

    KEPT: ClassVar[tuple[str, ...]] = ("receipt_email", "setup_future_usage", "shipping")

    def means(self) -> Means | None:
        """What to pay with.

        :raises BadParameter: if two things are said.
        """
        said = (self.payment_method, self.payment_method_data, self._stand_in)
        if sum(value is not None for value in said) > 1:
            raise BadParameter(
                "You may only specify one of these parameters: payment_method, payment_method_data.",
                code="parameters_exclusive",
                param="payment_method_data",
            )
        if self.payment_method_data:
            return self.payment_method_data.read("payment_method_data")
        return self.payment_method or self._stand_in

    def details(self) -> dict[str, Any]:
        """What is kept to be told again, without the proof of who the buyer is."""
        details = self.given(*self.KEPT)
        card = self.payment_method_options.card
        if card is not None and (options := card.given("request_three_d_secure", "network", "setup_future_usage")):
            details["card_options"] = options
        return details


class Confirming(Paying):
    """What is said of how an intent is confirmed."""

    off_session: OffSession = False
    error_on_requires_action: Flag = False
    return_url: Link | None = None
    mandate_data: Anything = None
    mandate: Text | None = None
    radar_options: AnyHash = {}
    use_stripe_sdk: Flag = False

    def manner(self) -> Manner:
        card = self.payment_method_options.card
        proof = card.three_d_secure if card else None
        return Manner(
            is_off_session=self.off_session,
            fails_on_action=self.error_on_requires_action,
            asks_if_possible=bool(card and card.request_three_d_secure != "automatic"),
            three_d_secure=proof.model_dump(exclude_none=True) if proof else None,
            return_url=self.return_url,
        )

    def check_return_url(self, details: dict[str, Any]) -> None:
        """A buyer whom some payment methods might send away must be able to come back.

        :raises BadParameter: if nobody said where to.
        """
        automatic = details.get("automatic_payment_methods") or {}
        may_redirect = automatic.get("enabled") and automatic.get("allow_redirects") == "always"
        if may_redirect and not (self.return_url or details.get("return_url") or self.pays_otherwise):
            raise BadParameter(DASHBOARD, param="return_url")

    @property
    def pays_otherwise(self) -> bool:
        """Whether something stands in for a payment method."""
        inner = self.payment_method_data._stand_in if self.payment_method_data else None
        return bool(self._stand_in or inner)


class PaymentIntentConfirm(Confirming):
    capture_method: CaptureMethod | None = None
    client_secret: Text | None = None


class PaymentIntentCreate(Confirming):
    amount: Amount
    currency: Currency
    automatic_payment_methods: AutomaticPaymentMethods | None = None
    capture_method: CaptureMethod = "automatic"
    confirm: Flag = False
    confirmation_method: Literal["automatic", "manual"] = "automatic"
    customer: Text | None = None
    description: Annotated[ClearableText, at_most(1000)] = None
    metadata: Labels | None = None
    payment_method_types: Array[Words] | None = None
    statement_descriptor: Annotated[ClearableText, at_most(22)] = None
    statement_descriptor_suffix: Annotated[ClearableText, at_most(22)] = None
    transfer_group: ClearableText = None

    KEPT = (
        *Confirming.KEPT,
        "confirmation_method",
        "description",
        "payment_method_types",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    )
    ONLY_WITH_CONFIRM: ClassVar = ("off_session", "error_on_requires_action", "return_url", "mandate_data")

    def money(self) -> Money:
        """:raises BadParameter: if it is less than may be charged."""
        check_minimum(self.amount, self.currency)
        return Money(self.amount, self.currency)

    def check(self) -> None:
        """:raises BadParameter: if what is said does not go together."""
        said = self.model_fields_set
        for other in ("confirmation_method", "payment_method_types"):
            if {other, "automatic_payment_methods"} <= said:
                raise BadParameter(
                    f"You may only specify one of these parameters: automatic_payment_methods, {other}.",
                    code="parameters_exclusive",
                    param=other,
                )
        if self.payment_method_types is not None and "card" not in self.payment_method_types:
            raise BadParameter("The sandbox knows one payment method type: card.", param="payment_method_types")
        for name in self.ONLY_WITH_CONFIRM:
            if name in said and not self.confirm:
                raise BadParameter(
                    f"The parameter `{name}` cannot be passed when creating a PaymentIntent unless `confirm` is set to "
                    "true.",
                    param=name,
                )
        if self.confirm:
            self.check_return_url(self.details())

    def details(self) -> dict[str, Any]:
        """Whoever says nothing of how it may be paid leaves it to their settings: that is what `automatic` is."""
        details = super().details()
        if self.automatic_payment_methods:
            details["automatic_payment_methods"] = self.automatic_payment_methods.model_dump()
        elif not {"payment_method_types", "confirmation_method"} & self.model_fields_set:
            details["automatic_payment_methods"] = {"enabled": True, "allow_redirects": "always"}
        return details


class PaymentIntentUpdate(Paying):
    amount: Amount | None = None
    capture_method: CaptureMethod | None = None
    currency: Currency | None = None
    customer: Text | None = None
    description: Annotated[ClearableText, at_most(1000)] = None
    metadata: Labels | None = None
    payment_method_types: Array[Words] | None = None
    statement_descriptor: Annotated[ClearableText, at_most(22)] = None
    statement_descriptor_suffix: Annotated[ClearableText, at_most(22)] = None
    transfer_group: ClearableText = None

    KEPT = (
        *Paying.KEPT,
        "description",
        "payment_method_types",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    )


class PaymentIntentCapture(RequestParams):
    amount_to_capture: Amount | None = None
    final_capture: Literal["true", True] = True  # the sandbox's cards are captured once
    metadata: Labels | None = None
    statement_descriptor: Annotated[ClearableText, at_most(22)] = None
    statement_descriptor_suffix: Annotated[ClearableText, at_most(22)] = None


class PaymentIntentCancel(RequestParams):
    cancellation_reason: Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"] | None = None


class PaymentIntentRetrieve(RequestParams):
    client_secret: Text | None = None


class PaymentIntentList(DatedPageParams):
    customer: Text | None = None
