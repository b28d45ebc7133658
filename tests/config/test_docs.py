"""The OpenAPI document and its page."""

import pytest


def test_the_document_is_of_the_newest_openapi(client):
    document = client.get("/openapi.json").json()

    assert document["openapi"] == "3.1.1"
    assert "/checkout_sessions" in document["paths"]


def test_the_page_needs_nothing_from_elsewhere(client):
    page = client.get("/docs").text

    assert "swagger-ui" in page
    assert "https://" not in page and "http://" not in page


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_they_are_only_read(client, path):
    assert client.post(path).status_code == 405


def test_a_picture_of_the_page_is_not_to_be_had(client):
    assert client.get("/docs", headers={"Accept": "image/png"}).status_code == 406
