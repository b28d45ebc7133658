"""Serve yesterday's API from today's code.

Operations and schemas know only the newest version of the protocol. A `VersionChange` is one breaking change: how an
older request becomes a newer one, and a newer response an older one. `Versions` walks the changes that lie between
the caller's version and ours, one step at a time. What differs by version without touching a body is a `Policy`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from agents.errors import ApiError

Body = dict[str, Any]


@dataclass(frozen=True)
class Policy:
    """The manners a version asks of both sides (ACP idempotency: acp.md §1.4)."""

    idempotency_key_required: bool = False
    idempotency_conflict_status: int = 409


POLICIES: dict[str, Policy] = {
    "2026-04-17": Policy(idempotency_key_required=True, idempotency_conflict_status=422),
    "2026-01-30": Policy(),
    "2026-01-16": Policy(),
    "2025-12-12": Policy(),
    "2025-09-29": Policy(),
}
SUPPORTED = tuple(POLICIES)  # newest first, as `supported_versions` lists them
LATEST = SUPPORTED[0]
OTHER_NAMES = {"2025-09-12": "2025-09-29"}  # a draft's date that callers still send


class MissingApiVersion(ApiError):
    """No API-Version header, and the agent has no version pinned."""

    code = "missing_api_version"


class UnsupportedApiVersion(ApiError):
    """A version we do not speak."""

    code = "unsupported_api_version"


def negotiate(header: str | None, *, pinned: str = "") -> str:
    """Return the version to speak: the header's, else the one pinned on the agent.

    :raises MissingApiVersion: if there is neither.
    :raises UnsupportedApiVersion: if we do not speak it.
    """
    wanted = header if header is not None else pinned
    if not wanted:
        raise MissingApiVersion("The API-Version header is required", details={"supported_versions": list(SUPPORTED)})
    version = OTHER_NAMES.get(wanted, wanted)
    if version not in POLICIES:
        raise UnsupportedApiVersion(
            f"API-Version must be one of {', '.join(SUPPORTED)}", details={"supported_versions": list(SUPPORTED)}
        )
    return version


class NewerMember(ApiError):
    """An older request names what only newer versions have. Its `param` is the caller's own path already."""

    code = "unknown_field"

    def __init__(self, param: str) -> None:
        super().__init__("This version has no such member", param=param)


def refuse_newer(body: Body, *members: str, at: str = "$") -> None:
    """:raises NewerMember: if the object at the path `at` of an older request has one of `members`."""
    for member in members:
        if member in body:
            raise NewerMember(f"{at}.{member}")


class VersionChange:
    """One breaking change, named for what became of the old shape. Its docstring is its line in the changelog.

    Bodies are named as the specification names its schemas. Requests arrive here unvalidated: `upgrade` moves what it
    knows and leaves what it does not understand, for validation to refuse.
    """

    requests: ClassVar[Sequence[str]] = ()
    responses: ClassVar[Sequence[str]] = ()
    # A newer JSONPath's beginning (a regular expression) and what an older caller knows it as.
    request_params: ClassVar[Mapping[str, str]] = {}
    response_params: ClassVar[Mapping[str, str]] = {}

    def upgrade(self, body: Body) -> None:
        """Turn an older request into a newer one, in place."""

    def downgrade(self, body: Body) -> None:
        """Turn a newer response into an older one, in place."""


class Versions:
    """The changes that made each version, newest first."""

    def __init__(self, changes: Mapping[str, Sequence[type[VersionChange]]]) -> None:
        self._changes = {version: [change() for change in changes.get(version, ())] for version in SUPPORTED}

    def upgrade(self, name: str, body: Body, *, since: str) -> Body:
        """Return the request `name`, written for version `since`, as the newest version writes it (in place)."""
        for version in reversed(SUPPORTED):
            if version > since:
                for change in self._changes[version]:
                    if name in change.requests:
                        change.upgrade(body)
        return body

    def downgrade(self, name: str, body: Body, *, to: str) -> Body:
        """Return the response `name` of the newest version as version `to` writes it (in place)."""
        for change in self._since(to):
            if name in change.responses:
                change.downgrade(body)
        for message in body.get("messages", ()):
            if "param" in message:
                message["param"] = self._older_param(message["param"], to, "response_params")
        return body

    def param_of(self, error: ApiError, *, to: str) -> str | None:
        """Return where `error` is in the body that a caller of version `to` sent."""
        if error.param is None or isinstance(error, NewerMember):
            return error.param
        return self._older_param(error.param, to, "request_params")

    def _older_param(self, param: str, to: str, table: str) -> str:
        for change in self._since(to):
            for newer, older in getattr(change, table).items():
                param = re.sub(f"^{newer}", older, param)
        return param

    def _since(self, version: str) -> list[VersionChange]:
        return [change for newer in SUPPORTED if newer > version for change in reversed(self._changes[newer])]


class FieldsAppeared(VersionChange):
    """Optional members that older callers do not know: left out of what they read, refused in what they send."""

    fields: ClassVar[Sequence[str]] = ()

    def upgrade(self, body: Body) -> None:
        refuse_newer(body, *self.fields)

    def downgrade(self, body: Body) -> None:
        for field in self.fields:
            body.pop(field, None)
