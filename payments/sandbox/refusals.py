"""The ways the sandbox says no: nothing has changed, and the message is Stripe's."""

from payments.sandbox.behaviors import Decline
from payments.sandbox.models import PaymentIntent


class CardError(Exception):
    """The card cannot be stored or kept: Stripe's `card_error`."""

    def __init__(self, code: str, message: str, param: str = "", decline_code: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.decline_code = decline_code

    @classmethod
    def of(cls, decline: Decline) -> "CardError":
        """What a bank says that declines to have its card kept."""
        return cls(decline.code, decline.message, decline_code=decline.decline_code)


class InvalidRequest(Exception):
    """Stripe's `invalid_request_error`. Not every one has a code, or is about one parameter."""

    def __init__(self, code: str, message: str, param: str = "", intent: PaymentIntent | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.intent = intent  # as it is


class NoSuchObject(InvalidRequest):
    """What was asked for is not there, or belongs to another account."""

    def __init__(self, kind: str, id: str, param: str = "id") -> None:
        super().__init__("resource_missing", f"No such {kind}: '{id}'", param)


class NoSuchPaymentMethod(InvalidRequest):
    """There is nothing to charge by this name, or not any more."""


class UnexpectedState(InvalidRequest):
    """The object is past this."""
