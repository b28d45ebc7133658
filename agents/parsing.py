"""From the bytes a caller sent to a valid schema, or to a refusal that says what is wrong and where.

JSON parsers disagree at the edges (duplicate members, NaN, huge nesting), and what two parsers read differently, two
parties believe differently. So the edges are refused. JSON has one kind of number: `1.0` is read as `1`.
"""

import copy
import json
import math
import re
from typing import IO, Annotated, Any, TypeVar, get_args

from django.http import UnreadablePostError
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, to_json
from pydantic_core.core_schema import ErrorType
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from agents.errors import ApiError

Schema = TypeVar("Schema", bound=BaseModel)

DEEPEST = 64  # levels of arrays and objects
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")  # what a \u escape can smuggle in, and no database column holds
_PYDANTIC_KINDS = frozenset(get_args(ErrorType))
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_ATOM = r"[^@\s\u0085\ufeff]+"  # not all who read the pattern take these two for spaces
Email = Annotated[str, StringConstraints(pattern=rf"^{_ATOM}@{_ATOM}\.{_ATOM}$", max_length=254)]


class Wire(BaseModel):
    """The base of every request schema: nothing unknown, nothing converted, nothing changed, nothing printed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class LengthRequired(ApiError):
    """A body whose length nobody says: Django would read none of it, and the request would mean something else."""

    status = 411
    code = "length_required"


class StrictJSONParser(BaseParser):
    """`application/json`, without the parts of it that mean two things."""

    media_type = "application/json"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            # Not the stream: Django holds only `body` to DATA_UPLOAD_MAX_MEMORY_SIZE, and a signature needs it later.
            return loads(parser_context["request"].body)
        except UnreadablePostError:
            raise ParseError("The request body ended too early") from None


def loads(content: bytes) -> Any:
    """Read one JSON text.

    :raises ParseError: if it is not JSON, or JSON that we do not take.
    """
    try:
        value = json.loads(
            content.decode(), object_pairs_hook=_object, parse_float=_number, parse_constant=_refuse_constant
        )
        _check(value)
    except json.JSONDecodeError as exc:
        raise ParseError(f"The request body is not JSON: {exc.msg} (line {exc.lineno}, column {exc.colno})") from None
    except RecursionError:
        raise ParseError(f"The request body is nested more than {DEEPEST} levels deep") from None
    except ValueError:  # not UTF-8, or a whole number with thousands of digits
        raise ParseError("The request body is not JSON in UTF-8, or holds a number that is too long") from None
    return value


def require_length(request: Request) -> None:
    """:raises LengthRequired: if a body comes in chunks."""
    if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
        raise LengthRequired("Send a Content-Length: a body in chunks is not read here")


def body_of(request: Request) -> dict[str, Any]:
    """Return a copy of the request's body, which may be changed. No body is an empty object.

    :raises ApiError: if the body is something else than an object.
    """
    if not isinstance(request.data, dict):
        raise ApiError("The request body must be a JSON object", code="invalid_type", param="$")
    return copy.deepcopy(dict(request.data))


def validated(schema: type[Schema], body: dict[str, Any]) -> Schema:
    """Return `body` as a `schema`.

    :raises ApiError: if it is not one; about the first thing that is wrong. Its message holds no value of the body.
    """
    try:
        return schema.model_validate_json(to_json(body))  # as JSON, where a string may be a date even in strict mode
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_context=False, include_input=False)[0]
    raise ApiError(_message_of(error), code=_code_of(error["type"]), param=_path_of(error, body))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ParseError("An object in the request body has two members of the same name")
    return value


def _number(text: str) -> int | float:
    number = float(text)
    if math.isinf(number):
        raise ParseError("A number in the request body is too large")
    return int(number) if number.is_integer() else number


def _refuse_constant(text: str) -> None:
    raise ParseError("NaN and Infinity are not JSON")


def _check(value: Any, depth: int = 0) -> None:
    if isinstance(value, str):
        if _NO_TEXT.search(value):
            raise ParseError("A string in the request body holds a NUL or half a surrogate pair")
    elif isinstance(value, dict | list):
        if depth == DEEPEST:
            raise RecursionError
        for child in (*value, *value.values()) if isinstance(value, dict) else value:
            _check(child, depth + 1)


def _code_of(kind: str) -> str:
    if kind not in _PYDANTIC_KINDS:
        return kind  # a schema's own PydanticCustomError names its code
    if kind == "missing":
        return "missing_required_field"
    if kind == "extra_forbidden":
        return "unknown_field"
    return "invalid_type" if kind.endswith("_type") or kind == "int_from_float" else "invalid"


def _message_of(error: ErrorDetails) -> str:
    if error["type"] == "union_tag_invalid":  # pydantic would repeat the tag it got
        return "This is not one of the kinds known here"
    return error["msg"].removeprefix("Value error, ")


def _path_of(error: ErrorDetails, body: Any) -> str:
    """RFC 9535's way to where it went wrong. A step that the body does not know is pydantic's own (a union's tag)."""
    path, place = "$", body
    for step in error["loc"]:
        if isinstance(place, dict) and step in place or isinstance(place, list) and isinstance(step, int):
            place, path = place[step], path + _step(step)  # type: ignore[index]
    return path + _step(error["loc"][-1]) if error["type"] == "missing" else path


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if _NAME.fullmatch(step):
        return f".{step}"
    escaped = step.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"
