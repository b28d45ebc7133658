"""The base of every `/v1` endpoint: who asks, what they say, how they are answered, in Stripe's manner.

A handler reads: parse → operation → respond. Another room adds endpoints by subclassing, with a line in its own urls.
"""

import json
import re
from typing import Any, ClassVar, TypeVar

import structlog
from django.conf import settings
from django.db import models
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from agents import happenings
from agents.ids import new_id
from agents.parsing import StrictJSONParser, body_of
from payments.sandbox import objects
from payments.sandbox.models import PaymentIntent
from payments.sandbox.objects import API_VERSION, Document
from payments.sandbox.refusals import NoSuchObject
from payments.sandbox.wire import errors, paging
from payments.sandbox.wire.authentication import Caller, caller_of
from payments.sandbox.wire.errors import Forbidden, StripeError, UnrecognizedUrl, as_stripe_error
from payments.sandbox.wire.expanding import expand
from payments.sandbox.wire.forms import FormParser, decode
from payments.sandbox.wire.parameters import Params, RequestParams, checked

Schema = TypeVar("Schema", bound=Params)
Row = TypeVar("Row", bound=models.Model)

NOT_FOR_BROWSERS = (
    "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your "
    "API keys at https://dashboard.stripe.com/account/apikeys."
)
_VERSION = re.compile(r"[A-Za-z0-9._;=-]{1,100}")


class StripeViewSet(ViewSet):
    """An endpoint of `/v1`. The sandbox must be on, and the caller must have a test key."""

    schema = None  # Stripe's own documentation tells of these

    parser_classes = [FormParser, StrictJSONParser]
    schema = None  # our OpenAPI document leaves out what Stripe's tells
    open_to_browsers: ClassVar[frozenset[str]] = frozenset()  # actions that a publishable key may do
    caller: Caller
    expand: list[str]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.expand = []
        if not settings.SANDBOX or getattr(self, "action", None) is None or "\x00" in request.path:
            raise UnrecognizedUrl(str(request.method), request.path.replace("\x00", ""))
        self.caller = self.find_caller(request)
        happenings.caller.set("" if self.caller.is_publishable else self.caller.account)
        if self.caller.is_publishable and self.action not in self.open_to_browsers:
            raise Forbidden(NOT_FOR_BROWSERS, code="secret_key_required")

    def find_caller(self, request: Request) -> Caller:
        """:raises Unauthorized: if the request names no account."""
        return caller_of(request.headers.get("Authorization"))

    @property
    def account(self) -> str:
        return self.caller.account

    @property
    def request_id(self) -> str:
        """The one that RequestIdMiddleware gives to the request."""
        return str(structlog.contextvars.get_contextvars().get("request_id") or new_id("req"))

    def parse(self, schema: type[Schema]) -> Schema:
        """Return what the caller says, in the body of a POST and in the query of anything else.

        :raises BadParameter: if it is not a `schema`.
        """
        said = body_of(self.request) if self.request.method == "POST" else decode(self.request.META["QUERY_STRING"])
        params = checked(schema, said)
        self.expand = params.expand if isinstance(params, RequestParams) else []
        return params

    def find(self, model: type[Row], id: str, kind: str) -> Row:
        """Return the account's row with this id.

        :raises NoSuchObject: if there is none.
        """
        row = objects.rows(model).filter(pk=id, account=self.account).first()
        if row is None:
            raise NoSuchObject(kind, id)
        return row

    def respond(self, row: models.Model, **more: Any) -> HttpResponse:
        """Answer with the object that a row is, and what the caller wants expanded of it."""
        return self.answer(objects.shown(row) | more)

    def respond_with_page(self, rows: "models.QuerySet[Any]", asked: paging.PageParams) -> HttpResponse:
        """Answer with the page of the account's `rows` that was asked for."""
        return self.answer(paging.page(rows.filter(account=self.account), asked, url=self.request.path))

    def respond_to_attempt(self, intent: PaymentIntent) -> HttpResponse:
        """Answer with an intent that was just confirmed: a decline has been written down, and is told as an error."""
        return self.refuse(errors.declined(intent)) if intent.was_declined else self.respond(intent)

    def answer(self, document: Document, *, status: int = 200) -> HttpResponse:
        return _json(expand(document, self.expand), status)

    def refuse(self, error: StripeError) -> HttpResponse:
        """Answer with Stripe's error object."""
        response = _json(error.as_body(), error.http_status)
        for name, value in error.headers.items():
            response.headers[name] = value
        is_worth_retrying = error.http_status in (409, 429) or error.http_status >= 500 and not error.is_final
        response.headers["Stripe-Should-Retry"] = "true" if is_worth_retrying else "false"
        return response

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        return self.refuse(as_stripe_error(exc))

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        raise UnrecognizedUrl(str(request.method), request.path)

    def finalize_response(self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any) -> Any:
        """Every version of Stripe's API may be asked for; the answer is in the shape of the one we know."""
        version = request.headers.get("Stripe-Version", "")
        response.headers["Stripe-Version"] = version if _VERSION.fullmatch(version) else API_VERSION
        response.headers["Cache-Control"] = "no-cache, no-store"
        return response


class UnrecognizedUrlViewSet(StripeViewSet):
    """Whatever else begins with `/v1/`: JSON, as every SDK expects."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise UnrecognizedUrl(str(request.method), request.path.replace("\x00", ""))


def _json(document: Document, status: int) -> HttpResponse:
    return HttpResponse(json.dumps(document, indent=2), status=status, content_type="application/json")
