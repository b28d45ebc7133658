"""The payment handlers a session declares, and which credential each takes (acp.md §4.10).

`card_tokenized` takes what an agent was delegated (`vt_`, `spt_`); `card_direct` takes a processor's own token.
"""

from typing import Any

from django.conf import settings

from agents.errors import ApiError
from payments.processors import processor

CARD_TOKENIZED = "card_tokenized"
CARD_DIRECT = "card_direct"
VAULT_PREFIX, SHARED_PREFIX = "vt_", "spt_"
DELEGATED_PREFIXES = (VAULT_PREFIX, SHARED_PREFIX)
DIRECT_PREFIXES = ("tok_", "pm_")
CREDENTIAL_PARAM = "$.payment_data.instrument.credential.token"  # where a request has it
BRANDS = ["visa", "mastercard", "amex", "discover"]
INTERVENTIONS = ("3ds",)  # what the buyer can be asked to do meanwhile


class CredentialRefused(ApiError):
    """The handler is not one of ours, or does not take this kind of token."""

    code = "invalid_payment_credential"


def declared() -> list[dict[str, Any]]:
    """The newest version's PaymentHandler objects, best choice first."""
    return [
        _handler(
            CARD_TOKENIZED, "dev.acp.tokenized.card", "tokenized_card", "Card", requires_delegate_payment=True, order=1
        ),
        _handler(
            CARD_DIRECT, "dev.till.direct.card", "direct_card", "Card token", requires_delegate_payment=False, order=2
        ),
    ]


def is_vaulted(token: str) -> bool:
    """Whether the token stands for a card in the vault."""
    return token.startswith(VAULT_PREFIX)


def is_shared(token: str) -> bool:
    """Whether it is a shared payment token, which the processor takes as it is."""
    return token.startswith(SHARED_PREFIX)


def handler_for(token: str) -> str:
    """Return the handler that takes `token`: older versions name none (acp.md §2.7)."""
    return CARD_DIRECT if token.startswith(DIRECT_PREFIXES) else CARD_TOKENIZED


def check_credential(handler_id: str, token: str) -> None:
    """:raises CredentialRefused: if no such handler is declared, or it does not take such a token (59, 61)."""
    prefixes = {CARD_TOKENIZED: DELEGATED_PREFIXES, CARD_DIRECT: DIRECT_PREFIXES}.get(handler_id)
    if prefixes is None:
        raise CredentialRefused(
            f"This session declares no payment handler '{handler_id}'",
            code="invalid_handler",
            param="$.payment_data.handler_id",
        )
    if not token.startswith(prefixes):
        raise CredentialRefused(
            f"The handler '{handler_id}' takes tokens that begin with {' or '.join(prefixes)}",
            param=CREDENTIAL_PARAM,
        )


def _handler(
    id: str, name: str, spec: str, title: str, *, requires_delegate_payment: bool, order: int
) -> dict[str, Any]:
    base = f"{settings.PUBLIC_URL}/static/handlers/{spec}"
    psp = processor().name
    return {
        "id": id,
        "name": name,
        "display_name": title,
        "version": "2026-01-30",
        "spec": f"{base}/handler.html",
        "requires_delegate_payment": requires_delegate_payment,
        "requires_pci_compliance": False,
        "psp": psp,
        "config_schema": f"{base}/config.json",
        "instrument_schemas": [f"{base}/instrument.json"],
        "config": {"merchant_id": settings.MERCHANT_IDS[0], "psp": psp, "accepted_brands": BRANDS},
        "display_order": order,
    }
