"""The wire, newest version only, named as the specification names it.

Tolerant reader, strict writer (acp.md §4, §7.4): requests accept `quantity`, `null` as "clear this" and capability
values nobody knows; responses carry only what the published schema has.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from agents.parsing import Email, Wire

MOST_LINE_ITEMS = 200
MOST_OF_ONE_ITEM = 9_999
MOST_DISCOUNT_CODES = 50  # each one that is not valid becomes a message

DateTime = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]


def _countable(value: Any) -> Any:
    """The first version allows fractions of an item; nothing here is sold by the fraction (acp.md §7.4.11)."""
    if type(value) is not int or not 1 <= value <= MOST_OF_ONE_ITEM:
        raise PydanticCustomError("invalid_quantity", f"A quantity is a whole number from 1 to {MOST_OF_ONE_ITEM}")
    return value


Quantity = Annotated[int, BeforeValidator(_countable), Field(json_schema_extra={"minimum": 1, "maximum": 9_999})]


class Open(Wire):
    """A schema that the specification leaves open: members we do not know are kept."""

    model_config = ConfigDict(extra="allow")


class Lenient(Wire):
    """A request's capabilities: what we do not know must be ignored (CN §4.6.2)."""

    model_config = ConfigDict(extra="ignore")


class Address(Wire):
    name: str
    line_one: str
    line_two: str | None = None
    city: str
    state: str
    country: str
    postal_code: str
    company: str | None = None


class FulfillmentDetails(Wire):
    name: str | None = None
    phone_number: str | None = None
    email: Email | None = None
    address: Address | None = None


class CompanyInfo(Wire):
    name: str
    tax_id: str | None = None
    department: str | None = None
    cost_center: str | None = None


class LoyaltyInfo(Wire):
    tier: str | None = None
    points_balance: int | None = None
    member_since: DateTime | None = None


class TaxExemption(Wire):
    certificate_id: str
    certificate_type: Literal["resale", "exempt_organization", "government"]
    exempt_regions: list[str] | None = None
    expires_at: DateTime | None = None


class Buyer(Wire):
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    email: Email
    phone_number: str | None = None
    customer_id: str | None = None
    account_type: Literal["guest", "registered", "business"] | None = None
    authentication_status: Literal["authenticated", "guest", "requires_signin"] | None = None
    company: CompanyInfo | None = None
    loyalty: LoyaltyInfo | None = None
    tax_exemption: TaxExemption | None = None


class RequestedInterventions(Lenient):
    supported: list[str] = []


class RequestedCapabilities(Lenient):
    interventions: RequestedInterventions | None = None


class RequestedItem(Wire):
    """`Item` as it is asked for. The published schema forgot `quantity` from 2026-01-30 on (acp.md §0.4)."""

    id: str
    name: str | None = None
    unit_amount: int | None = None
    quantity: Quantity = 1


class SelectedFulfillmentOption(Wire):
    type: Literal["shipping", "digital", "pickup", "local_delivery"]
    option_id: str
    item_ids: list[str]


class FulfillmentGroup(Wire):
    id: str
    item_ids: list[str]
    destination_type: Literal["shipping", "pickup", "local_delivery", "digital"]
    fulfillment_details: FulfillmentDetails | None = None
    location_id: str | None = None
    instructions: str | None = None


class AffiliateAttribution(Open):
    provider: str
    token: str | None = None
    publisher_id: str | None = None

    @model_validator(mode="after")
    def _names_someone(self) -> "AffiliateAttribution":
        if self.token is None and self.publisher_id is None:
            raise ValueError("token or publisher_id is required")
        return self


DiscountCodes = Annotated[list[str], Field(max_length=MOST_DISCOUNT_CODES)]


class DiscountsRequest(Wire):
    codes: DiscountCodes = []


class MarketingConsent(Wire):
    channel: str
    opted_in: bool


class RiskSignals(Wire):
    ip_address: str | None = None
    user_agent: str | None = None
    accept_language: str | None = None
    session_id: str | None = None
    device_fingerprint: str | None = None


OrderNotes = Annotated[str, Field(max_length=5000)]
RequestedItems = Annotated[list[RequestedItem], Field(min_length=1, max_length=MOST_LINE_ITEMS)]
RequestedOptions = Annotated[list[SelectedFulfillmentOption], Field(max_length=MOST_LINE_ITEMS)]


class CheckoutSessionCreateRequest(Wire):
    line_items: RequestedItems
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    capabilities: RequestedCapabilities
    buyer: Buyer | None = None
    fulfillment_details: FulfillmentDetails | None = None
    fulfillment_groups: list[FulfillmentGroup] | None = None
    affiliate_attribution: AffiliateAttribution | None = None
    coupons: DiscountCodes | None = None
    discounts: DiscountsRequest | None = None
    locale: Annotated[str, Field(max_length=35)] | None = None
    timezone: Annotated[str, Field(max_length=64)] | None = None
    quote_id: str | None = None
    metadata: dict[str, Any] | None = None
    order_notes: OrderNotes | None = None


class CheckoutSessionUpdateRequest(Wire):
    """Replaces what it names; `null` clears, absent keeps (RFC §6.2)."""

    line_items: Annotated[RequestedItems, Field(default_factory=list)]  # a session has lines: null clears nothing here
    buyer: Buyer | None = None
    fulfillment_details: FulfillmentDetails | None = None
    fulfillment_groups: list[FulfillmentGroup] | None = None
    selected_fulfillment_options: RequestedOptions | None = None
    coupons: DiscountCodes | None = None
    discounts: DiscountsRequest | None = None
    order_notes: OrderNotes | None = None


class Credential(Open):
    type: str
    token: Annotated[str, Field(min_length=1, max_length=255)]


class Instrument(Open):
    type: str
    credential: Credential


class PaymentData(Wire):
    handler_id: str
    instrument: Instrument
    billing_address: Address | None = None
    purchase_order_number: str | None = None
    payment_terms: Literal["immediate"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_paid_now(cls, data: Any) -> Any:
        """The protocol also knows orders on account; this counter does not."""
        if isinstance(data, dict) and "purchase_order_number" in data and "instrument" not in data:
            raise PydanticCustomError("unsupported_payment", "This shop takes no purchase orders: send an instrument")
        return data


class OutcomeDetails(Wire):
    three_ds_cryptogram: str
    electronic_commerce_indicator: Literal["01", "02", "05", "06", "07"]
    transaction_id: str
    version: str


PROVEN = frozenset({"authenticated", "attempt_acknowledged", "informational"})  # outcomes that come with details


class AuthenticationResult(Wire):
    outcome: Literal[
        "abandoned",
        "attempt_acknowledged",
        "authenticated",
        "canceled",
        "denied",
        "informational",
        "internal_error",
        "not_supported",
        "processing_error",
        "rejected",
    ]
    outcome_details: OutcomeDetails | None = None

    @model_validator(mode="after")
    def _proves_what_it_says(self) -> "AuthenticationResult":
        if self.outcome in PROVEN and self.outcome_details is None:
            raise ValueError("this outcome needs outcome_details")
        return self


class CheckoutSessionCompleteRequest(Wire):
    payment_data: PaymentData
    buyer: Buyer | None = None
    authentication_result: AuthenticationResult | None = None
    affiliate_attribution: AffiliateAttribution | None = None
    risk_signals: RiskSignals | None = None
    marketing_consents: list[MarketingConsent] | None = None
    order_notes: OrderNotes | None = None


class IntentTrace(Open):
    reason_code: str
    trace_summary: Annotated[str, Field(max_length=500)] | None = None
    metadata: dict[str, str | float | int | bool] | None = None


class CancelSessionRequest(Open):
    intent_trace: IntentTrace | None = None


class Total(Wire):
    type: str
    display_text: str
    amount: int
    description: str | None = None


class FulfillmentOption(Wire):
    type: Literal["shipping", "digital"]
    id: str
    title: str
    description: str | None = None
    carrier: str | None = None
    earliest_delivery_time: DateTime | None = None
    latest_delivery_time: DateTime | None = None
    totals: list[Total]


class Item(Wire):
    id: str
    name: str | None = None
    unit_amount: int | None = None


class Disclosure(Wire):
    type: Literal["disclaimer"]
    content_type: Literal["plain", "markdown"]
    content: str


class CustomAttribute(Wire):
    display_name: str
    value: str


class VariantOption(Wire):
    name: str
    value: str


class MarketplaceSellerDetails(Wire):
    name: str


class LineItem(Wire):
    id: str
    item: Item
    quantity: int
    name: str
    description: str | None = None
    images: list[Url] | None = None
    unit_amount: int
    disclosures: list[Disclosure] | None = None
    custom_attributes: list[CustomAttribute] | None = None
    marketplace_seller_details: MarketplaceSellerDetails | None = None
    sku: str | None = None
    category: str | None = None
    tags: list[str] | None = None
    availability_status: Literal["in_stock", "low_stock", "out_of_stock"] | None = None
    available_quantity: int | None = None
    max_quantity_per_order: int | None = None
    variant_options: list[VariantOption] | None = None
    tax_exempt: bool | None = None
    totals: list[Total]


class Message(Wire):
    type: Literal["info", "warning", "error"]
    code: str | None = None
    severity: Literal["info", "low", "medium", "high", "critical"] | None = None
    resolution: Literal["recoverable", "requires_buyer_input", "requires_buyer_review"] | None = None
    param: str | None = None
    content_type: Literal["plain", "markdown"]
    content: str


class Link(Wire):
    type: str
    url: Url


class PaymentHandler(Wire):
    id: str
    name: str
    display_name: str
    version: str
    spec: Url
    requires_delegate_payment: bool
    requires_pci_compliance: bool
    psp: str
    config_schema: Url
    instrument_schemas: list[Url]
    config: dict[str, Any]
    display_order: int


class Payment(Wire):
    handlers: list[PaymentHandler]


class Interventions(Wire):
    supported: list[str]
    required: list[str]
    enforcement: Literal["always", "conditional", "optional"]


class Capabilities(Wire):
    payment: Payment
    interventions: Interventions


class ProtocolVersion(Wire):
    version: str


class RejectedDiscount(Wire):
    code: str
    reason: str


class DiscountsResponse(Wire):
    codes: list[str]
    applied: list[dict[str, Any]]
    rejected: list[RejectedDiscount]


class OrderConfirmation(Wire):
    confirmation_number: str
    receipt_url: Url


class SupportInfo(Wire):
    email: str


class LineItemReference(Wire):
    id: str
    quantity: int


class OrderLineItemQuantity(Wire):
    ordered: int
    current: int
    fulfilled: int


class OrderLineItem(Wire):
    id: str
    title: str
    product_id: str
    description: str | None = None
    image_url: Url | None = None
    quantity: OrderLineItemQuantity
    unit_price: int
    subtotal: int
    totals: list[Total]
    status: str


class EstimatedDelivery(Wire):
    earliest: DateTime
    latest: DateTime


class DigitalDelivery(Wire):
    access_url: Url | None = None
    license_key: str | None = None
    expires_at: DateTime | None = None


class FulfillmentEvent(Wire):
    id: str
    type: str
    occurred_at: DateTime
    description: str | None = None
    location: str | None = None


class Fulfillment(Wire):
    id: str
    type: Literal["shipping", "pickup", "digital"]
    status: str
    line_items: list[LineItemReference]
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: Url | None = None
    destination: Address | None = None
    estimated_delivery: EstimatedDelivery | None = None
    digital_delivery: DigitalDelivery | None = None
    description: str | None = None
    events: list[FulfillmentEvent]


class Adjustment(Wire):
    id: str
    type: str
    occurred_at: DateTime
    status: str
    line_items: list[LineItemReference] | None = None
    amount: int | None = None
    currency: str | None = None
    description: str | None = None
    reason: str | None = None


class Order(Wire):
    type: Literal["order"]
    id: str
    checkout_session_id: str
    order_number: str
    permalink_url: Url
    status: str
    confirmation: OrderConfirmation
    support: SupportInfo | None = None
    line_items: list[OrderLineItem]
    fulfillments: list[Fulfillment]
    adjustments: list[Adjustment]
    totals: list[Total]


class CheckoutSession(Wire):
    id: str
    protocol: ProtocolVersion
    capabilities: Capabilities
    buyer: Buyer | None = None
    status: str
    currency: str
    locale: str | None = None
    timezone: str | None = None
    line_items: list[LineItem]
    fulfillment_details: FulfillmentDetails | None = None
    fulfillment_options: list[FulfillmentOption]
    selected_fulfillment_options: list[SelectedFulfillmentOption]
    totals: list[Total]
    messages: list[Message]
    authentication_metadata: dict[str, Any] | None = None
    continue_url: Url | None = None
    links: list[Link]
    created_at: DateTime
    updated_at: DateTime
    expires_at: DateTime
    metadata: dict[str, Any] | None = None
    discounts: DiscountsResponse | None = None
    order: Order | None = None


class Error(Wire):
    type: Literal["invalid_request", "processing_error", "service_unavailable"]
    code: str
    message: str
    param: str | None = None
    supported_versions: list[str] | None = None


class DiscoveryProtocol(Wire):
    name: Literal["acp"]
    version: str
    supported_versions: list[str]
    documentation_url: Url


class DiscoveryCapabilities(Wire):
    services: list[str]
    intervention_types: list[str] | None = None
    supported_currencies: list[str]


class DiscoveryResponse(Wire):
    protocol: DiscoveryProtocol
    api_base_url: Url
    transports: list[Literal["rest", "mcp"]]
    capabilities: DiscoveryCapabilities
