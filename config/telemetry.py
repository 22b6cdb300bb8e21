"""What Prometheus asks: numbers out of the database, so that every process says the same.

Not for the public: a caller on this machine that no proxy stands before, or one with METRICS_TOKEN.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

LOOPBACK = {"127.0.0.1", "::1"}
# A proxy on this machine is on loopback too, but says for whom it asks.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Gauge(NamedTuple):
    """One number: its name, what it says, its kind for Prometheus, and the SQL of its one value."""

    name: str
    help: str
    sql: str
    type: str = "gauge"


# Each is answered by an index, however many rows there are.
GAUGES = (
    Gauge(
        "earshot_responses_written_total",
        "Responses ever begun, rolled back ones included; those given in confidence are numbered twice.",
        "SELECT coalesce(pg_sequence_last_value("
        "pg_get_serial_sequence('surveys_response', 'id')::regclass), 0)",
        "counter",
    ),
    Gauge(
        "earshot_responses_changed_5m",
        "Responses given or changed in the last five minutes.",
        "SELECT count(*) FROM surveys_response WHERE changed_at > now() - interval '5 minutes'",
    ),
    Gauge(
        "earshot_absorb_lag_seconds",
        "How long the oldest response of the last hour has waited to be counted, 0 when none waits.",
        "SELECT coalesce(extract(epoch FROM now() - min(response.changed_at)), 0)"
        " FROM surveys_response response LEFT JOIN metrics_absorbed known ON known.response_id = response.id"
        " WHERE response.changed_at > now() - interval '1 hour'"
        " AND (response.revealed_at IS NOT NULL OR response.survey_id NOT IN (SELECT survey_id"
        " FROM surveys_version WHERE definition ->> 'privacy' IN ('confidential', 'anonymous')))"
        " AND known.revision IS DISTINCT FROM response.revision",
    ),
    Gauge(
        "earshot_worker_heartbeat_age_seconds",
        "How long ago a worker last proved that it takes tasks.",
        "SELECT extract(epoch FROM now() - max(beat_at)) FROM config_heartbeat",
    ),
    Gauge(
        "earshot_exports_waiting",
        "Exports that are not written yet.",
        "SELECT count(*) FROM accounts_export WHERE finished_at IS NULL",
    ),
    Gauge(
        "earshot_exports_oldest_age_seconds",
        "How long the oldest of them has waited, 0 when there is none.",
        "SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM accounts_export"
        " WHERE finished_at IS NULL",
    ),
    Gauge(
        "earshot_health_age_seconds",
        "How long ago the newest health was computed.",
        "SELECT extract(epoch FROM now() - max(computed_at)) FROM metrics_health"
        " WHERE day >= current_date - 7",
    ),
    Gauge(
        "earshot_database_bytes",
        "Size of the database.",
        "SELECT pg_database_size(current_database())",
    ),
)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the numbers in Prometheus' text format; to others there is no such page."""
    if not is_allowed(request):
        raise Http404
    return HttpResponse("".join(lines()), content_type=CONTENT_TYPE)


def is_allowed(request: HttpRequest) -> bool:
    """Whether the caller has the token, or is on this machine with no proxy before it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    is_forwarded = any(name in request.headers for name in FORWARDED)
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not is_forwarded


def lines() -> Iterator[str]:
    """Yield the lines of each number; one that is not known is left out."""
    with connection.cursor() as cursor:
        for gauge in GAUGES:
            cursor.execute(gauge.sql)
            (value,) = cursor.fetchone()
            if value is not None:
                yield f"# HELP {gauge.name} {gauge.help}\n# TYPE {gauge.name} {gauge.type}\n"
                yield (
                    f"{gauge.name} {float(value):g}\n"
                    if value != int(value)
                    else f"{gauge.name} {int(value)}\n"
                )
