"""`/v1/payment_intents`."""

from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from rest_framework.request import Request

from payments.sandbox import objects, operations
from payments.sandbox.models import PaymentIntent
from payments.sandbox.objects.shapes import client_secret
from payments.sandbox.wire.base import StripeViewSet
from payments.sandbox.wire.errors import BadParameter
from payments.sandbox.wire.idempotency import once_per_key
from payments.sandbox.wire.schemas import payment_intents as schemas
from payments.sandbox.wire.schemas.amounts import check_minimum


class PaymentIntentViewSet(StripeViewSet):
    open_to_browsers = frozenset({"retrieve", "confirm"})

    def list(self, request: Request) -> HttpResponse:
        asked = self.parse(schemas.PaymentIntentList)
        rows = objects.rows(PaymentIntent)
        return self.respond_with_page(rows.filter(customer=asked.customer) if asked.customer else rows, asked)

    @once_per_key
    def create(self, request: Request) -> HttpResponse:
        body = self.parse(schemas.PaymentIntentCreate)
        body.check()
        intent = operations.create_payment_intent(
            amount=body.money(),
            metadata=body.metadata,
            capture_method=body.capture_method,
            customer=body.customer or "",
            payment_method=body.means(),
            details=body.details(),
            account=self.account,
        )
        if not body.confirm:
            return self.respond(intent)
        intent = operations.confirm_payment_intent(
            payment_intent_id=intent.pk, manner=body.manner(), account=self.account
        )
        return self.respond_to_attempt(intent)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        asked = self.parse(schemas.PaymentIntentRetrieve)
        self._check_secret(id, asked.client_secret)
        return self.respond(operations.retrieve_payment_intent(payment_intent_id=id, account=self.account))

    @once_per_key
    def update(self, request: Request, id: str) -> HttpResponse:
        body = self.parse(schemas.PaymentIntentUpdate)
        intent = operations.update_payment_intent(
            payment_intent_id=id,
            changes=body.changes("amount", "currency", "capture_method"),
            customer=body.customer or "",
            details=body.details(),
            metadata=body.metadata,
            payment_method=body.means(),
            account=self.account,
        )
        check_minimum(intent.amount, intent.currency)
        return self.respond(intent)

    @once_per_key
    def confirm(self, request: Request, id: str) -> HttpResponse:
        body = self.parse(schemas.PaymentIntentConfirm)
        self._check_secret(id, body.client_secret)
        intent = operations.update_payment_intent(
            payment_intent_id=id, changes=body.changes("capture_method"), details=body.details(), account=self.account
        )
        if intent.is_confirmable:
            body.check_return_url(intent.details)
        intent = operations.confirm_payment_intent(
            payment_intent_id=id, payment_method=body.means(), manner=body.manner(), account=self.account
        )
        return self.respond_to_attempt(intent)

    @once_per_key
    def capture(self, request: Request, id: str) -> HttpResponse:
        body = self.parse(schemas.PaymentIntentCapture)
        intent = operations.capture_payment_intent(
            payment_intent_id=id,
            amount=body.amount_to_capture,
            details=body.given("statement_descriptor", "statement_descriptor_suffix"),
            metadata=body.metadata,
            account=self.account,
        )
        return self.respond(intent)

    @once_per_key
    def cancel(self, request: Request, id: str) -> HttpResponse:
        body = self.parse(schemas.PaymentIntentCancel)
        intent = operations.cancel_payment_intent(
            payment_intent_id=id, reason=body.cancellation_reason or "", account=self.account
        )
        return self.respond(intent)

    def _check_secret(self, id: str, secret: str | None) -> None:
        """A browser sees the one intent whose secret it was given."""
        if (secret or self.caller.is_publishable) and not constant_time_compare(secret or "", client_secret(id)):
            raise BadParameter(
                "The client_secret provided does not match the client_secret associated with this PaymentIntent.",
                code="payment_intent_invalid_parameter",
                param="client_secret",
            )
