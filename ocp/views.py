"""`GET /ocp/contexts/{id}`: what we remember of a conversation, for the agent (or the account of `/v1`) that had it."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.authentication import ApiKeyAuthentication
from agents.requests import AgentRequest
from agents.views import UnversionedViewSet
from ocp import documents, operations, schemas
from payments.sandbox.accounts import account_of, is_publishable


class Account:
    """A caller of `/v1`: no row, only a key that names it."""

    is_authenticated = True
    must_sign = False
    pinned_version = ""

    def __init__(self, pk: str) -> None:
        self.pk = pk


class AgentOrAccount(ApiKeyAuthentication):
    """A secret key of the sandbox names an account, any other key an agent."""

    def authenticate(self, request: Request) -> tuple[Any, Any]:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        account = account_of(key) if settings.SANDBOX and not is_publishable(key) else None
        return (Account(account), None) if account else super().authenticate(request)


class ContextViewSet(UnversionedViewSet):
    """`/ocp/contexts`"""

    authentication_classes = [AgentOrAccount]

    @extend_schema(
        operation_id="getContext",
        auth=[{"bearerAuth": []}],  # type: ignore[list-item]  # its stubs say names, its document needs these
        responses={200: schemas.ContextInfo, "4XX": schemas.ContextError, "5XX": schemas.ContextError},
    )
    def retrieve(self, request: AgentRequest, context_id: str) -> Response:
        context = operations.find_context(owner=self.agent.pk, context_id=context_id, now=timezone.now())
        return self.respond(documents.context_info(context))
