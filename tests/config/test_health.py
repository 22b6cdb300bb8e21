import socket
import tempfile
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from config.models import Heartbeat
from config.tasks import beat_heart

committed = pytest.mark.django_db(transaction=True)


def test_a_live_process_says_so_without_the_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@committed
def test_it_is_ready_once_a_worker_has_taken_a_task(client):
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "ok", "broker": "ok", "worker": "no heartbeat yet"}

    beat_heart()

    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "broker": "ok", "worker": "ok"}
    assert "no-store" in response["Cache-Control"]


@committed
def test_a_worker_that_fell_silent_is_not_ready(client):
    Heartbeat.objects.create(name=Heartbeat.WORKER, beat_at=timezone.now() - timedelta(seconds=30))
    assert client.get("/readyz").status_code == 200

    Heartbeat.objects.update(beat_at=timezone.now() - timedelta(seconds=70))

    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["worker"].startswith("no heartbeat for 7")


@committed
def test_a_broker_that_is_gone_is_named(client, settings):
    beat_heart()
    settings.REDIS_URL = "unix:///nonexistent/valkey.sock"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "ok", "broker": "failed: ConnectionError", "worker": "ok"}


@committed
def test_a_broker_that_hangs_does_not_hang_the_answer(client, settings):
    beat_heart()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        response = client.get("/readyz")
    assert response.json() == {"database": "ok", "broker": "failed: TimeoutError", "worker": "ok"}


@committed
def test_a_database_that_is_gone_is_named(client, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nonexistent")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "failed: OperationalError", "broker": "ok", "worker": "unknown"}


@committed
def test_a_database_that_hangs_does_not_hang_the_answer(client, monkeypatch):
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as silent:
        silent.bind(f"{folder}/.s.PGSQL.5432")
        silent.listen()
        monkeypatch.setitem(connection.settings_dict, "HOST", folder)
        response = client.get("/readyz")
    assert response.json() == {"database": "failed: OperationalError", "broker": "ok", "worker": "unknown"}


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_health_is_only_read(client, url):
    assert client.post(url).status_code == 405


@pytest.mark.django_db
def test_the_heart_beats_in_one_row(django_assert_num_queries):
    beat_heart()
    first = Heartbeat.objects.get()
    with django_assert_num_queries(1):
        beat_heart()
    assert Heartbeat.objects.get().name == first.name
