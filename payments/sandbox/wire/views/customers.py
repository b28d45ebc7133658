"""`/v1/customers`."""

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from payments.sandbox import objects, operations
from payments.sandbox.models import Customer, PaymentMethod
from payments.sandbox.refusals import NoSuchObject
from payments.sandbox.wire.base import StripeViewSet
from payments.sandbox.wire.idempotency import once_per_key
from payments.sandbox.wire.parameters import RequestParams
from payments.sandbox.wire.schemas import customers as schemas
from payments.sandbox.wire.schemas.cards import PaymentMethodList
from payments.sandbox.wire.views.payment_methods import listed


class CustomerViewSet(StripeViewSet):
    def list(self, request: Request) -> HttpResponse:
        asked = self.parse(schemas.CustomerList)
        rows = objects.rows(Customer).filter(is_deleted=False)
        return self.respond_with_page(rows.filter(email=asked.email) if asked.email else rows, asked)

    @once_per_key
    def create(self, request: Request) -> HttpResponse:
        body = self.parse(schemas.CustomerCreate)
        customer = operations.create_customer(
            email=body.email or "",
            details=body.details(),
            metadata=body.metadata,
            payment_method=body.payment_method or "",
            default_payment_method=body.invoice_settings.default_payment_method or "",
            account=self.account,
        )
        return self.respond(customer)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self.respond(self.find(Customer, id, "customer"))

    @once_per_key
    def update(self, request: Request, id: str) -> HttpResponse:
        body = self.parse(schemas.CustomerUpdate)
        customer = operations.update_customer(
            customer_id=id,
            email=body.said("email"),
            details=body.details(),
            metadata=body.metadata,
            default_payment_method=body.invoice_settings.said("default_payment_method"),
            account=self.account,
        )
        return self.respond(customer)

    @transaction.atomic
    def destroy(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self.respond(operations.delete_customer(customer_id=id, account=self.account))

    def list_payment_methods(self, request: Request, id: str) -> HttpResponse:
        asked = self.parse(PaymentMethodList)
        customer = operations.retrieve_customer(customer_id=id, account=self.account)
        return self.respond_with_page(listed(asked).filter(customer=customer), asked)

    def retrieve_payment_method(self, request: Request, id: str, payment_method_id: str) -> HttpResponse:
        self.parse(RequestParams)
        customer = operations.retrieve_customer(customer_id=id, account=self.account)
        method = self.find(PaymentMethod, payment_method_id, "PaymentMethod")
        if method.customer_id != customer.pk:
            raise NoSuchObject("PaymentMethod", payment_method_id)
        return self.respond(method)
