"""`/v1/payment_methods` and `/v1/tokens`."""

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from payments.sandbox import objects, operations
from payments.sandbox.models import PaymentMethod
from payments.sandbox.wire.base import StripeViewSet
from payments.sandbox.wire.idempotency import once_per_key
from payments.sandbox.wire.parameters import RequestParams
from payments.sandbox.wire.schemas import cards as schemas


class PaymentMethodViewSet(StripeViewSet):
    open_to_browsers = frozenset({"create"})

    def list(self, request: Request) -> HttpResponse:
        asked = self.parse(schemas.PaymentMethodList)
        rows = listed(asked)
        return self.respond_with_page(rows.filter(customer=asked.customer) if asked.customer else rows, asked)

    @once_per_key
    def create(self, request: Request) -> HttpResponse:
        body = self.parse(schemas.PaymentMethodCreate)
        return self.respond(body.read().store(self.account))

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self.respond(operations.retrieve_payment_method(payment_method_id=id, account=self.account))

    @once_per_key
    def update(self, request: Request, id: str) -> HttpResponse:
        body = self.parse(schemas.PaymentMethodUpdate)
        method = operations.update_payment_method(
            payment_method_id=id,
            changes=body.changes("allow_redisplay") | body.card.changes("exp_month", "exp_year"),
            billing_details=body.billing_details.model_dump(exclude_unset=True),
            metadata=body.metadata,
            account=self.account,
        )
        return self.respond(method)

    @once_per_key
    def attach(self, request: Request, id: str) -> HttpResponse:
        body = self.parse(schemas.PaymentMethodAttach)
        method = operations.attach_payment_method(payment_method=id, customer_id=body.customer, account=self.account)
        return self.respond(method)

    @once_per_key
    def detach(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self.respond(operations.detach_payment_method(payment_method_id=id, account=self.account))


class TokenViewSet(StripeViewSet):
    open_to_browsers = frozenset({"create"})

    @once_per_key
    def create(self, request: Request) -> HttpResponse:
        card = self.parse(schemas.TokenCreate).card
        means = operations.NewCard(card.read("card"), card.billing_details())
        return self.respond(operations.create_token(payment_method=means.store(self.account)))

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self.respond(operations.retrieve_token(token_id=id, account=self.account))


def listed(asked: schemas.PaymentMethodList) -> "QuerySet[PaymentMethod]":
    """The payment methods that a list is asked for. There are cards, and nothing else."""
    rows = objects.rows(PaymentMethod).filter(is_detached=False)
    if asked.type not in (None, "card"):
        return rows.none()
    return rows.filter(allow_redisplay=asked.allow_redisplay) if asked.allow_redisplay else rows
