"""What a shop that takes real money must have set. Refused at start, for it would be missed at the first sale."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

A_DAY = 24 * 60 * 60


def check_production(**kwargs: Any) -> list[CheckMessage]:
    """With SANDBOX off nothing of the sandbox is left."""
    if settings.SANDBOX:
        return []
    found: list[CheckMessage] = []
    if settings.PAYMENT_PROCESSOR.startswith(("payments.processors.sandbox", "payments.sandbox")):
        found.append(
            Error("PAYMENT_PROCESSOR is the sandbox, which moves no money, but SANDBOX is off", id="till.E001")
        )
    elif not _can_be_imported(settings.PAYMENT_PROCESSOR):
        found.append(Error("PAYMENT_PROCESSOR is not the dotted path of a processor", id="till.E002"))
    if settings.ANONYMOUS_AGENT:
        found.append(Error("ANONYMOUS_AGENT lets anyone act as an agent, but SANDBOX is off", id="till.E003"))
    if not settings.MERCHANT_IDS:
        found.append(Error("MERCHANT_IDS names no merchant, so no token can be redeemed here", id="till.E004"))
    if settings.IDEMPOTENCY_RETENTION < A_DAY:
        found.append(Error("IDEMPOTENCY_RETENTION is less than the 24 hours that ACP promises", id="till.E010"))
    return found


def _can_be_imported(path: str) -> bool:
    try:
        import_string(path)
    except ImportError:
        return False
    return True
