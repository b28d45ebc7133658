"""The official ACP files, as their authors meant them: what every body on our wire is measured against.

The files stay as they were published; what is known to be wrong with them is mended on loading, in one table (`MENDS`;
the numbers S1, S2 … are acp.md's, §7.1). Versions before 2026-04-17 are measured twice, against the JSON Schema and
against the OpenAPI document. The newest one's OpenAPI document lags behind its JSON Schema (S6) and is left out.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.spec.bodies import V5, VERSIONS

REPOSITORY = Path(__file__).resolve().parents[2]
ACP_SPEC = Path(os.environ.get("ACP_SPEC", REPOSITORY.parent / "shared" / "acp-spec"))
DOCUMENTS = ("agentic_checkout", "delegate_payment")

Document = dict[str, Any]
_YamlLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it was compiled


@dataclass(frozen=True)
class Mend:
    """One known defect: where (a pattern beneath `spec/`), what is wrong, and what makes it right."""

    files: str
    wrong: str
    mend_document: Callable[[Document], None] | None = None
    mend_text: Callable[[str], str] | None = None  # for what is no JSON or YAML at all

    def mends(self, file: str) -> bool:
        return fnmatch(file, self.files)


def _give_completed_sessions_an_order(document: Document) -> None:
    schemas = definitions(document)
    base, order = schemas["CheckoutSessionBase"], schemas["CheckoutSessionWithOrder"]["allOf"][1]
    properties = base["properties"] | order["properties"]
    schemas["CheckoutSessionWithOrder"] = base | {"properties": properties, "required": [*base["required"], "order"]}


def _let_sessions_hold_an_order(document: Document) -> None:
    schemas = definitions(document)
    schemas["CheckoutSessionBase"]["properties"]["order"] = {"$ref": "#/components/schemas/Order"}


def _let_authentications_hold_a_result(document: Document) -> None:
    base = document["$defs"]["DelegateAuthenticationSessionBase"]
    base["properties"].setdefault("authentication_result", {"$ref": "#/$defs/AuthenticationResult"})


def _exclude_zero_by_number(document: Document) -> None:
    definitions(document)["Item"]["properties"]["quantity"]["exclusiveMinimum"] = 0


def _forget_its_id(document: Document) -> None:
    document.pop("$id", None)


def _replace_tabs(text: str) -> str:
    return text.replace("\t", "  ")


MENDS = (
    Mend(
        "2025-09-29/*agentic_checkout.*",
        "S1: `exclusiveMinimum: true` is draft 4's spelling, and refuses a quantity of 1",
        _exclude_zero_by_number,
    ),
    Mend(
        "2025-09-29/*agentic_checkout.*",
        "S2: CheckoutSessionWithOrder adds `order` to a closed object that has none",
        _give_completed_sessions_an_order,
    ),
    Mend(
        "202[56]-[01][12]-*/openapi/openapi.agentic_checkout.yaml",
        "S2: the same, where the JSON Schema of that version has it in CheckoutSessionBase",
        _let_sessions_hold_an_order,
    ),
    Mend(
        "2026-04-17/json-schema/schema.delegate_authentication.json",
        "S3: …SessionWithResult adds `authentication_result` to a closed object that has none",
        _let_authentications_hold_a_result,
    ),
    Mend(
        "2026-01-30/openapi/openapi.delegate_payment.yaml",
        "S7: a tab, which YAML does not allow",
        mend_text=_replace_tabs,
    ),
    Mend(
        "*/json-schema/*.json",
        "S8: the same `$id` in every version, which also breaks references between files",
        _forget_its_id,
    ),
)


def _is_date_time(text: str) -> bool:
    """RFC 3339: a date, a time to the second, and an offset."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", text):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", text.upper()))
    except ValueError:
        return False
    return True


def _is_uri(text: str) -> bool:
    """An absolute URI that leads somewhere."""
    parts = urlsplit(text)
    return bool(re.fullmatch(r"[!-~]+", text) and parts.scheme and (parts.netloc or parts.path))


def _is_email(text: str) -> bool:
    return bool(re.fullmatch(r"[^@\s]+@[^@\s]+", text))


FORMATS = {"date-time": _is_date_time, "uri": _is_uri, "email": _is_email}


@cache
def format_checker() -> FormatChecker:
    """All formats the specification uses, without packages that jsonschema would only use if they were there."""
    checker = FormatChecker(formats=())
    for name, is_valid in FORMATS.items():
        checker.checks(name)(lambda value, is_valid=is_valid: not isinstance(value, str) or is_valid(value))
    return checker


def validate(version: str, document: str, definition: str, body: Any) -> None:
    """Measure `body` against what `version` says of `definition`.

    :raises AssertionError: if it is not valid, saying where and why.
    """
    for source, validator in validators(version, document, definition):
        error = best_match(validator.iter_errors(body))
        assert error is None, f"{version} {source} {definition}: {error.json_path}: {error.message}"


def is_valid(version: str, document: str, definition: str, body: Any) -> bool:
    return all(validator.is_valid(body) for _, validator in validators(version, document, definition))


def validators(version: str, document: str, definition: str) -> Iterator[tuple[str, Draft202012Validator]]:
    """Yield every validator of a definition, with the name of where it comes from."""
    sources = {"JSON Schema": f"{version}/json-schema/schema.{document}.json#/$defs/{definition}"}
    if version != V5:
        sources["OpenAPI"] = f"{version}/openapi/openapi.{document}.yaml#/components/schemas/{definition}"
    for source, uri in sources.items():
        schema = {"$ref": f"https://acp.test/{uri}"}
        yield source, Draft202012Validator(schema, registry=registry(), format_checker=format_checker())


def load(file: str) -> Document:
    """Return one official file, mended. `file` is a path beneath `spec/`."""
    mends = [mend for mend in MENDS if mend.mends(file)]
    text = read(file)
    for mend in mends:
        text = mend.mend_text(text) if mend.mend_text else text
    document = parse(file, text)
    for mend in mends:
        if mend.mend_document:
            mend.mend_document(document)
    return document


def read(file: str) -> str:
    return (ACP_SPEC / "spec" / file).read_text()


def parse(file: str, text: str) -> Document:
    document: Document = json.loads(text) if file.endswith(".json") else yaml.load(text, _YamlLoader)
    return document


def official_files() -> list[str]:
    """Every file a body is measured against: all JSON Schemas, and OpenAPI where it keeps up."""
    spec = ACP_SPEC / "spec"
    schemas = [path for version in VERSIONS for path in sorted(spec.glob(f"{version}/json-schema/*.json"))]
    openapi = [spec / version / "openapi" / f"openapi.{name}.yaml" for version in VERSIONS[:-1] for name in DOCUMENTS]
    return [str(path.relative_to(spec)) for path in [*schemas, *openapi] if path.exists()]


@cache
def registry() -> Registry[Document]:
    return Registry().with_resources(
        (f"https://acp.test/{file}", DRAFT202012.create_resource(load(file))) for file in official_files()
    )


def definitions(document: Document) -> Document:
    definitions: Document = document["$defs"] if "$defs" in document else document["components"]["schemas"]
    return definitions
