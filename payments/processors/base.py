"""What we ask of a payment processor, and the answers it can give.

A decline is an answer. An exception means that nothing was asked (`CardRefused`, `NoSuchCredential`) or that we did not
hear the answer (`Unknown`): then money may have moved, and only the same key, or `retrieve`, may be tried again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from payments.cards import Card, CardFacts
from payments.money import Money


@dataclass(frozen=True)
class StoredCard:
    """A card the processor keeps for us: `id` ("pm_…") is a credential that can be charged."""

    id: str
    facts: CardFacts


@dataclass(frozen=True)
class Succeeded:
    """The money is ours."""

    charge_id: str


@dataclass(frozen=True)
class Authorized:
    """The money is held for us, and still to be captured."""


@dataclass(frozen=True)
class RequiresAction:
    """The buyer must approve the payment at `url`. No money moves until then."""

    url: str


@dataclass(frozen=True)
class Declined:
    """No money moved. `code` is one of `payments.declines`; `message` can be shown to a buyer."""

    code: str
    message: str


Outcome = Succeeded | Authorized | RequiresAction | Declined


class Unknown(Exception):
    """We did not hear the answer, and do not know whether money moved."""


class CardRefused(Exception):
    """The card cannot even be stored: `field` of it is wrong."""

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class NoSuchCredential(Exception):
    """The credential names nothing that can be charged: unknown, or used up. No money moved."""


class Processor(Protocol):
    """Someone who can move money. Doing the same thing with the same key does it once and answers the same."""

    name: str

    def store_card(self, card: Card, *, key: str) -> StoredCard:
        """Keep a card, so that it can be charged by its id.

        :raises CardRefused: if no bank would look at it.
        :raises Unknown: if the processor did not answer.
        """

    def create(self, *, amount: Money, key: str, metadata: Mapping[str, str]) -> str:
        """Announce a payment and return the processor's id for it ("pi_…"). Moves no money.

        :raises Unknown: if the processor did not answer.
        """

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        """Charge `credential` for an announced payment. A payment that was paid answers so, and is not paid again.

        :raises NoSuchCredential: if `credential` cannot be charged.
        :raises Unknown: if the processor did not answer.
        """

    def retrieve(self, processor_id: str) -> Outcome | None:
        """Return what has become of a payment, or None if nothing has been decided yet.

        :raises Unknown: if the processor did not answer.
        """
