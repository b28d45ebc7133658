"""What we ask of a payment processor, and the answers it can give.

A decline is an answer, and so is a refund that failed. An exception means that nothing was done (`CardRefused`,
`NoSuchCredential`, `PaymentRefused`) or that we did not hear the answer (`Unknown`): then money may have moved, and
only the same key, or a question about what happened, may be tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
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


@dataclass(frozen=True)
class RefundSucceeded:
    """The money is on its way back. Beware: a bank may still send it back, and then the refund has failed."""

    id: str


@dataclass(frozen=True)
class RefundPending:
    """The money will go back, or not: it is not decided yet."""

    id: str


@dataclass(frozen=True)
class RefundFailed:
    """No money went back, or it came back. `id` is "" for what the processor would not even begin."""

    id: str
    code: str
    message: str


RefundOutcome = RefundSucceeded | RefundPending | RefundFailed


@dataclass(frozen=True)
class Authentication:
    """The proof that the buyer's bank was asked elsewhere, and approved: the result of a 3-D Secure."""

    cryptogram: str = field(repr=False)
    electronic_commerce_indicator: str
    transaction_id: str
    version: str


@dataclass(frozen=True)
class RefundFacts:
    """What the processor has in its books of a refund. `reference` is our own id for it, "" if it is none of ours."""

    id: str
    amount: Money
    reference: str
    outcome: RefundOutcome


@dataclass(frozen=True)
class DisputeFacts:
    """What the processor has in its books of a dispute: the buyer asked their bank for the money back."""

    id: str
    amount: Money
    reason: str
    status: str  # in Stripe's words: "needs_response", "under_review", "won" …
    answer_by: datetime | None


@dataclass(frozen=True)
class Event:
    """The processor says that something happened to one of its payments. Only a reason to ask: it may be old news."""

    id: str
    type: str  # in Stripe's words: "payment_intent.succeeded", "charge.dispute.created" …
    processor_id: str


class BadSignature(Exception):
    """Whoever sent this event does not know our secret."""


class Unknown(Exception):
    """We did not hear the answer, and do not know whether money moved."""


class Misconfigured(Unknown):
    """The processor does not listen to us: our key or our rights are wrong. Staff must mend it; no buyer can."""


class CardRefused(Exception):
    """The card cannot even be stored: `field` of it is wrong."""

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class NoSuchCredential(Exception):
    """The credential names nothing that can be charged: unknown, or used up. No money moved."""


class CustomerRefused(Exception):
    """The processor does not take this name or e-mail address for a person's."""


class PaymentRefused(Exception):
    """The processor will not take this payment, whatever the card. `code` is one of `payments.declines`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Processor(Protocol):
    """Someone who can move money. Doing the same thing with the same key does it once and answers the same."""

    name: str

    def store_card(self, card: Card, *, key: str) -> StoredCard:
        """Keep a card, so that it can be charged by its id.

        :raises CardRefused: if no bank would look at it.
        :raises Unknown: if the processor did not answer.
        """

    def create_customer(self, *, email: str, name: str, key: str) -> str:
        """Make somebody known who may pay more than once, and return the processor's id for them ("cus_…").

        :raises CustomerRefused: if the processor does not take that for a person.
        :raises Unknown: if the processor did not answer.
        """

    def attach_payment_method(self, payment_method: str, *, customer: str, key: str) -> None:
        """Keep a card for a customer, as the one they pay with. From then on, it pays for nobody else.

        :raises CardRefused: if its bank says no.
        :raises NoSuchCredential: if there is no such card, or it is somebody else's, or of no use any more.
        :raises Unknown: if the processor did not answer.
        """

    def create(
        self,
        *,
        amount: Money,
        key: str,
        metadata: Mapping[str, str],
        capture: str = "automatic",
        customer: str = "",
    ) -> str:
        """Announce a payment and return the processor's id for it ("pi_…"). Moves no money.

        With `capture="manual"`, confirming it holds the money, and `capture` takes it. A card that is kept for a
        customer pays only what is announced as theirs.

        :raises PaymentRefused: if there can be no such payment.
        :raises Unknown: if the processor did not answer.
        """

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        """Charge `credential` for an announced payment. A payment that was paid answers so, and is not paid again.

        :raises NoSuchCredential: if `credential` cannot be charged.
        :raises Unknown: if the processor did not answer.
        """

    def authenticate(self, processor_id: str, *, proof: Authentication, key: str) -> Outcome:
        """Charge what waits for the buyer's approval, which they gave elsewhere.

        :raises Unknown: if the processor did not answer.
        """

    def capture(self, processor_id: str, *, key: str) -> Outcome:
        """Take the money that is held; return what has become of the payment.

        :raises Unknown: if the processor did not answer.
        """

    def cancel(self, processor_id: str, *, key: str) -> Outcome:
        """Let no money move; return what has become of the payment: it may be too late.

        :raises Unknown: if the processor did not answer.
        """

    def retrieve(self, processor_id: str) -> Outcome | None:
        """Return what has become of a payment, or None if nothing has been decided yet.

        :raises Unknown: if the processor did not answer, or is still at it.
        """

    def refund(self, processor_id: str, *, amount: Money, key: str, metadata: Mapping[str, str]) -> RefundOutcome:
        """Give back `amount` of a payment. `metadata["refund"]` is our own id, by which `refunds_of` finds it again.

        :raises Unknown: if the processor did not answer.
        """

    def retrieve_refund(self, refund_id: str) -> RefundOutcome:
        """Return what has become of a refund.

        :raises Unknown: if the processor did not answer.
        """

    def refunds_of(self, processor_id: str) -> list[RefundFacts]:
        """Return every refund of a payment, also those that others made.

        :raises Unknown: if the processor did not answer.
        """

    def disputes_of(self, processor_id: str) -> list[DisputeFacts]:
        """Return every dispute about a payment.

        :raises Unknown: if the processor did not answer.
        """
