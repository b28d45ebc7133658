"""Customers at the payment processor, who keeps their cards."""

from agents.errors import ApiError, Unavailable
from coins.models import Customer
from payments.processors import processor
from payments.processors.base import CardRefused, CustomerRefused, NoSuchCredential, Unknown


class InvalidCustomer(ApiError):
    """The processor does not take this for a person."""

    code = "invalid_customer"


class InvalidPaymentMethod(ApiError):
    """The processor knows no such payment method, or it is somebody else's, or its bank says no."""

    code = "invalid_payment_method"


def create_customer(*, email: str, name: str, key: str) -> str:
    """Make the processor know somebody, once per `key`, and return its id for them ("cus_…").

    :raises InvalidCustomer: if it does not take that for a person.
    :raises Unavailable: if it did not answer; the same request may be sent again.
    """
    try:
        return processor().create_customer(email=email, name=name, key=f"{key}:customer")
    except CustomerRefused:
        raise InvalidCustomer("Invalid e-mail or name") from None
    except Unknown as silence:
        raise Unavailable("The payment processor does not answer; send the request again") from silence


def attach_payment_method(payment_method: str, *, customer: Customer, key: str) -> None:
    """Make a card the one that a customer pays with at the processor.

    :raises InvalidPaymentMethod: if it cannot be.
    :raises Unavailable: if the processor did not answer; the same request may be sent again.
    """
    try:
        processor().attach_payment_method(
            payment_method, customer=customer.stripe_customer_id, key=f"{key}:{payment_method}"
        )
    except NoSuchCredential:
        raise InvalidPaymentMethod("Invalid payment method") from None
    except CardRefused as refused:
        raise InvalidPaymentMethod(refused.message, code=refused.code) from None
    except Unknown as silence:
        raise Unavailable("The payment processor does not answer; send the request again") from silence
