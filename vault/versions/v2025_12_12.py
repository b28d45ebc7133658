"""What 2025-12-12 changed in delegate_payment."""

import re

from agents.versioning import Body, VersionChange


class DisplayLast4BecameFourDigits(VersionChange):
    """`display_last4` is exactly four digits; before, it was any text of up to four characters."""

    requests = ("DelegatePaymentRequest",)

    def upgrade(self, body: Body) -> None:
        card = body.get("payment_method")
        if not isinstance(card, dict):
            return
        last4 = card.get("display_last4")
        if isinstance(last4, str) and len(last4) <= 4 and not re.fullmatch("[0-9]{4}", last4):
            del card["display_last4"]  # only ever shown, and we show what the processor says
