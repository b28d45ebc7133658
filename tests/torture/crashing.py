"""More processors that fail in one way each, beside those of `tests.payments.unreliable`: at refunds."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from payments.money import Money
from payments.processors.base import Outcome, RefundOutcome, Unknown
from payments.processors.sandbox import SandboxProcessor
from tests.payments.unreliable import Crash


class DiesBeforeRefund(SandboxProcessor):
    """We die on the way to it."""

    def refund(self, processor_id: str, *, amount: Money, key: str, metadata: Mapping[str, str]) -> RefundOutcome:
        raise Crash


class DiesAfterRefund(SandboxProcessor):
    """We die after it has given the money back, and before we know."""

    def refund(self, processor_id: str, *, amount: Money, key: str, metadata: Mapping[str, str]) -> RefundOutcome:
        super().refund(processor_id, amount=amount, key=key, metadata=metadata)
        raise Crash


class LosesTheRefund(SandboxProcessor):
    """Gives the money back, and is not heard."""

    def refund(self, processor_id: str, *, amount: Money, key: str, metadata: Mapping[str, str]) -> RefundOutcome:
        super().refund(processor_id, amount=amount, key=key, metadata=metadata)
        raise Unknown("timeout after the work")


class WaitsAtAGate(SandboxProcessor):
    """Charges nobody before there is a file where GATE says."""

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        while not Path(os.environ["GATE"]).exists():
            time.sleep(0.05)
        return super().confirm(processor_id, credential=credential, key=key)
