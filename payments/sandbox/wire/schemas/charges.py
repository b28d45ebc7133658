"""Charges, refunds and disputes: what may be said of them."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from payments.cards import without_numbers
from payments.sandbox.objects.aftermath import EVIDENCE
from payments.sandbox.wire.errors import BadParameter
from payments.sandbox.wire.paging import DatedPageParams
from payments.sandbox.wire.parameters import Flag, Labels, RequestParams, Text, wrong
from payments.sandbox.wire.schemas.amounts import Amount

_FACTS = frozenset(EVIDENCE.split())


class ChargeList(DatedPageParams):
    customer: Text | None = None
    payment_intent: Text | None = None
    transfer_group: Text | None = None


class RefundCreate(RequestParams):
    amount: Amount | None = None
    charge: Text | None = None
    instructions_email: Text | None = None
    metadata: Labels | None = None
    payment_intent: Text | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None

    def check(self) -> None:
        """:raises BadParameter: unless it says what is to be refunded."""
        if not self.charge and not self.payment_intent:
            raise BadParameter(
                "One of the following params should be provided for this request: payment_intent or charge.",
                code="parameter_missing",
            )


class LabelsUpdate(RequestParams):
    """An update of an object of which nothing else can be changed."""

    metadata: Labels | None = None


class RefundList(DatedPageParams):
    charge: Text | None = None
    payment_intent: Text | None = None


def _evidence(value: Any) -> Any:
    """Facts by name, each a text."""
    if not isinstance(value, dict):
        raise wrong("Invalid object")
    for name, fact in value.items():
        if name not in _FACTS:
            raise wrong(f"Received unknown parameter: {{param}}[{name}]", "parameter_unknown")
        if not isinstance(fact, str) or len(fact) > 20_000:
            raise wrong(f"Invalid string: {{param}}[{name}] must be a string of at most 20000 characters")
    return {name: without_numbers(fact) for name, fact in value.items()}


class DisputeUpdate(RequestParams):
    evidence: Annotated[dict[str, str], BeforeValidator(_evidence)] = {}
    metadata: Labels | None = None
    submit: Flag = True


class DisputeList(DatedPageParams):
    charge: Text | None = None
    payment_intent: Text | None = None
