"""Every operation keeps the promises of our own OpenAPI document, whatever it is sent: schemathesis makes it up."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckContext
from schemathesis.config import SchemathesisConfig

from agents.versioning import LATEST
from config.wsgi import application
from tests.fire.counting import WANTED, sent, share
from tests.fire.world import World, kind_of

FORM = {"invalid_json", "invalid_type", "missing_required_field", "unknown_field"}


def in_process(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The application on the test's own connection, which no request may close."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        answer = application(environ, start_response)
        content = b"".join(answer)
        answer.close()
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
    return [content]


document = schemathesis.openapi.from_wsgi("/openapi.json", in_process, config=SchemathesisConfig(seed=0))
document.config.generation.allow_x00 = False  # no text of ours holds a NUL, and a pattern on each would only say so
# Every limit of every member, one by one: three thousand requests, whatever is asked for.
document.config.phases.coverage.enabled = WANTED >= 20_000
# A schema cannot say which products there are, nor which number is a card's. So what it allows may be refused with 400
# or 422, which this check does not know; that it is never refused for its form, `good_form_is_taken` checks instead.
document.config.checks.positive_data_acceptance.enabled = False


@schemathesis.check
def good_form_is_taken(ctx: CheckContext, response: Any, case: Any) -> None:
    if case.meta.generation.mode.is_positive and response.status_code in (400, 413, 415, 422):
        assert response.json().get("code") not in FORM


@pytest.mark.slow
@document.parametrize()
@settings(
    max_examples=share(0.2, 15), deadline=None, derandomize=True, database=None, suppress_health_check=[*HealthCheck]
)
def test_an_operation(world: World, case: schemathesis.Case) -> None:
    headers = {"Authorization": f"Bearer {world.buyer.key}", "API-Version": LATEST, "Accept-Encoding": "identity"}
    if case.meta and case.meta.generation.mode.is_positive:
        be_about_something(world, case)

    response = case.call(headers=headers)

    sent[response.status_code] += 1
    case.validate_response(response, headers=headers)


def be_about_something(world: World, case: schemathesis.Case) -> None:
    """What a schema allows names nothing that there is: let every other request name something."""
    if case.headers.get("Idempotency-Key"):
        case.headers["Idempotency-Key"] = f"{sent.total()}"  # each request a first one
    if sent.total() % 2:
        for name in case.path_parameters or {}:
            case.path_parameters[name] = getattr(world, kind_of(name, case.path.lstrip("/")))
        body: Any = case.body if isinstance(case.body, dict) else {}
        for item in body.get("line_items") or []:
            item["id"] = "item_123"
        if "user_id" in body:
            body["user_id"] = world.customer
        if "package_id" in body:
            body["package_id"] = "package_1"
