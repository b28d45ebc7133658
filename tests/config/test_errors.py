"""What is said where no view could answer."""

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.test import Client
from django.urls import include, path

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def fail(request):
    raise RuntimeError("a secret")


def suspect(request):
    raise SuspiciousOperation("a secret")


def lose_the_database(request):
    raise OperationalError("a secret")


urlpatterns = [
    path("fail", fail),
    path("stripe/lost", lose_the_database),
    path("suspect", suspect),
    path("", include("config.urls")),
]
handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.broken"


@pytest.fixture
def client(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def test_a_program_is_told_in_the_wires_own_error_object(client):
    response = client.get("/nothing")

    assert response.status_code == 404
    assert response.json() == {
        "type": "invalid_request",
        "code": "not_found",
        "message": "There is nothing at this address",
    }


def test_a_program_that_buys_coins_is_told_in_the_words_of_that_wire(client):
    response = client.get("/stripe/nothing")

    assert (response.status_code, response.json()) == (404, {"detail": "There is nothing at this address"})


def test_a_person_is_shown_a_page(client):
    response = client.get("/nothing", headers=BROWSER)

    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")
    assert b"<h1" in response.content


def test_a_status_without_a_page_of_its_own_gets_a_plain_one(client):
    response = client.get("/suspect", headers=BROWSER)

    assert response.status_code == 400
    assert "<h1>Bad Request</h1>" in response.text


@pytest.mark.parametrize("headers", [{}, BROWSER])
def test_a_failure_tells_nothing_about_itself(client, headers):
    response = client.get("/fail", headers=headers)

    assert response.status_code == 500
    assert "secret" not in response.text


@pytest.mark.parametrize(("headers", "said"), [({}, '{"detail": "We cannot reach'), (BROWSER, "back in a moment")])
def test_a_database_that_is_away_is_a_reason_to_come_again(client, headers, said):
    response = client.get("/stripe/lost", headers=headers)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert said in response.text


def test_a_missing_slash_is_not_made_up_for(client):
    assert client.get("/health/").status_code == 404
