"""How the OpenAPI document tells of a key, and of the headers that every call may carry."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from agents.versioning import SUPPORTED


def _header(name: str, description: str, **members: Any) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description, **members)


EVERYWHERE = [
    _header("API-Version", "The version to speak; without it, the one pinned on the agent.", enum=list(SUPPORTED)),
    _header("Request-Id", "Comes back on the answer."),
    _header("Signature", "Base64url HMAC-SHA256 or Ed25519, if the agent has a signing key."),
    _header("Timestamp", "RFC 3339; signed together with the body."),
]
ON_POST = [
    _header("Idempotency-Key", "Run this once, and repeat the answer to every retry. Required from 2026-04-17 on."),
]


class AgentSchema(AutoSchema):
    """The endpoints of an `AgentViewSet`."""

    def get_override_parameters(self) -> list[Any]:
        return EVERYWHERE + (ON_POST if self.method == "POST" else [])


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """drf-spectacular finds this by the class it is about."""

    target_class = "agents.authentication.ApiKeyAuthentication"
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}
