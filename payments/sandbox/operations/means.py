"""What an intent is to be paid with: the name of a card, a card that is new, or what stands in for one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payments.cards import Card
from payments.sandbox import sources
from payments.sandbox.labels import Labels, merged
from payments.sandbox.models import PaymentIntent, PaymentMethod
from payments.sandbox.operations.payment_methods import NOT_AGAIN, create_payment_method, find_payment_method
from payments.sandbox.refusals import InvalidRequest, NoSuchPaymentMethod


@dataclass(frozen=True)
class NewCard:
    """A card that came with the request (or the name of a token for one), and what was said of it."""

    card: Card | str
    billing_details: Mapping[str, Any] = field(default_factory=dict)
    metadata: Labels | None = None
    allow_redisplay: str = "unspecified"

    def store(self, account: str) -> PaymentMethod:
        """:raises CardError: if no bank would look at it.

        :raises NoSuchPaymentMethod: if it is a token for none.
        """
        if isinstance(self.card, Card):
            method = create_payment_method(card=self.card, billing_details=self.billing_details, account=account)
        else:
            method = find_payment_method(self.card, account=account, param="card[token]")
            method.billing_details = method.billing_details | dict(self.billing_details)
        method.metadata, method.allow_redisplay = merged({}, self.metadata), self.allow_redisplay
        method.save()
        return method


@dataclass(frozen=True)
class StandIn:
    """Something of another room's that pays: `sources` knows whom to ask."""

    name: str
    value: str


Means = str | NewCard | StandIn


def payment_method_for(intent: PaymentIntent, means: Means) -> PaymentMethod:
    """Return what `means` comes to.

    :raises NoSuchPaymentMethod: if it cannot be charged.
    :raises InvalidRequest: if it is not for this intent.
    """
    match means:
        case StandIn(name, value):
            return sources.stand_in(name, value, intent=intent)
        case NewCard():
            return means.store(intent.account)
    method = _usable(find_payment_method(means, account=intent.account))
    if method.customer_id not in (None, intent.customer_id):
        raise InvalidRequest(
            "",
            f"The payment method `{method.pk}` belongs to a customer. Please include the customer in the `customer` "
            "parameter on the PaymentIntent.",
            "payment_method",
        )
    return method


def stored_card(name: str, *, account: str) -> PaymentMethod:
    """Return the payment method of the account's that has this name. A card's token is none.

    :raises NoSuchPaymentMethod: if there is none, or it is of no use any more.
    """
    if name.startswith("tok_"):
        raise NoSuchPaymentMethod("resource_missing", f"No such PaymentMethod: '{name}'", "payment_method")
    return _usable(find_payment_method(name, account=account))


def _usable(method: PaymentMethod) -> PaymentMethod:
    if method.is_detached:
        raise NoSuchPaymentMethod("payment_method_unexpected_state", NOT_AGAIN, "payment_method")
    return method
