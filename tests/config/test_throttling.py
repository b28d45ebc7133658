"""Too many forms: found by going through all addresses, so that a new page is covered."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve
from rest_framework.settings import api_settings

from tests.checkout.conftest import shop  # noqa: F401
from tests.config.test_browsers import addresses

pytestmark = pytest.mark.django_db

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
LOGIN = "/admin/login/"
GUESS = {"username": "admin", "password": "guess"}


def is_a_page(path):
    try:
        view = resolve(path).func
    except Resolver404:  # not as written, with what a pattern of its own asks for
        return False
    return not getattr(view, "csrf_exempt", False)


PAGES = [path for path in addresses(get_resolver().url_patterns) if not path.startswith("/admin/") and is_a_page(path)]


@pytest.fixture(autouse=True)
def two_a_minute(settings):
    settings.FORM_RATE = settings.LOGIN_RATE = "2/min"
    cache.clear()


def statuses(ask, times=3):
    return [ask().status_code for _ in range(times)]


def test_the_pages_are_found():
    assert {"/cart/add", "/checkout/payment", "/coins/buy", "/sandbox/authenticate/x"} <= set(PAGES)


@pytest.mark.parametrize("path", sorted(set(PAGES) - {"/health", "/ready", "/metrics"}))
def test_a_form_that_is_sent_too_often_is_told_when_to_come_back(client, path):
    answers = [client.post(path, headers=BROWSER) for _ in range(3)]

    assert 429 not in [answer.status_code for answer in answers[:2]]
    assert answers[2].status_code == 429
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert "<h1>A moment, please</h1>" in answers[2].text


def test_nothing_is_done_when_it_is_refused(client, shop):  # noqa: F811
    for _ in range(3):
        client.post("/cart/add", {"product_id": "item_123", "quantity": "1"})

    assert client.session["cart_size"] == 2


def test_a_program_is_told_in_the_wires_own_error_object(client):
    for _ in range(3):
        refused = client.post("/cart/add")

    assert (refused.json()["type"], refused.json()["code"]) == ("invalid_request", "rate_limited")


def test_all_forms_of_an_address_count_together(client):
    assert [client.post(path).status_code for path in ("/cart/add", "/coins/enter", "/cart/change")] == [302, 302, 429]


def test_one_visitor_does_not_use_up_what_another_has(client):
    statuses(lambda: client.post("/cart/add", REMOTE_ADDR="192.0.2.1"))

    assert client.post("/cart/add", REMOTE_ADDR="192.0.2.2").status_code == 302


def test_looking_is_free(client, shop):  # noqa: F811
    assert statuses(lambda: client.get("/cart"), 5) == [200] * 5


def test_an_empty_rate_is_no_limit(client, settings):
    settings.FORM_RATE = ""

    assert statuses(lambda: client.post("/cart/add"), 5) == [302] * 5


def test_what_is_signed_is_heard_however_often_it_comes(client):
    assert statuses(lambda: client.post("/stripe/webhook"), 5) == [400] * 5


class TestTheAdmin:
    def test_passwords_cannot_be_guessed_quickly(self, client):
        assert statuses(lambda: client.post(LOGIN, GUESS)) == [200, 200, 429]

    def test_a_right_one_is_not_taken_either_then(self, client, django_user_model):
        django_user_model.objects.create_superuser(username="admin", password="right")
        statuses(lambda: client.post(LOGIN, GUESS), 2)

        assert client.post(LOGIN, GUESS | {"password": "right"}).status_code == 429
        assert "_auth_user_id" not in client.session

    def test_whoever_is_logged_in_guesses_no_faster(self, admin_client):
        assert statuses(lambda: admin_client.post(LOGIN, GUESS)) == [200, 200, 429]

    def test_the_shops_forms_are_counted_apart(self, client):
        statuses(lambda: client.post("/cart/add"))

        assert client.post(LOGIN, GUESS).status_code == 200

    def test_staff_may_work_as_fast_as_they_can(self, admin_client):
        assert 429 not in statuses(lambda: admin_client.post("/admin/auth/group/add/", {"name": ""}), 5)


class TestAddresses:
    """Whose they are, behind no proxy, one, and two."""

    @pytest.fixture
    def ask(self, monkeypatch):
        def ask(proxies, *forwarded):
            monkeypatch.setattr(api_settings, "NUM_PROXIES", proxies)
            return [Client().post(LOGIN, GUESS, headers={"X-Forwarded-For": each}).status_code for each in forwarded]

        return ask

    def test_without_a_proxy_nobody_says_what_theirs_is(self, ask):
        assert ask(0, "192.0.2.1", "192.0.2.2", "192.0.2.3") == [200, 200, 429]

    def test_behind_a_proxy_what_it_wrote_counts_and_not_what_the_caller_did(self, ask):
        assert ask(1, "a, 192.0.2.1", "b, 192.0.2.1", "c, 192.0.2.1", "c, 192.0.2.2") == [200, 200, 429, 200]

    def test_behind_two_what_the_outer_one_wrote(self, ask):
        mine, other = (f"x, {address}, 198.51.100.1" for address in ("192.0.2.1", "192.0.2.2"))

        assert ask(2, mine, mine, mine, other) == [200, 200, 429, 200]

    def test_the_sandbox_stands_behind_none(self):
        assert api_settings.NUM_PROXIES == 0
