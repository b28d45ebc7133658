"""The published example bodies, and the few that their own schema refuses."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.spec.bodies import V1, V3, V4, V5
from tests.spec.official import ACP_SPEC

EXAMPLES = ACP_SPEC / "examples"
CHECKOUT = "examples.agentic_checkout.json"
NEGOTIATION = "examples.capability_negotiation.json"
MULTI_ITEM = "examples.multi_item_checkout.json"
FILES = (CHECKOUT, "examples.delegate_payment.json", NEGOTIATION, MULTI_ITEM, "discount-extension/*.json")

# Which definition an example shows, by its name in its file. The first that matches counts; None: not for this build.
DEFINITIONS_BY_NAME = (
    (r"webhook_.*", None),
    (r"delegate_payment_request", "DelegatePaymentRequest"),
    (r"delegate_payment_success_response", "DelegatePaymentResponse"),
    (r"(delegate_payment_)?error_.*", "Error"),
    (r"discovery_response_.*", "DiscoveryResponse"),
    (r"authentication_result_.*", "AuthenticationResult"),
    (r"update_.*_request.*", "CheckoutSessionUpdateRequest"),
    (r"complete_.*_request.*", "CheckoutSessionCompleteRequest"),
    (r"cancel_.*_request.*", "CancelSessionRequest"),
    (r"(.*_)?request(_.*)?", "CheckoutSessionCreateRequest"),
    (r"complete_.*_response", "CheckoutSessionWithOrder"),
    (r"(.*_)?response|checkout_session_.*", "CheckoutSession"),
)

NEGOTIATIONS = (
    "successful_negotiation",
    "incompatible_payment_method",
    "authentication_requirement",
    "bnpl_capable",
    "network_tokenization",
    "digital_wallet",
)
DISCOUNTS = (
    "automatic-discount",
    "order-level-discount",
    "percentage-discount-with-allocations",
    "rejected-discount-code",
    "stacked-discounts",
)

# Published examples that their own schema, mended, refuses (acp.md §7.2): version, file and key → why.
EXPECTED_FAILURES = {
    (V1, CHECKOUT, "complete_checkout_session_response"): "has no `order`",
    **{(V3, NEGOTIATION, f"{name}_request"): "`agent_capabilities` is in no schema" for name in NEGOTIATIONS},
    **{(V3, NEGOTIATION, f"{name}_response"): "`seller_capabilities` is in no schema" for name in NEGOTIATIONS},
    (V3, NEGOTIATION, "minimal_agent_capabilities_request"): "`agent_capabilities` is in no schema",
    (V3, NEGOTIATION, "minimal_seller_capabilities_response"): "`seller_capabilities` is in no schema",
    **{(V4, f"discount-extension/{name}.json", "request"): "has no `capabilities`" for name in DISCOUNTS},
    **{(V4, f"discount-extension/{name}.json", "response"): "has `payment_methods`" for name in DISCOUNTS},
    (V5, CHECKOUT, "authentication_result_denied_example"): "`outcome_details` has one of its four members",
    (V5, MULTI_ITEM, "create_multi_item_checkout_request"): "has no `capabilities`",
    (V5, MULTI_ITEM, "create_multi_item_checkout_response"): "puts `capabilities` inside `protocol`",
    **{(V5, f"discount-extension/{name}.json", "request"): "has no `capabilities`" for name in DISCOUNTS},
    **{(V5, f"discount-extension/{name}.json", "response"): "has `payment_methods`" for name in DISCOUNTS},
}


@dataclass(frozen=True)
class Example:
    """A published body, and the definition it should be an example of."""

    version: str
    file: str
    key: str
    definition: str
    body: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.version}/{self.file}:{self.key}"

    @property
    def document(self) -> str:
        return "delegate_payment" if "delegate_payment" in self.file else "agentic_checkout"

    @property
    def is_sound(self) -> bool:
        return (self.version, self.file, self.key) not in EXPECTED_FAILURES


def load_examples(version: str) -> list[Example]:
    """Every published body of checkout and delegated payment, of `version`."""
    files = [path for pattern in FILES for path in sorted((EXAMPLES / version).glob(pattern))]
    orders = sorted((EXAMPLES / version).glob("orders/*.json"))
    return [example for path in files for example in _examples_in(path, version)] + [
        _order(path, version) for path in orders
    ]


def _examples_in(path: Path, version: str) -> Iterator[Example]:
    for key, body in json.loads(path.read_text()).items():
        if definition := _definition_of(key):
            yield Example(version, str(path.relative_to(EXAMPLES / version)), key, definition, body)


def _definition_of(key: str) -> str | None:
    return next((definition for name, definition in DEFINITIONS_BY_NAME if re.fullmatch(name, key)), None)


def _order(path: Path, version: str) -> Example:
    """Such a file is one whole body, with `$schema` and `_description` written on it."""
    body = {key: value for key, value in json.loads(path.read_text()).items() if key[0] not in "$_"}
    return Example(version, f"orders/{path.name}", "order", "Order", body)
