"""Stripe's error object, and what it says of everything that can go wrong."""

import logging
import re
from typing import Any, ClassVar

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions

from agents.errors import LONGEST, ApiError, Unavailable, is_outage
from payments.cards import without_numbers
from payments.sandbox import objects
from payments.sandbox.models import PaymentIntent
from payments.sandbox.objects.intents import DOCS, payment_error
from payments.sandbox.refusals import CardError, InvalidRequest, NoSuchObject

logger = logging.getLogger(__name__)

_CARD_NUMBER = re.compile(r"(?<![0-9])[0-9]{12,19}(?![0-9])")
HELP = "If you need help, the README of this server says what it can do."


class StripeError(Exception):
    """A refusal as Stripe puts it. `members` are what its error object has beside the type and the message."""

    status: ClassVar[int] = 400
    type: ClassVar[str] = "invalid_request_error"
    is_final: ClassVar[bool] = True  # the same request would be refused again; kept under an idempotency key

    def __init__(self, message: str, *, status: int | None = None, type: str | None = None, **members: Any) -> None:
        super().__init__(message)
        message = message if len(message) <= LONGEST else message[:LONGEST] + "…"
        message = _CARD_NUMBER.sub(lambda match: "*" * 12 + match[0][-4:], message)  # it will be stored
        self.message = without_numbers(message)
        self.http_status = status or self.status
        self.members = {name: value for name, value in members.items() if value}
        if "param" in self.members:  # which may be a name that we do not know
            self.members["param"] = without_numbers(self.members["param"])
        self.kind = type or self.type
        self.headers: dict[str, str] = {}

    def as_body(self) -> dict[str, Any]:
        error = {"message": self.message, "type": self.kind} | self.members
        if "code" in error and "doc_url" not in error:
            error["doc_url"] = DOCS + error["code"].replace("_", "-")
        return {"error": error}


class BadParameter(StripeError):
    """Found before anything was tried, so no idempotency key remembers it."""

    is_final = False


class Unauthorized(StripeError):
    """We do not know whose key this is."""

    status = 401
    is_final = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.headers["WWW-Authenticate"] = 'Basic realm="Stripe"'


class Forbidden(StripeError):
    """The key does not open this."""

    status = 403
    is_final = False


class UnrecognizedUrl(StripeError):
    """There is nothing at this address."""

    status = 404
    is_final = False

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"Unrecognized request URL ({method}: {path}). {HELP}")


class Silence(StripeError):
    """Our database did not answer. Nothing was kept, so the same request may be sent again."""

    status = 503
    type = "api_error"
    is_final = False

    def __init__(self) -> None:
        super().__init__("An error occurred on our end; the same request may be sent again.")
        self.headers["Retry-After"] = str(Unavailable.retry_after)


class Broken(StripeError):
    """Our own failure: logged in full for us, told in one sentence to the caller."""

    status = 500
    type = "api_error"


def as_stripe_error(exc: Exception) -> StripeError:
    """What `exc` means to a caller. What nobody expected is logged and becomes `Broken`."""
    match exc:
        case StripeError():
            return exc
        case CardError():
            members = {"code": exc.code, "decline_code": exc.decline_code, "param": exc.param}
            return StripeError(exc.message, status=402, type="card_error", **members)
        case InvalidRequest():
            intent = objects.shown(exc.intent) if exc.intent else None
            status = 404 if isinstance(exc, NoSuchObject) else 400
            return StripeError(exc.message, status=status, code=exc.code, param=exc.param, payment_intent=intent)
        case ApiError():
            return BadParameter(exc.message, status=exc.status)
        case RequestDataTooBig():
            return BadParameter("Request body is too large.", status=413)
        case exceptions.APIException():
            return BadParameter(str(exc.detail), status=exc.status_code)
        case Http404():
            return BadParameter("Unrecognized request URL.", status=404)
    if is_outage(exc):
        logger.error("the database did not answer", exc_info=exc)
        return Silence()
    logger.error("request failed", exc_info=exc)
    return Broken("An unknown error occurred on our end.")


def declined(intent: PaymentIntent) -> StripeError:
    """The refusal that says that the latest try to collect an intent's money failed. The try itself is kept."""
    error = payment_error(intent) or {}
    return StripeError(
        error.pop("message"), status=402, type=error.pop("type"), **error, payment_intent=objects.shown(intent)
    )
