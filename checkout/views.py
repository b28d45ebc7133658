"""The checkout endpoints: parse → operation → respond."""

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from agents.idempotency import idempotent, idempotent_in_steps, keep
from agents.requests import AgentRequest
from agents.views import AgentViewSet
from checkout import documents, operations, schemas
from checkout.models import Checkout
from checkout.versions import VERSIONS

REFUSALS = {"4XX": schemas.Error, "5XX": schemas.Error}


class CheckoutSessionViewSet(AgentViewSet):
    """`/checkout_sessions`"""

    versions = VERSIONS

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


def discovery(request: HttpRequest) -> HttpResponse:
    """`GET /.well-known/acp.json`: no key, no version, one hour in any cache (acp.md §4.12)."""
    body = documents.discovery().model_dump_json(exclude_none=True)
    return HttpResponse(body, content_type="application/json", headers={"Cache-Control": "public, max-age=3600"})
