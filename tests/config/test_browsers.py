"""Every page says what a browser may do on it: found by going through all addresses, so that a new one is covered."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RegexPattern

from agents.browsers import HEADER
from tests.checkout.conftest import shop  # noqa: F401
from tests.checkout.test_storefront import Buyer

pytestmark = pytest.mark.django_db

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
ADMIN = ["/admin/", "/admin/login/", "/admin/checkout/", "/admin/checkout/order/", "/admin/nothing"]


def addresses(patterns: Sequence[Any], before: str = "/") -> Iterator[str]:
    """Every address there is, with `x` for what it names."""
    for each in patterns:
        if isinstance(each.pattern, RegexPattern):  # Django's own for the rest of something
            continue
        path = before + re.sub("<[^>]+>", "x", str(each.pattern))
        if isinstance(each, URLPattern):
            yield path
        else:
            yield from addresses(each.url_patterns, path)


def policy_of(response) -> dict[str, str]:
    return dict(directive.split(" ", 1) for directive in response[HEADER].split("; "))


def test_every_page_has_a_policy(admin_client, shop):  # noqa: F811
    everything = [*addresses(get_resolver().url_patterns), *ADMIN, "/nothing"]
    answers = [admin_client.get(address, headers=BROWSER) for address in everything]
    pages = [answer for answer in answers if answer["Content-Type"].startswith("text/html")]

    assert len(pages) > 200
    for page in pages:
        policy = policy_of(page)
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert not [answer for answer in answers if answer.status_code >= 500]


@pytest.mark.parametrize("path", ["/", "/cart", "/products/item_123", "/terms", "/console", "/nothing", "/docs"])
def test_outside_the_admin_nothing_runs_but_our_own_scripts(client, shop, path):  # noqa: F811
    policy = policy_of(client.get(path, headers=BROWSER))

    assert policy.get("script-src", policy["default-src"]) == policy["form-action"] == "'self'"


@pytest.mark.parametrize("path", ADMIN)
def test_the_admin_runs_what_its_theme_needs(admin_client, path):
    assert policy_of(admin_client.get(path, headers=BROWSER))["script-src"] == "'self' 'unsafe-inline' 'unsafe-eval'"


def test_where_a_card_is_typed_stripe_is_let_in_and_leads_to_the_buyers_bank(shop, settings):  # noqa: F811
    settings.PUBLIC_URL = "https://shop.example/till"
    client = Buyer().is_ready().client
    pages = [client.get(path, headers=BROWSER) for path in ("/coins", "/checkout/payment")]

    assert [page.status_code for page in pages] == [200, 200]
    for page in pages:
        policy = policy_of(page)
        assert policy["script-src"] == "'self' https://js.stripe.com https://*.js.stripe.com"
        assert policy["form-action"] == "'self' https://shop.example https://*.stripe.com"


@pytest.mark.urls("tests.config.test_errors")
def test_a_failure_has_one_too():
    broken = Client(raise_request_exception=False).get("/fail", headers=BROWSER)

    assert broken.status_code == 500
    assert policy_of(broken)["default-src"] == "'self'"


def test_programs_are_told_nothing_of_it(client):
    assert HEADER not in client.get("/health").headers
