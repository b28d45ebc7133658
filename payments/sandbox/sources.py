"""How another room has something of its own pay for an intent, without being known here.

It registers the name that stands for it in `payment_method_data`, and is asked what follows, each in the transaction
that changes the intent.
"""

from typing import Protocol

from payments.sandbox.models import PaymentIntent, PaymentMethod


class Source(Protocol):
    """What stands in for a card. `value` is what was sent under the source's name.

    Any of the first two may refuse by raising `refusals.InvalidRequest`.
    """

    def payment_method(self, value: str, *, intent: PaymentIntent) -> PaymentMethod:
        """Return a new payment method of the intent's account, with `source={name: value}`."""

    def reserve(self, value: str, *, intent: PaymentIntent) -> None:
        """The intent's amount is about to be held."""

    def book(self, value: str, *, intent: PaymentIntent, amount: int) -> None:
        """`amount` of what was reserved has been collected; the rest is let go."""

    def release(self, value: str, *, intent: PaymentIntent) -> None:
        """Nothing of what was reserved will be collected."""

    def ask_buyer(self, value: str, *, intent: PaymentIntent) -> None:
        """The bank wants the buyer to approve the payment first."""

    def hear_buyer(self, value: str, *, intent: PaymentIntent) -> None:
        """Nobody waits for the buyer any more: they have answered, or something else became of the intent."""


_SOURCES: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Have `payment_method_data[name]` (and a top-level parameter of that name) paid by `source`."""
    _SOURCES[name] = source


def names() -> frozenset[str]:
    return frozenset(_SOURCES)


def stand_in(name: str, value: str, *, intent: PaymentIntent) -> PaymentMethod:
    return _SOURCES[name].payment_method(value, intent=intent)


def reserve(method: PaymentMethod, *, intent: PaymentIntent) -> None:
    for name, value in method.source.items():
        _SOURCES[name].reserve(value, intent=intent)


def book(method: PaymentMethod, *, intent: PaymentIntent, amount: int) -> None:
    for name, value in method.source.items():
        _SOURCES[name].book(value, intent=intent, amount=amount)


def release(method: PaymentMethod, *, intent: PaymentIntent) -> None:
    for name, value in method.source.items():
        _SOURCES[name].release(value, intent=intent)


def ask_buyer(method: PaymentMethod, *, intent: PaymentIntent) -> None:
    for name, value in method.source.items():
        _SOURCES[name].ask_buyer(value, intent=intent)


def hear_buyer(method: PaymentMethod, *, intent: PaymentIntent) -> None:
    for name, value in method.source.items():
        _SOURCES[name].hear_buyer(value, intent=intent)
