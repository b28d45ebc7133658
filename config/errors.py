"""What is said where no view could answer: JSON to programs, a small page to people."""

import sys
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist, loader

from agents.errors import ApiError, Broken, NotFound, is_outage, out_of_reach

COINS = "/stripe/"
PAGE = "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1>"


class BadRequest(ApiError):
    """A request that Django itself would not take."""


class Forbidden(ApiError):
    """A request that Django itself would not allow."""

    status = 403
    code = "forbidden"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return answer(request, BadRequest("The request could not be understood"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return answer(request, Forbidden("This is not allowed"))


def without_csrf_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a form that our own pages did not send, or a POST where nothing is posted."""
    return answer(request, Forbidden("This is not allowed"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return answer(request, NotFound("There is nothing at this address"))


def broken(request: HttpRequest) -> HttpResponse:
    """Django's handler500; Django has logged the failure, which may be the database's."""
    if is_outage(sys.exception()):
        return answer(request, out_of_reach())
    return answer(request, Broken("Something went wrong on our side; the request may be sent again"))


def answer(request: HttpRequest, error: ApiError) -> HttpResponse:
    """Put a refusal in the words of whoever asked. Only a browser names text/html; curl takes anything."""
    if "text/html" not in request.headers.get("Accept", ""):
        return JsonResponse(_body(request, error), status=error.status, headers=error.headers)
    return HttpResponse(_page(request, error.status), status=error.status, headers=error.headers)


def _body(request: HttpRequest, error: ApiError) -> dict[str, Any]:
    """The wire's own error object; at an address of the coins' wire, theirs."""
    return {"detail": error.message} if request.path.startswith(COINS) else error.as_body(param=error.param)


def _page(request: HttpRequest, status: int) -> str:
    try:
        return loader.render_to_string(f"{status}.html", request=request)
    except TemplateDoesNotExist:
        return PAGE.format(title=HTTPStatus(status).phrase)
