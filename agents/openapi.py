"""How the OpenAPI document tells of a key, and of the headers that calls and answers may carry."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from agents.versioning import LATEST, POLICIES, SUPPORTED, Policy

PRINTABLE = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
REFUSED = ["4XX", "5XX"]
ONCE = "Run this once, and repeat the answer to every retry. ACP requires it from 2026-04-17 on."


def _header(name: str, description: str, type: Any = str, **members: Any) -> OpenApiParameter:
    return OpenApiParameter(name, type, OpenApiParameter.HEADER, description=description, **members)


VERSION = _header(
    "API-Version",
    "The version to speak; without it, the one pinned on the agent. The bodies told of here are the newest one's.",
    enum=list(SUPPORTED),
)
EVERYWHERE = [
    _header("Request-Id", "Comes back on the answer."),
    _header("Signature", "Base64url HMAC-SHA256 or Ed25519, if the agent has a signing key."),
    _header("Timestamp", "RFC 3339; signed together with the body."),
]
ANSWERED = [
    _header("Request-Id", "The caller's, or one of ours.", response=True),
    _header("Retry-After", "Seconds, where the same request may be sent again.", int, response=REFUSED),
    _header("WWW-Authenticate", "With 401: what to send.", response=["4XX"]),
]
ANSWERED_POST = [
    _header("Idempotency-Key", "The caller's.", response=True),
    _header("Idempotent-Replayed", "`true`: this is the answer that the key got the first time.", response=True),
]


class AgentSchema(AutoSchema):
    """The endpoints of an `AgentViewSet`."""

    def get_override_parameters(self) -> list[Any]:
        own_policy: Policy | None = getattr(self.view, "policy", None)
        versioned, policy = [] if own_policy else [VERSION], own_policy or POLICIES[LATEST]
        key = _header("Idempotency-Key", ONCE, PRINTABLE, required=policy.idempotency_key_required)
        return [*versioned, *EVERYWHERE, *ANSWERED, *([key, *ANSWERED_POST] if self.method == "POST" else [])]


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """drf-spectacular finds this by the class it is about."""

    target_class = "agents.authentication.ApiKeyAuthentication"
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}
