"""Customers: what may be said of them."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from payments.sandbox.wire.paging import DatedPageParams
from payments.sandbox.wire.parameters import (
    Anything,
    Array,
    ClearableText,
    Flag,
    Integer,
    Labels,
    Params,
    RequestParams,
    Text,
    Words,
    at_most,
    unset,
)
from payments.sandbox.wire.schemas.addresses import ClearableAddress, ClearableShipping


class InvoiceSettings(Params):
    default_payment_method: ClearableText = None
    custom_fields: Anything = None
    footer: ClearableText = None
    rendering_options: Anything = None


class CustomerUpdate(RequestParams):
    email: Annotated[ClearableText, at_most(512)] = None
    address: ClearableAddress = None
    balance: Integer = 0
    business_name: ClearableText = None
    description: ClearableText = None
    individual_name: ClearableText = None
    invoice_prefix: Annotated[Words, at_most(12)] | None = None
    invoice_settings: InvoiceSettings = InvoiceSettings()
    metadata: Labels | None = None
    name: Annotated[ClearableText, at_most(256)] = None
    next_invoice_sequence: Integer = 1
    phone: Annotated[ClearableText, at_most(20)] = None
    preferred_locales: Array[Words] = []
    shipping: ClearableShipping = None
    tax_exempt: Annotated[Literal["none", "exempt", "reverse"] | None, BeforeValidator(unset)] = None
    validate_: Annotated[Flag, Field(alias="validate")] = False

    def details(self) -> dict[str, Any]:
        """What is kept to be told again."""
        details = self.given(
            *("address", "balance", "business_name", "description", "individual_name", "invoice_prefix"),
            *("name", "next_invoice_sequence", "phone", "preferred_locales", "shipping", "tax_exempt"),
        )
        if "tax_exempt" in details:
            details["tax_exempt"] = details["tax_exempt"] or "none"
        settings = self.invoice_settings.given("custom_fields", "footer", "rendering_options")
        return details | ({"invoice_settings": settings} if settings else {})


class CustomerCreate(CustomerUpdate):
    payment_method: Text | None = None


class CustomerList(DatedPageParams):
    email: Text | None = None
