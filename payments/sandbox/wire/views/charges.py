"""`/v1/charges`, `/v1/refunds`, `/v1/disputes`."""

from django.db import models
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from payments.sandbox import objects, operations
from payments.sandbox.models import Charge, Dispute, Refund
from payments.sandbox.wire.base import StripeViewSet
from payments.sandbox.wire.idempotency import once_per_key
from payments.sandbox.wire.paging import PageParams
from payments.sandbox.wire.parameters import RequestParams
from payments.sandbox.wire.schemas import charges as schemas


class ChargeViewSet(StripeViewSet):
    def list(self, request: Request) -> HttpResponse:
        asked = self.parse(schemas.ChargeList)
        rows = objects.rows(Charge).filter(**asked.given("customer", "payment_intent"))
        if asked.transfer_group:
            rows = rows.filter(payment_intent__details__transfer_group=asked.transfer_group)
        return self.respond_with_page(rows, asked)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self.respond(self.find(Charge, id, "charge"))

    def list_refunds(self, request: Request, id: str) -> HttpResponse:
        asked = self.parse(PageParams)
        charge = self.find(Charge, id, "charge")
        return self.respond_with_page(_refunds_now().filter(charge=charge), asked)


class RefundViewSet(StripeViewSet):
    def list(self, request: Request) -> HttpResponse:
        asked = self.parse(schemas.RefundList)
        rows = _refunds_now().filter(**asked.given("charge"))
        if asked.payment_intent:
            rows = rows.filter(charge__payment_intent=asked.payment_intent)
        return self.respond_with_page(rows, asked)

    @once_per_key
    def create(self, request: Request) -> HttpResponse:
        body = self.parse(schemas.RefundCreate)
        body.check()
        refund = operations.create_refund(
            payment_intent_id=body.payment_intent or "",
            charge_id=body.charge or "",
            amount=body.amount,
            reason=body.reason or "",
            metadata=body.metadata,
            account=self.account,
        )
        return self.respond(refund)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self.respond(operations.retrieve_refund(refund_id=id, account=self.account))

    @once_per_key
    def update(self, request: Request, id: str) -> HttpResponse:
        body = self.parse(schemas.LabelsUpdate)
        return self.respond(operations.update_refund(refund_id=id, metadata=body.metadata, account=self.account))


class DisputeViewSet(StripeViewSet):
    def list(self, request: Request) -> HttpResponse:
        asked = self.parse(schemas.DisputeList)
        rows = objects.rows(Dispute).filter(**asked.given("charge"))
        if asked.payment_intent:
            rows = rows.filter(charge__payment_intent=asked.payment_intent)
        return self.respond_with_page(rows, asked)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self.respond(operations.retrieve_dispute(dispute_id=id, account=self.account))

    @once_per_key
    def update(self, request: Request, id: str) -> HttpResponse:
        body = self.parse(schemas.DisputeUpdate)
        dispute = operations.update_dispute(
            dispute_id=id,
            evidence=body.evidence,
            metadata=body.metadata,
            submit=body.submit,
            account=self.account,
        )
        return self.respond(dispute)

    @once_per_key
    def close(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self.respond(operations.close_dispute(dispute_id=id, account=self.account))


def _refunds_now() -> "models.QuerySet[Refund]":
    """All refunds, as their banks see them now."""
    operations.settle_due_refunds(timezone.now())
    return objects.rows(Refund)
