"""Processors that fail in one way each: more implementations of the protocol, not mocks.

Install one with `settings.PAYMENT_PROCESSOR = path(LosesTheAnswer)`; put `SANDBOX` back when the trouble is over.
"""

from collections.abc import Mapping

from payments.cards import Card
from payments.money import Money
from payments.processors.base import Outcome, StoredCard, Unknown
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

    def create(self, *, amount: Money, key: str, metadata: Mapping[str, str]) -> str:
        raise Unknown("connection refused")

    def retrieve(self, processor_id: str) -> Outcome | None:
        raise Unknown("connection refused")

    def store_card(self, card: Card, *, key: str) -> StoredCard:
        raise Unknown("connection refused")


class DiesBeforeCreate(SandboxProcessor):
    """We die on the way to it."""

    def create(self, *, amount: Money, key: str, metadata: Mapping[str, str]) -> str:
        raise Crash


class DiesAfterCreate(SandboxProcessor):
    """We die before we have written down its id."""

    def create(self, *, amount: Money, key: str, metadata: Mapping[str, str]) -> str:
        super().create(amount=amount, key=key, metadata=metadata)
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


class ForgetsItsKeys(SandboxProcessor):
    """Carries out every request anew, as a processor may after a day: only its ids are left to go by."""

    def create(self, *, amount: Money, key: str, metadata: Mapping[str, str]) -> str:
        return super().create(amount=amount, key=fresh(key), metadata=metadata)

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        return super().confirm(processor_id, credential=credential, key=fresh(key))


class Elsewhere(SandboxProcessor):
    """Another processor, which knows nothing of the first one's payments."""

    name = "elsewhere"


_counter = iter(range(1_000_000))


def fresh(key: str) -> str:
    return f"{key}:{next(_counter)}"
