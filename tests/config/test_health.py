"""A load balancer's two questions."""

import pytest
from django.db import OperationalError, connection


def test_health_answers_without_a_database(client):
    response = client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_when_the_database_answers(client):
    response = client.get("/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.django_db
def test_not_ready_when_the_database_does_not_answer(client):
    def refuse(*args):
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(refuse):
        response = client.get("/ready")

    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})
    assert response.headers["Retry-After"] == "5"


def test_probes_are_only_read(client):
    assert client.post("/health").status_code == 405
