"""Versions and refusals (acp.md §6, statements 1–3, 9–11)."""

import pytest

from agents.models import Agent
from agents.versioning import LATEST, OTHER_NAMES, SUPPORTED

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.agents.counter")]

READ, SELL = "/counter/a", "/counter/a/sell"


class TestTheVersion:
    @pytest.mark.parametrize("version", SUPPORTED)
    def test_is_what_the_header_says(self, api, version):
        assert api.speaking(version).get(READ).json()["version"] == version

    def test_may_be_called_by_its_drafts_date(self, api):
        assert OTHER_NAMES == {"2025-09-12": "2025-09-29"}
        assert api.speaking("2025-09-12").get(READ).json()["version"] == "2025-09-29"

    def test_is_the_pinned_one_without_a_header(self, api):
        Agent.objects.update(pinned_version="2025-12-12")

        assert api.get(READ, headers={"API-Version": None}).json()["version"] == "2025-12-12"

    def test_is_the_headers_even_if_one_is_pinned(self, api):
        Agent.objects.update(pinned_version="2025-12-12")

        assert api.get(READ).json()["version"] == LATEST

    @pytest.mark.parametrize(
        ("header", "code"),
        [
            (None, "missing_api_version"),
            ("", "missing_api_version"),
            ("2020-01-01", "unsupported_api_version"),
            ("latest", "unsupported_api_version"),
        ],
    )
    def test_is_refused_if_missing_or_unknown(self, api, header, code):
        """Statements 1, 2 and 3: 400, which one it is, and every version we speak, newest first."""
        answer = api.get(READ, headers={"API-Version": header})

        assert answer.status_code == 400
        assert (answer.json()["type"], answer.json()["code"]) == ("invalid_request", code)
        assert answer.json()["supported_versions"] == sorted(SUPPORTED, reverse=True)

    def test_a_version_that_we_do_not_speak_is_not_repeated(self, api):
        assert "4242" not in api.get(READ, headers={"API-Version": "4242"}).content.decode()


class TestARefusal:
    @pytest.mark.parametrize("version", SUPPORTED)
    def test_is_flat_and_json(self, api, version):
        """Statements 5, 9 and 10: `{type, code, message, param?}`, without an envelope."""
        answer = api.speaking(version).post("/counter/a/order", {"items": 1})

        assert answer["Content-Type"] == "application/json"
        assert set(answer.json()) == {"type", "code", "message", "param"}

    def test_of_a_method_says_which_there_are(self, api):
        answer = api.get(SELL)

        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert "POST" in answer["Allow"]

    def test_of_a_media_type_nobody_renders(self, api):
        assert api.get(READ, headers={"Accept": "text/html"}).status_code == 406

    @pytest.mark.parametrize("path", ["/counter/%00", "/counter/" + "a" * 300, "/counter/%00/sell"])
    def test_of_an_address_that_no_id_can_have(self, api, path):
        answer = api.post(path) if path.endswith("sell") else api.get(path)

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


class TestAnUnversionedWire:
    @pytest.mark.parametrize("version", [None, "latest"])
    def test_asks_for_no_version_and_reads_none(self, api, version):
        assert api.post("/foreign/a", headers={"API-Version": version}).status_code == 200

    def test_has_its_own_manners(self, api):
        for item, status in (("x", 200), ("x", 200), ("y", 418)):
            assert api.post("/foreign/a", {"item": item}, headers={"Idempotency-Key": "k"}).status_code == status
        assert api.post("/foreign/a", {"item": "z"}, headers={"Idempotency-Key": None}).status_code == 200
