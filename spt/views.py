"""`/v1/shared_payment` and its test helpers: the agent's side, the seller's side.

A caller without a key comes from the mock of seed 000, which had none: it acts as the demo account, need not say who
the seller is, and sees what the mock showed beside Stripe's own fields.
"""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from payments.sandbox.accounts import TILL
from payments.sandbox.wire.authentication import Caller
from payments.sandbox.wire.base import StripeViewSet
from payments.sandbox.wire.errors import BadParameter
from payments.sandbox.wire.expanding import accept
from payments.sandbox.wire.idempotency import once_per_key
from payments.sandbox.wire.parameters import RequestParams, missing
from spt import documents, operations, schemas, sellers
from spt.models import SharedPaymentToken
from spt.operations import Seller

# Stripe takes `expand` on every call, and has no field here that it expands (stripe.md §1.1).
accept(operations.ISSUED, "next_action payment_method risk_details seller_details usage_details usage_limits")
accept(operations.GRANTED, "agent_details payment_method_details risk_details usage_details usage_limits")


class SharedPaymentViewSet(StripeViewSet):
    """What both sides have in common."""

    @property
    def is_keyless(self) -> bool:
        return not self.request.headers.get("Authorization")

    def find_caller(self, request: Request) -> Caller:
        if settings.ANONYMOUS_AGENT and not request.headers.get("Authorization"):
            return Caller(TILL, is_publishable=False)
        return super().find_caller(request)


class IssuedTokenViewSet(SharedPaymentViewSet):
    """`/v1/shared_payment/issued_tokens`: an agent's."""

    @once_per_key
    def create(self, request: Request) -> HttpResponse:
        body = self.parse(schemas.IssuedTokenCreate)
        token = operations.issue_token(
            account=self.account,
            payment_method=body.payment_method,
            cap=body.usage_limits.cap(),
            expires_at=body.usage_limits.ends_at(timezone.now()),
            seller=self._seller(body.seller_details),
            shared_metadata=body.shared_metadata,
            details=body.columns(),
        )
        return self._respond(token)

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self._respond(operations.retrieve_issued_token(token_id=id, account=self.account))

    @once_per_key
    def revoke(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        token = operations.retrieve_issued_token(token_id=id, account=self.account)
        return self._respond(operations.revoke_token(token=token))

    def _seller(self, said: schemas.SellerDetails | None) -> Seller:
        if said is None:
            if not self.is_keyless:
                raise missing("seller_details")
            return Seller()
        seller = Seller(said.network_business_profile or "", said.external_id or "")
        if flaw := sellers.flaw_of(seller.network_business_profile, agent=self.account, names=settings.MERCHANT_IDS):
            raise BadParameter(flaw, param="seller_details[network_business_profile]")
        return seller

    def _respond(self, token: SharedPaymentToken) -> HttpResponse:
        return self.answer(documents.issued_token(token))


class GrantedTokenViewSet(SharedPaymentViewSet):
    """`/v1/shared_payment/granted_tokens`: a seller's; and the test helpers, with which a seller plays the agent."""

    def retrieve(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        return self._respond(operations.retrieve_granted_token(token_id=id, account=self.account))

    @once_per_key
    def create(self, request: Request) -> HttpResponse:
        body = self.parse(schemas.GrantedTokenCreate)
        token = operations.grant_test_token(
            account=self.account,
            payment_method=body.payment_method,
            cap=body.usage_limits.cap(),
            expires_at=body.usage_limits.ends_at(timezone.now()),
            customer=body.customer or "",
            shared_metadata=body.shared_metadata,
        )
        return self._respond(token)

    @once_per_key
    def revoke(self, request: Request, id: str) -> HttpResponse:
        self.parse(RequestParams)
        token = operations.retrieve_granted_token(token_id=id, account=self.account)
        return self._respond(operations.revoke_token(token=token))

    def _respond(self, token: SharedPaymentToken) -> HttpResponse:
        more: dict[str, Any] = documents.as_the_seed_shows_it(token) if self.is_keyless else {}
        return self.answer(documents.granted_token(token) | more)
