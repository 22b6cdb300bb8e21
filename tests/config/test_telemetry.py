import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions.exports import request_export
from config.models import Heartbeat
from config.telemetry import GAUGES
from metrics.actions.refresh import refresh_metrics
from tests import factories

pytestmark = pytest.mark.django_db


def numbers(client):
    text = client.get("/metrics").content.decode()
    return {
        name: float(value) for name, value in (line.split() for line in text.splitlines() if line[0] != "#")
    }


def test_every_number_is_in_the_text_format_of_prometheus(client):
    Heartbeat.objects.create(name="worker", beat_at=timezone.now())
    answer = client.get("/metrics")
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    for line in answer.content.decode().splitlines():
        assert re.fullmatch(r"# HELP \w+ .+|# TYPE \w+ (gauge|counter)|[a-z_0-9]+ -?[0-9.e+-]+", line), line
    names = {gauge.name for gauge in GAUGES}
    assert names - numbers(client).keys() == {"earshot_health_age_seconds"}, "there is no health yet"


def test_what_waits_is_counted_with_its_age(client):
    before = numbers(client)
    survey = factories.published_survey()
    now = timezone.now()
    factories.respond(survey, {"nps": 9}, at=now - timedelta(seconds=90))
    order = {"dataset": "scores", "format": "csv", "survey": "", "changed_after": None, "labels": False}
    request_export(factories.user(), order, now=now - timedelta(seconds=60))
    Heartbeat.objects.create(name="worker", beat_at=now - timedelta(seconds=30))
    found = numbers(client)
    assert found["earshot_responses_written_total"] > before["earshot_responses_written_total"]
    assert found["earshot_responses_changed_5m"] == 1
    assert 85 < found["earshot_absorb_lag_seconds"] < 600
    assert found["earshot_exports_waiting"] == 1
    assert 55 < found["earshot_exports_oldest_age_seconds"] < 600
    assert 25 < found["earshot_worker_heartbeat_age_seconds"] < 600
    refresh_metrics(now=now, sweep=True)
    assert numbers(client)["earshot_absorb_lag_seconds"] == 0


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("10.0.0.7", {}),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}),
        ("127.0.0.1", {"Forwarded": "for=10.0.0.7"}),
        ("10.0.0.7", {"X-Forwarded-For": "127.0.0.1"}),
        ("10.0.0.7", {"Authorization": "Bearer "}),
        ("10.0.0.7", {"Authorization": "Bearer wrong"}),
    ],
)
@pytest.mark.parametrize("token", ["", "right"])
def test_others_find_no_such_page(settings, address, headers, token):
    settings.METRICS_TOKEN = token
    answer = Client(REMOTE_ADDR=address).get("/metrics", headers=headers)
    assert answer.status_code == 404
    assert b"earshot_" not in answer.content


def test_who_has_the_token_may_ask_from_anywhere(settings):
    settings.METRICS_TOKEN = "right"
    headers = {"Authorization": "Bearer right", "X-Forwarded-For": "10.0.0.7"}
    answer = Client(REMOTE_ADDR="10.0.0.7").get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert b"earshot_" in answer.content
