"""3-D Secure, as far as the protocol shows it: what an agent needs to ask the buyer's bank, and what it brings back.

The agent may send the buyer to the session's `continue_url`, or authenticate by itself with the metadata and bring the
result to `complete` (acp.md §6, statements 41–44).
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from checkout import schemas
from payments.processors.base import Authentication

DIRECTORY_SERVERS = {"visa": "visa", "mastercard": "mastercard", "amex": "american_express"}


def metadata_for(*, brand: str, signals: Mapping[str, str], locale: str) -> dict[str, Any]:
    """The newest version's AuthenticationMetadata. Older versions require its `channel`."""
    return {
        "channel": {
            "type": "browser",
            "browser": {
                "accept_header": "*/*",
                "ip_address": (signals.get("ip_address") or "0.0.0.0")[:45],  # noqa: S104
                "javascript_enabled": False,
                "language": (signals.get("accept_language") or locale or "en")[:35],
                "user_agent": signals.get("user_agent") or "unknown",
            },
        },
        "acquirer_details": {
            "acquirer_bin": settings.ACQUIRER_BIN,
            "acquirer_country": settings.ACQUIRER_COUNTRY,
            "acquirer_merchant_id": settings.MERCHANT_IDS[0][:35],
            "merchant_name": settings.SHOP_NAME[:40],
        },
        "directory_server": DIRECTORY_SERVERS.get(brand, "visa"),
        "flow_preference": {"type": "challenge", "challenge": {"type": "preferred"}},
    }


def proof_of(result: schemas.AuthenticationResult) -> Authentication | None:
    """What convinces the processor, or None if the buyer did not approve."""
    details = result.outcome_details
    if result.outcome not in schemas.PROVEN or details is None:
        return None
    return Authentication(
        cryptogram=details.three_ds_cryptogram,
        electronic_commerce_indicator=details.electronic_commerce_indicator,
        transaction_id=details.transaction_id,
        version=details.version,
    )
