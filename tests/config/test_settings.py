"""The settings as a caller meets them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
SHOP = {
    "SANDBOX": "off",
    "SECRET_KEY": "only-to-see-that-these-settings-would-be-accepted-0123",
    "MERCHANT_IDS": "merchant_1",
    "ANONYMOUS_AGENT": "",
    "PUBLIC_URL": "https://shop.example",
    "PAYMENT_PROCESSOR": "payments.processors.base.Processor",
    "DATABASE_URL": "sqlite://:memory:",
}


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(MANAGE), "check", "--tag", "security", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)


class TestAShop:
    def test_is_accepted_with_everything_set(self):
        assert check(**SHOP).stderr == ""

    def test_needs_a_secret_of_its_own(self):
        result = check(**{name: value for name, value in SHOP.items() if name != "SECRET_KEY"})

        assert "SECRET_KEY" in result.stderr
        assert result.returncode != 0


def test_every_setting_of_the_environment_is_explained():
    settings = (MANAGE.parent / "config" / "settings.py").read_text()

    names = set(re.findall(r'env(?:\.\w+)?\("(\w+)"', settings))
    explained = set(re.findall(r"^#(\w+)=", (MANAGE.parent / ".env.example").read_text(), re.MULTILINE))

    assert names and names <= explained


class TestCors:
    def test_a_browser_may_ask_with_the_protocols_headers(self, client):
        names = "authorization,content-type,api-version,idempotency-key,request-id,signature,timestamp"

        response = client.options(
            "/checkout_sessions",
            headers={
                "Origin": "https://agent.example",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": names,
            },
        )

        allowed = response.headers["Access-Control-Allow-Headers"].lower().split(", ")
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert set(names.split(",")) <= set(allowed)

    def test_a_browser_may_read_our_headers_but_brings_no_cookies(self, client):
        response = client.get("/health", headers={"Origin": "https://agent.example"})

        exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"Request-Id", "Idempotency-Key", "Idempotent-Replayed", "Retry-After"} <= set(exposed)
        assert "Access-Control-Allow-Credentials" not in response.headers

    def test_only_named_origins_where_they_are_named(self, client, settings):
        settings.CORS_ALLOW_ALL_ORIGINS = False
        settings.CORS_ALLOWED_ORIGINS = ["https://agent.example"]

        ours = client.get("/health", headers={"Origin": "https://agent.example"})
        other = client.get("/health", headers={"Origin": "https://other.example"})

        assert ours.headers["Access-Control-Allow-Origin"] == "https://agent.example"
        assert "Access-Control-Allow-Origin" not in other.headers

    def test_the_admin_is_nobody_elses(self, client):
        response = client.get("/admin/login/", headers={"Origin": "https://agent.example"})

        assert "Access-Control-Allow-Origin" not in response.headers


class TestPages:
    def test_static_files_come_straight_from_the_packages(self, client):
        response = client.get("/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css")

        assert response.status_code == 200

    def test_long_answers_are_compressed(self, client):
        response = client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})

        assert response.headers["Content-Encoding"] == "gzip"

    @pytest.mark.django_db
    def test_the_admin_opens_for_its_demo_user(self, admin_client):
        assert admin_client.get("/admin/").status_code == 200
        assert admin_client.get("/admin/auth/user/").status_code == 200
