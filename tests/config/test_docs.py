"""The OpenAPI document and its page."""

import pytest
from django.core.management import call_command


def test_the_document_is_of_the_newest_openapi(client):
    assert client.get("/openapi.json").json()["openapi"] == "3.1.1"


def test_the_document_is_valid(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yaml"))


def test_the_document_knows_every_operation_by_the_specifications_name(client):
    paths = client.get("/openapi.json").json()["paths"]

    assert {operation["operationId"] for path in paths.values() for operation in path.values()} >= {
        "createCheckoutSession",
        "getCheckoutSession",
        "updateCheckoutSession",
        "completeCheckoutSession",
        "cancelCheckoutSession",
        "delegatePayment",
    }


def test_the_document_tells_of_the_headers_of_a_call(client):
    parameters = client.get("/openapi.json").json()["paths"]["/checkout_sessions"]["post"]["parameters"]

    assert {parameter["name"] for parameter in parameters} >= {"API-Version", "Idempotency-Key", "Request-Id"}


def test_the_page_needs_nothing_from_elsewhere(client):
    page = client.get("/docs").text

    assert "swagger-ui" in page
    assert "https://" not in page and "http://" not in page


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
@pytest.mark.parametrize("method", ["post", "options"])
def test_they_are_only_read(client, path, method):
    assert getattr(client, method)(path).status_code == 405


def test_a_picture_of_the_page_is_not_to_be_had(client):
    assert client.get("/docs", headers={"Accept": "image/png"}).status_code == 406
