"""The one base view of every endpoint agents call: who asks, in which version, and how they are answered.

A handler reads: parse → operation → respond. Everything before it happens in `initial`, everything that goes wrong
arrives in `refuse`.
"""

from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.http.response import HttpResponseBase
from django.utils import timezone
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from agents import inspector, versioning
from agents.authentication import ApiKeyAuthentication, HasValidSignature
from agents.errors import ApiError, NotFound
from agents.models import Agent
from agents.openapi import AgentSchema
from agents.parsing import StrictJSONParser, body_of, require_length, validated
from agents.requests import AgentRequest
from agents.throttling import AgentThrottle
from agents.versioning import POLICIES, Policy, Versions

Schema = TypeVar("Schema", bound=BaseModel)
LONGEST_PATH = 255


class AgentViewSet(ViewSet):
    """An endpoint agents call: authenticated, versioned, signed, throttled."""

    versions: ClassVar[Versions] = Versions({})
    policy: ClassVar[Policy | None] = None  # of a wire that has one for all; else the version says
    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [HasValidSignature]
    throttle_classes = [AgentThrottle]
    parser_classes = [StrictJSONParser]
    schema = AgentSchema()
    request: AgentRequest
    heard_at: datetime | None = None  # when we knew who was asking
    state = ""  # of what was asked about, if the answer tells it

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        inspector.inspect(self, response)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate first: the agent may have a version pinned (acp.md §1.4: 401 comes before 400)."""
        self.format_kwarg = self.get_format_suffix(**kwargs)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.perform_authentication(request)
        self.heard_at = timezone.now()
        self.request.version, self.request.policy = self.negotiate(request)
        self.check_throttles(request)
        require_length(request)
        self.check_permissions(request)
        if len(request.path) > LONGEST_PATH or "\x00" in request.path:  # no id is, and no database column takes it
            raise NotFound("There is nothing at this address")

    def negotiate(self, request: Request) -> tuple[str, Policy]:
        """Agree on the version to speak, and on its manners.

        :raises MissingApiVersion, UnsupportedApiVersion: if there is none that both sides know.
        """
        version = versioning.negotiate(request.headers.get("API-Version"), pinned=self.agent.pinned_version)
        return version, POLICIES[version]

    def subject(self, sent: dict[str, Any], answered: dict[str, Any]) -> str:
        """The id of what this call was about, for the inspector to keep it under. Nothing: it is not kept."""
        return ""

    @property
    def agent(self) -> Agent:
        return self.request.user

    @property
    def version(self) -> str:
        """The version being spoken; the newest as long as none has been agreed on."""
        return getattr(self.request, "version", None) or versioning.LATEST

    def parse(self, schema: type[Schema]) -> Schema:
        """Return the body as the newest version's `schema`.

        :raises ApiError: if the body is not valid, with the caller's own path in `param`.
        """
        body = self.versions.upgrade(schema.__name__, body_of(self.request), since=self.version)
        return validated(schema, body)

    def respond(self, document: BaseModel, *, status: int = 200, name: str | None = None) -> Response:
        """Answer with `document` in the version the caller speaks."""
        self.state = getattr(document, "status", "")
        body = document.model_dump(mode="json", exclude_none=True, by_alias=True)
        return Response(self._downgraded(name or type(document).__name__, body), status=status)

    def refuse(self, error: ApiError) -> Response:
        """Answer with the wire's own error object. Without a version yet, in the newest (acp.md §1.5)."""
        self.state = ""
        body = error.as_body(param=self.versions.param_of(error, to=self.version))
        return Response(self._downgraded("Error", body), status=error.status, headers=error.headers)

    def _downgraded(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.versions.downgrade(name, body, to=self.version)


class UnversionedViewSet(AgentViewSet):
    """An endpoint of another wire than ACP's: the same callers and manners, without an API-Version.

    Such a wire has its own refusals: override `refuse`.
    """

    policy = Policy()

    def negotiate(self, request: Request) -> tuple[str, Policy]:
        return versioning.LATEST, self.policy
