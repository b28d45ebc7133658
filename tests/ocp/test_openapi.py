"""The OpenAPI document is one that the protocol's clients can use, and says that we read contexts."""

import json
from collections import Counter

import pytest
from django.test import Client
from jsonschema import Draft7Validator

from tests.conftest import ROOT

SCHEMA = ROOT.parent / "shared" / "ocp-schemas" / "HEAD-a0051df" / "ocp-openapi-extensions.json"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document():
    return Client().get("/openapi.json").json()


def operations(document):
    return [
        (path, item, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_it_can_be_used_by_itself(document):
    assert document["servers"][0]["url"].startswith("http")
    names = Counter(operation["operationId"] for _, _, operation in operations(document))
    assert set(names.values()) == {1}
    for _, item, operation in operations(document):
        assert "parameters" not in item
        assert operation["operationId"].isidentifier() and operation["operationId"][0].islower()
        body = operation.get("requestBody", {})
        assert "$ref" not in body
        assert not body or "application/json" in body["content"]


def test_it_is_at_level_two(document):
    assert document["info"]["x-ocp-enabled"] is document["info"]["x-ocp-context-aware"] is True
    contextual = [operation for _, _, operation in operations(document) if "x-ocp-context" in operation]
    assert len(contextual) > 10
    created = document["paths"]["/checkout_sessions"]["post"]
    assert created["responses"]["201"]["x-ocp-context-updated"] is True


def test_its_extensions_are_the_protocols(document):
    if not SCHEMA.exists():
        pytest.skip(f"no OCP schema at {SCHEMA}")
    schema = json.loads(SCHEMA.read_text())

    def flaws(kind, extended):
        validator = Draft7Validator({**schema, "$ref": f"#/definitions/{kind}"})
        return [error.message for error in validator.iter_errors(extended)]

    assert not flaws("ocpInfoExtensions", document["info"])
    for _, _, operation in operations(document):
        assert not flaws("ocpOperationExtensions", operation)
        for response in operation["responses"].values():
            assert not flaws("ocpResponseExtensions", response)
