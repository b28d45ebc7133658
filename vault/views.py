"""The one door of the vault: a card comes in, a token goes out."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from agents.errors import ApiError
from agents.idempotency import idempotent_in_steps, keep
from agents.requests import AgentRequest
from agents.views import AgentViewSet
from vault import operations
from vault.models import VaultToken
from vault.refusals import in_words_of_delegate_payment
from vault.schemas import DelegatePaymentError, DelegatePaymentRequest, DelegatePaymentResponse
from vault.versions import VERSIONS


class DelegatePaymentViewSet(AgentViewSet):
    """POST /agentic_commerce/delegate_payment"""

    versions = VERSIONS

    def subject(self, sent: dict[str, Any], answered: dict[str, Any]) -> str:
        allowance = sent.get("allowance")
        return allowance.get("checkout_session_id", "") if isinstance(allowance, dict) else ""

    @extend_schema(
        operation_id="delegatePayment",
        request=DelegatePaymentRequest,
        responses={201: DelegatePaymentResponse, "4XX": DelegatePaymentError, "5XX": DelegatePaymentError},
    )
    @idempotent_in_steps
    def create(self, request: AgentRequest) -> Response:
        return operations.delegate_payment(
            agent=self.agent,
            request=self.parse(DelegatePaymentRequest),
            idempotency_key=request.headers.get("Idempotency-Key", ""),
            attempt=request.attempt,
            now=timezone.now(),
            answer=lambda token: keep(request, self._created(token)),
        )

    def refuse(self, error: ApiError) -> Response:
        return super().refuse(in_words_of_delegate_payment(error))

    def _created(self, token: VaultToken) -> Response:
        document = DelegatePaymentResponse(id=token.id, created=token.created_at, metadata=token.metadata)
        return self.respond(document, status=201)
