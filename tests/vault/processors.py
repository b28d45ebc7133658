"""Processors that do what a test needs to see; never mocks, each is a Processor that failed in its own way."""

from typing import NoReturn

from payments.cards import Card
from payments.processors.base import CardRefused, Unknown
from payments.processors.sandbox import SandboxProcessor


class SilentProcessor(SandboxProcessor):
    """It does not answer."""

    def store_card(self, card: Card, *, key: str) -> NoReturn:
        raise Unknown("timeout")


class ChoosyProcessor(SandboxProcessor):
    """It does not take this card."""

    def store_card(self, card: Card, *, key: str) -> NoReturn:
        raise CardRefused("incorrect_number", "Your card number is incorrect.", "number")


class ChattyProcessor(SandboxProcessor):
    """It breaks, and quotes the card while it does."""

    def store_card(self, card: Card, *, key: str) -> NoReturn:
        number, cvc = card.number.get_secret_value(), card.cvc.get_secret_value() if card.cvc else ""
        try:
            raise ValueError(f"could not parse {number}")
        except ValueError as cause:
            raise RuntimeError(f"400 from network: number={number} cvc={cvc}") from cause


class ForgetfulProcessor(SandboxProcessor):
    """It keeps the card, and its answer is lost on the way."""

    def store_card(self, card: Card, *, key: str) -> NoReturn:
        super().store_card(card, key=key)
        raise Unknown("timeout")


class DyingProcessor(SandboxProcessor):
    """It keeps the card, and our own process ends before it can answer."""

    def store_card(self, card: Card, *, key: str) -> NoReturn:
        super().store_card(card, key=key)
        raise SystemExit
