"""The questions of a load balancer, and of Kubernetes."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from config import server


def test_health_answers_without_a_database(client):
    response = client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["Content-Length"] == str(len(response.content))


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

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "reason": "the database does not answer"}
    assert response.headers["Retry-After"] == "5"


@pytest.mark.django_db
def test_not_ready_before_the_database_is_migrated(client):
    applied = MigrationRecorder.Migration.objects
    applied.filter(app="checkout").delete()
    assert client.get("/ready").json()["reason"] == "migrations are missing: manage.py migrate"

    MigrationRecorder(connection).Migration.objects.all().delete()
    assert client.get("/ready").status_code == 503


@pytest.mark.django_db
def test_ready_beside_a_newer_release_that_has_migrated_already(client):
    MigrationRecorder(connection).record_applied("checkout", "9999_of_tomorrow")

    assert client.get("/ready").status_code == 200


@pytest.mark.django_db
def test_not_ready_once_the_server_is_told_to_stop(client, monkeypatch, tmp_path):
    monkeypatch.setenv(server.FOLDER, str(tmp_path))
    assert client.get("/ready").status_code == 200

    (tmp_path / server.STOPPING).touch()

    assert client.get("/ready").json() == {"status": "unavailable", "reason": "stopping"}
    assert client.get("/health").status_code == 200


@pytest.mark.django_db
def test_a_probe_may_know_our_address_alone(settings):
    """Kubernetes asks by the pod's address, and without TLS."""
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["shop.example"], True
    stranger = Client(SERVER_NAME="10.1.2.3")

    assert [stranger.get(path).status_code for path in ("/health", "/ready", "/metrics")] == [200, 200, 200]
    assert stranger.get("/docs").status_code == 400  # by a name that is not ours


def test_probes_are_only_read(client):
    assert client.post("/health").status_code == 405
