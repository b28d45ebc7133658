"""Processors that fail in one way each: more implementations of the protocol, not mocks.

Install one with `settings.PAYMENT_PROCESSOR = path(LosesTheAnswer)`; put `SANDBOX` back when the trouble is over.
"""

from collections.abc import Mapping
from typing import Any

from payments.cards import Card
from payments.money import Money
from payments.processors.base import Authentication, Outcome, RefundOutcome, StoredCard, Unknown
from payments.processors.sandbox import SandboxProcessor

SANDBOX = "payments.processors.sandbox.SandboxProcessor"


class Crash(BaseException):
    """The process dies here: nothing after this line runs, and nobody catches it."""


def path(processor: type) -> str:
    return f"{processor.__module__}.{processor.__qualname__}"


class LosesTheAnswer(SandboxProcessor):
    """Does the work, and is not heard."""

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        super().confirm(processor_id, credential=credential, key=key)
        raise Unknown("timeout after the work")


class LosesTheRequest(SandboxProcessor):
    """Is not reached at all."""

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        raise Unknown("timeout before the work")


class CannotBeReached(SandboxProcessor):
    """Does not answer anything."""

    def create(self, *, key: str, **what: Any) -> str:
        raise Unknown("connection refused")

    def retrieve(self, processor_id: str) -> Outcome | None:
        raise Unknown("connection refused")

    def store_card(self, card: Card, *, key: str) -> StoredCard:
        raise Unknown("connection refused")

    def create_customer(self, *, email: str, name: str, key: str) -> str:
        raise Unknown("connection refused")


class DiesBeforeCreate(SandboxProcessor):
    """We die on the way to it."""

    def create(self, *, key: str, **what: Any) -> str:
        raise Crash


class DiesAfterCreate(SandboxProcessor):
    """We die before we have written down its id."""

    def create(self, *, key: str, **what: Any) -> str:
        super().create(key=key, **what)
        raise Crash


class DiesBeforeConfirm(SandboxProcessor):
    """We die with its id written down, and nothing charged."""

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        raise Crash


class DiesAfterConfirm(SandboxProcessor):
    """We die after it has charged, and before we know."""

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        super().confirm(processor_id, credential=credential, key=key)
        raise Crash


class LosesTheRefund(SandboxProcessor):
    """Gives the money back, and is not heard."""

    def refund(self, processor_id: str, *, amount: Money, key: str, metadata: Mapping[str, str]) -> RefundOutcome:
        super().refund(processor_id, amount=amount, key=key, metadata=metadata)
        raise Unknown("timeout after the work")


class LosesTheCapture(SandboxProcessor):
    """Takes what is held, and is not heard."""

    def capture(self, processor_id: str, *, key: str) -> Outcome:
        super().capture(processor_id, key=key)
        raise Unknown("timeout after the work")


class LosesTheProof(SandboxProcessor):
    """Believes that the buyer has approved, and is not heard."""

    def authenticate(self, processor_id: str, *, proof: Authentication, key: str) -> Outcome:
        super().authenticate(processor_id, proof=proof, key=key)
        raise Unknown("timeout after the work")


class DiesBeforeCapture(SandboxProcessor):
    """We die with the money held."""

    def capture(self, processor_id: str, *, key: str) -> Outcome:
        raise Crash


class DiesAfterCapture(SandboxProcessor):
    """We die after the money was taken, and before we know."""

    def capture(self, processor_id: str, *, key: str) -> Outcome:
        super().capture(processor_id, key=key)
        raise Crash


class DiesBeforeRefund(SandboxProcessor):
    """We die on the way to give money back."""

    def refund(self, processor_id: str, *, amount: Money, key: str, metadata: Mapping[str, str]) -> RefundOutcome:
        raise Crash


class DiesAfterRefund(SandboxProcessor):
    """We die after the money was given back, and before we know."""

    def refund(self, processor_id: str, *, amount: Money, key: str, metadata: Mapping[str, str]) -> RefundOutcome:
        super().refund(processor_id, amount=amount, key=key, metadata=metadata)
        raise Crash


class ForgetsItsKeys(SandboxProcessor):
    """Carries out every request anew, as a processor may after a day: only its ids are left to go by."""

    def create(self, *, key: str, **what: Any) -> str:
        return super().create(key=fresh(key), **what)

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        return super().confirm(processor_id, credential=credential, key=fresh(key))

    def refund(self, processor_id: str, *, amount: Money, key: str, metadata: Mapping[str, str]) -> RefundOutcome:
        return super().refund(processor_id, amount=amount, key=fresh(key), metadata=metadata)


class Elsewhere(SandboxProcessor):
    """Another processor, which knows nothing of the first one's payments."""

    name = "elsewhere"


_counter = iter(range(1_000_000))


def fresh(key: str) -> str:
    return f"{key}:{next(_counter)}"
