"""Where people live, and where goods and bills go."""

from typing import Annotated

from pydantic import BeforeValidator

from payments.sandbox.wire.parameters import ClearableText, Params, Words, unset


class Address(Params):
    city: ClearableText = None
    country: ClearableText = None
    line1: ClearableText = None
    line2: ClearableText = None
    postal_code: ClearableText = None
    state: ClearableText = None


ClearableAddress = Annotated[Address | None, BeforeValidator(unset)]


class Shipping(Params):
    address: Address
    name: Words
    carrier: ClearableText = None
    phone: ClearableText = None
    tracking_number: ClearableText = None


ClearableShipping = Annotated[Shipping | None, BeforeValidator(unset)]


class BillingDetails(Params):
    address: ClearableAddress = None
    email: ClearableText = None
    name: ClearableText = None
    phone: ClearableText = None
    tax_id: ClearableText = None
