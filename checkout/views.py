"""The checkout endpoints: parse → operation → respond."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.errors import ApiError
from agents.idempotency import idempotent, idempotent_in_steps, keep
from agents.requests import AgentRequest
from agents.throttling import VisitorThrottle
from agents.views import AgentViewSet
from checkout import documents, operations, schemas
from checkout.models import Checkout
from checkout.versions import VERSIONS

REFUSALS = {"4XX": schemas.Error, "5XX": schemas.Error}


class CheckoutSessionViewSet(AgentViewSet):
    """`/checkout_sessions`"""

    versions = VERSIONS

    def subject(self, sent: dict[str, Any], answered: dict[str, Any]) -> str:
        return self.kwargs.get("session_id") or answered.get("id", "")

    @extend_schema(
        operation_id="createCheckoutSession",
        request=schemas.CheckoutSessionCreateRequest,
        responses={201: schemas.CheckoutSession, **REFUSALS},
    )
    @idempotent
    def create(self, request: AgentRequest) -> Response:
        body = self.parse(schemas.CheckoutSessionCreateRequest)
        checkout = operations.create_checkout_session(agent=self.agent, request=body)
        return self.respond(documents.checkout_session(checkout), status=201)

    @extend_schema(operation_id="getCheckoutSession", responses={200: schemas.CheckoutSession, **REFUSALS})
    def retrieve(self, request: AgentRequest, session_id: str) -> Response:
        checkout = operations.get_checkout_session(agent=self.agent, session_id=session_id)
        return self.respond(documents.checkout_session(checkout))

    @extend_schema(
        operation_id="updateCheckoutSession",
        request=schemas.CheckoutSessionUpdateRequest,
        responses={200: schemas.CheckoutSession, **REFUSALS},
    )
    @idempotent
    def update(self, request: AgentRequest, session_id: str) -> Response:
        body = self.parse(schemas.CheckoutSessionUpdateRequest)
        checkout = operations.update_checkout_session(agent=self.agent, session_id=session_id, request=body)
        return self.respond(documents.checkout_session(checkout))

    @extend_schema(
        operation_id="completeCheckoutSession",
        request=schemas.CheckoutSessionCompleteRequest,
        responses={200: schemas.CheckoutSession, **REFUSALS},
    )
    @idempotent_in_steps
    def complete(self, request: AgentRequest, session_id: str) -> Response:
        return operations.complete_checkout_session(
            agent=self.agent,
            session_id=session_id,
            request=self.parse(schemas.CheckoutSessionCompleteRequest),
            attempt=request.attempt,
            api_version=self.version,
            answer=self._kept,
        )

    @extend_schema(
        operation_id="cancelCheckoutSession",
        request=schemas.CancelSessionRequest,
        responses={200: schemas.CheckoutSession, **REFUSALS},
    )
    @idempotent_in_steps
    def cancel(self, request: AgentRequest, session_id: str) -> Response:
        return operations.cancel_checkout_session(
            agent=self.agent,
            session_id=session_id,
            request=self.parse(schemas.CancelSessionRequest),
            answer=lambda checkout: self._kept(checkout, "CheckoutSession"),
        )

    def _kept(self, checkout: Checkout, name: str = "CheckoutSessionWithOrder") -> Response:
        return keep(self.request, self.respond(documents.checkout_session(checkout), name=name))


class DiscoveryView(APIView):
    """`GET /.well-known/acp.json`: no key, no version, one hour in any cache (acp.md §4.12)."""

    throttle_classes = [VisitorThrottle]

    @extend_schema(operation_id="discover", auth=[], responses={200: schemas.DiscoveryResponse, **REFUSALS})
    def get(self, request: Request) -> Response:
        document = documents.discovery().model_dump(mode="json", exclude_none=True)
        return Response(document, headers={"Cache-Control": "public, max-age=3600"})

    def refuse(self, error: ApiError) -> Response:
        return Response(error.as_body(param=error.param), status=error.status, headers=error.headers)
