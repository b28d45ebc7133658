"""What a caller says, checked: the types of Stripe's parameters, and Stripe's words for what is wrong with them.

In a form every value is text, in JSON it need not be; both are read alike. An empty text unsets what can be unset.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from payments.cards import without_numbers, without_numbers_in
from payments.sandbox.wire.errors import BadParameter

LARGEST = 10**12 - 1  # more than any amount and any time, and shorter than any card's number
LONGEST = 5000
EMPTY = (
    "You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; however "
    "'{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty value."
)

T = TypeVar("T")
Schema = TypeVar("Schema", bound="Params")


def wrong(message: str, code: str = "") -> PydanticCustomError:
    """What to raise of a value; `{param}` in the message is replaced by the name of its parameter."""
    return PydanticCustomError(code or "invalid", "{said}", {"said": message})


def text(value: Any) -> Any:
    """The check of a parameter that must say something, and of which nothing is kept but what it names."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise wrong("Invalid string: {param} must be a string")
    if not value:
        raise wrong(EMPTY, "parameter_invalid_empty")
    if len(value) > LONGEST:
        raise wrong(f"Invalid string: {{param}} must be at most {LONGEST} characters")
    return value


def words(value: Any) -> str:
    """The same of what is written for people, and kept: a card's number has parameters of its own."""
    return without_numbers(text(value))


def link(value: Any) -> Any:
    """The same of an address, which without a part of it would lead elsewhere."""
    said = text(value)
    if without_numbers(said) != said:
        raise wrong("Invalid URL: {param} must not hold a card number.", "url_invalid")
    return said


def _integer(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value):
        value = int(value)
    if value == "":
        raise wrong(EMPTY, "parameter_invalid_empty")
    if type(value) is not int:
        raise wrong(f"Invalid integer: {_brief(value)}", "parameter_invalid_integer")
    if abs(value) > LARGEST:
        raise wrong("Invalid integer: {param} is too large", "parameter_invalid_integer")
    return value


def _flag(value: Any) -> Any:
    known = {"true": True, "false": False, True: True, False: False}
    if not isinstance(value, str | bool) or value not in known:
        raise wrong(f"Invalid boolean: {_brief(value)}")
    return known[value]


def _array(value: Any) -> Any:
    if isinstance(value, dict) and all(re.fullmatch(r"[0-9]{1,4}", key) for key in value):
        value = [value[key] for key in sorted(value, key=int)]
    if not isinstance(value, list):
        raise wrong("Invalid array")
    return value


def _hash(value: Any) -> Any:
    if not isinstance(value, dict):
        raise wrong("Invalid object")
    return value


def unset(value: Any) -> Any:
    """An empty text is nothing."""
    return None if value == "" else value


def _labels(value: Any) -> Any:
    """Metadata: text by name. An empty value takes a name away, empty metadata all of them."""
    given = _hash(value) if value != "" else {}
    labels = {without_numbers(name): "" if label == "" else words(label) for name, label in given.items()}
    if len(labels) > 50:
        raise wrong("Metadata can have at most 50 keys")
    for name, label in labels.items():
        if len(name) > 40:
            raise wrong("Metadata keys can be at most 40 characters long")
        if len(label) > 500:
            raise wrong("Metadata values can be at most 500 characters long")
    return labels


def _or_empty(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value in ("", None) else check(value)


def at_most(length: int) -> BeforeValidator:
    """The check of a text that is shorter than most."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and len(value) > length:
            raise wrong(f"Invalid string: {{param}} must be at most {length} characters")
        return value

    return BeforeValidator(check)


Text = Annotated[str, BeforeValidator(text)]
Words = Annotated[str, BeforeValidator(words)]
Link = Annotated[str, BeforeValidator(link)]
ClearableText = Annotated[str | None, BeforeValidator(_or_empty(words))]
Integer = Annotated[int, BeforeValidator(_integer)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Array = Annotated[list[T], BeforeValidator(_array)]
Labels = Annotated[dict[str, str], BeforeValidator(_labels)]
Anything = Annotated[Any, BeforeValidator(without_numbers_in)]  # on which nothing depends
AnyHash = Annotated[dict[str, Any], BeforeValidator(lambda value: without_numbers_in(_hash(value)))]


class Params(BaseModel):
    """The parameters of one request, or a hash among them. None that Stripe does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the named parameters that were sent, as plain data."""
        sent = self.model_fields_set.intersection(names)
        return self.model_dump(include=sent) if sent else {}

    def changes(self, *names: str) -> dict[str, Any]:
        """The same of parameters that cannot be unset, of which JSON's null says nothing."""
        return {name: value for name, value in self.given(*names).items() if value is not None}

    def said(self, name: str) -> str | None:
        """What was said of a text that can be unset: "" to unset it, None nothing."""
        return getattr(self, name) or "" if name in self.model_fields_set else None


class RequestParams(Params):
    """What every request may say."""

    expand: Array[Text] = []


def checked(schema: type[Schema], said: dict[str, Any]) -> Schema:
    """Return what was said as a `schema`.

    :raises BadParameter: if it is not one. Its message may repeat a number or a word, never what a hash holds.
    """
    try:
        return schema.model_validate(said)
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)
    unknown = [_path(error) for error in errors if error["type"] == "extra_forbidden"]
    if unknown:
        many = "s" if len(unknown) > 1 else ""
        raise BadParameter(
            f"Received unknown parameter{many}: {', '.join(unknown)}", code="parameter_unknown", param=unknown[0]
        )
    raise _refusal(errors[0])


def missing(param: str) -> BadParameter:
    """What is said of a parameter that is not there."""
    return BadParameter(f"Missing required param: {param}.", code="parameter_missing", param=param)


def _refusal(error: ErrorDetails) -> BadParameter:
    """pydantic's complaint in Stripe's words."""
    param, kind, context = _path(error), error["type"], error.get("ctx") or {}
    if "said" in context:
        code = "" if kind == "invalid" else kind
        return BadParameter(str(context["said"]).replace("{param}", param), code=code, param=param)
    match kind:
        case "missing":
            return missing(param)
        case "literal_error":
            return BadParameter(f"Invalid {param}: must be one of {_listed(context['expected'])}", param=param)
        case "model_type" | "model_attributes_type":
            return BadParameter("Invalid object", param=param)
    return BadParameter(f"Invalid {param}", param=param)


def _path(error: ErrorDetails) -> str:
    first, *rest = [str(step) for step in error["loc"]] or [""]
    return first + "".join(f"[{step}]" for step in rest)


def _listed(expected: str) -> str:
    """pydantic's `'a', 'b' or 'c'` in Stripe's way."""
    words = re.findall(r"'([^']*)'", expected)
    return ", ".join(words[:-1]) + (", or " if len(words) > 2 else " or " if len(words) == 2 else "") + words[-1]


def _brief(value: Any) -> str:
    return str(value)[:50] if isinstance(value, str | int | float) else "not a plain value"
