"""The coins' endpoints, as seed 002 draws them: parse → operation → respond, and `{"detail": …}` for a refusal."""

from urllib.parse import urlencode

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from agents.errors import ApiError, without_card_numbers
from agents.idempotency import idempotent, idempotent_in_steps, keep
from agents.requests import AgentRequest
from agents.views import UnversionedViewSet
from coins import documents, operations, schemas
from coins.models import Package, Purchase
from coins.status import Status

REFUSALS = {"4XX": schemas.CoinsError, "5XX": schemas.CoinsError}
PAGE, LONGEST_PAGE = 100, 1000  # purchases
PAGES = {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE}
# What the document says of a card; of other refusals, it gives examples.
DECLINES = {"card_declined": "Card was declined", "insufficient_funds": "Insufficient funds"}


class PaymentDeclined(ApiError):
    """The world said no; nothing was charged."""

    code = "payment_declined"


class CoinsViewSet(UnversionedViewSet):
    """`/stripe/…`"""

    @extend_schema(
        operation_id="createCustomer",
        request=schemas.CreateCustomerRequest,
        responses={200: schemas.CustomerCreated, **REFUSALS},
    )
    @idempotent_in_steps
    def create_customer(self, request: AgentRequest) -> Response:
        body = self.parse(schemas.CreateCustomerRequest)
        return operations.create_customer(
            agent=self.agent,
            email=body.email,
            name=body.name,
            attempt=request.attempt,
            answer=lambda customer: keep(request, self.respond(documents.customer_created(customer))),
        )

    @extend_schema(
        operation_id="attachPaymentMethod",
        request=schemas.AttachPaymentMethodRequest,
        responses={200: schemas.PaymentMethodAttached, **REFUSALS},
    )
    @idempotent_in_steps
    def attach_payment_method(self, request: AgentRequest) -> Response:
        body = self.parse(schemas.AttachPaymentMethodRequest)
        return operations.attach_payment_method(
            agent=self.agent,
            user_id=body.user_id,
            payment_method_id=body.payment_method_id,
            attempt=request.attempt,
            answer=lambda customer: keep(request, self.respond(documents.payment_method_attached(customer))),
        )

    @extend_schema(
        operation_id="purchaseCurrency",
        request=schemas.PurchaseCurrencyRequest,
        responses={200: schemas.CurrencyPurchased, **REFUSALS},
    )
    @idempotent_in_steps
    def purchase_currency(self, request: AgentRequest) -> Response:
        body = self.parse(schemas.PurchaseCurrencyRequest)
        return operations.purchase_currency(
            agent=self.agent,
            user_id=body.user_id,
            package_id=body.package_id,
            attempt=request.attempt,
            now=timezone.now(),
            answer=lambda purchase: keep(request, self._outcome(purchase)),
        )

    @extend_schema(
        operation_id="spendCurrency",
        request=schemas.SpendCurrencyRequest,
        responses={200: schemas.CurrencySpent, **REFUSALS},
    )
    @idempotent
    def spend_currency(self, request: AgentRequest) -> Response:
        body = self.parse(schemas.SpendCurrencyRequest)
        customer = operations.find_customer(agent=self.agent, user_id=body.user_id)
        spending = operations.spend_currency(customer=customer, coins=body.amount, reason=body.reason)
        return self.respond(documents.currency_spent(spending))

    @extend_schema(operation_id="getCustomer", responses={200: schemas.CustomerInfo, **REFUSALS})
    def customer(self, request: AgentRequest, user_id: str) -> Response:
        customer = operations.find_customer(agent=self.agent, user_id=user_id)
        return self.respond(documents.customer_info(customer))

    @extend_schema(operation_id="getPackages", responses={200: schemas.Packages, **REFUSALS})
    def packages(self, request: AgentRequest) -> Response:
        return self.respond(documents.packages(Package.objects.on_sale()))

    @extend_schema(
        operation_id="getTransactions",
        parameters=[
            OpenApiParameter("limit", PAGES, description=f"How many purchases, {PAGE} if not said."),
            OpenApiParameter("starting_after", str, description="The last transaction_id of the page before."),
        ],
        responses={200: schemas.Transactions, **REFUSALS},
    )
    def transactions(self, request: AgentRequest, user_id: str) -> Response:
        limit = _limit(request.query_params.get("limit"))
        customer = operations.find_customer(agent=self.agent, user_id=user_id)
        page, has_more = operations.history(
            customer=customer, limit=limit, starting_after=request.query_params.get("starting_after", "")
        )
        query = urlencode({"limit": limit, "starting_after": page[-1].transaction_id}) if has_more else ""
        next_page = f"{request.path}?{query}" if has_more else None
        return self.respond(documents.transactions(customer.id, page, next_page))

    def refuse(self, error: ApiError) -> Response:
        """This wire's error object. What is missing is named: its messages do not say where."""
        message = DECLINES.get(error.code, error.message)
        detail = f"{error.param.removeprefix('$.')}: {message}" if error.param else message
        return Response({"detail": without_card_numbers(detail)}, status=error.status, headers=error.headers)

    def _outcome(self, purchase: Purchase) -> Response:
        if purchase.status == Status.FAILED and purchase.payment:
            declined = purchase.payment
            return self.refuse(PaymentDeclined(declined.decline_message, code=declined.decline_code))
        return self.respond(documents.currency_purchased(purchase))


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= LONGEST_PAGE):
        raise ApiError(f"limit is a whole number from 1 to {LONGEST_PAGE}")
    return int(text)
