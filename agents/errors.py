"""What we tell an agent when we refuse a request.

A refusal is an `ApiError`: the classes beside the code that raises them say status, type and code; the
instance says what was wrong and where. `exception_handler` is the one place that puts a refusal on a wire.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

LONGEST = 500  # characters of a message, or of the way to what is wrong
_CARD_NUMBER = re.compile("[0-9]{12,19}")
# PostgreSQL's words for a standby, which only reads, and for a transaction that stood still for too long.
_PASSING = {"25006", "25P03"}

logger = logging.getLogger(__name__)


class ApiError(Exception):
    """A refusal the protocol has a name for. Nothing was changed."""

    status = 400
    type = "invalid_request"
    code = "invalid"
    retry_after: int | None = None  # seconds; a refusal that names them is never kept under an idempotency key

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.param = param
        self.details = dict(details or {})
        self.headers: dict[str, str] = {}
        if self.retry_after is not None:
            self.headers["Retry-After"] = str(self.retry_after)

    def as_body(self, *, param: str | None) -> dict[str, Any]:
        """The newest version's `Error` object, pointing at `param` in the caller's body."""
        body: dict[str, Any] = {"type": self.type, "code": self.code, "message": without_card_numbers(self.message)}
        if param:
            body["param"] = without_card_numbers(param)
        return body | self.details


def without_card_numbers(text: str) -> str:
    """What a caller sent in the wrong place (as a member's name, say) must not come back in an answer or a log.

    Nor comes back whatever length they sent.
    """
    text = _CARD_NUMBER.sub("…", text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


class NotFound(ApiError):
    """There is no such object, or it is another agent's."""

    status = 404
    code = "not_found"


class TooLarge(ApiError):
    """The body is longer than we read."""

    status = 413
    code = "request_too_large"


class Unavailable(ApiError):
    """We cannot answer now; the same request may be sent again."""

    status = 503
    type = "service_unavailable"
    code = "service_unavailable"
    retry_after = 5


class Broken(ApiError):
    """Our own failure: logged in full for us, told in one sentence to the caller."""

    status = 500
    type = "processing_error"
    code = "internal_error"


CODES_BY_STATUS = {
    400: "invalid_json",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    429: "rate_limited",
}


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """Render whatever a view raised as its wire's own error object (DRF's EXCEPTION_HANDLER)."""
    set_rollback()
    return context["view"].refuse(as_api_error(exc))


def as_api_error(exc: Exception) -> ApiError:
    """The refusal that says what `exc` means to a caller. What nobody expected is logged and becomes `Broken`."""
    if isinstance(exc, ApiError):
        return exc
    if isinstance(exc, RequestDataTooBig):
        return TooLarge("The request body is larger than this server accepts")
    if isinstance(exc, Http404):
        return NotFound("There is nothing at this address")
    if isinstance(exc, exceptions.APIException):
        return _from_rest_framework(exc)
    logger.error("request failed", exc_info=exc)
    if is_outage(exc):
        return out_of_reach()
    return Broken("Something went wrong on our side; the request may be sent again")


def out_of_reach() -> Unavailable:
    return Unavailable("We cannot reach our own records just now; the request may be sent again")


def is_outage(exc: BaseException | None) -> bool:
    """Whether the database could not be reached, or could not write: later the same request may succeed."""
    if isinstance(exc, InternalError):
        return getattr(exc.__cause__, "sqlstate", "") in _PASSING
    return isinstance(exc, OperationalError | InterfaceError)


def _from_rest_framework(exc: exceptions.APIException) -> ApiError:
    error = ApiError(str(exc.detail), code=CODES_BY_STATUS.get(exc.status_code))
    error.status = exc.status_code
    if isinstance(exc, exceptions.Throttled):
        error.retry_after = max(1, int(getattr(exc, "wait", None) or 1))
        error.headers["Retry-After"] = str(error.retry_after)
    return error
