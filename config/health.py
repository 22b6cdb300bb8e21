"""What a load balancer and an alarm ask: is this process alive, and can the whole do its work?"""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from config.models import Heartbeat

SECONDS_TO_ANSWER = 1
# A worker can live and no longer take tasks (SECURITY M10), so only a task that ran counts.
LONGEST_SILENCE = 60


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 as long as this process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Return the state of each part, with 503 unless all are "ok"; one that hangs costs a second or two."""
    database, worker = database_and_worker()
    parts = {"database": database, "broker": broker(), "worker": worker}
    is_ready = all(state == "ok" for state in parts.values())
    return JsonResponse(parts, status=200 if is_ready else 503)


def database_and_worker() -> tuple[str, str]:
    """Return the states of the database and of the worker that writes its heartbeat there."""
    # A new connection has a time limit; a query on the one kept open would wait for a hung server for ever.
    fresh = connection.copy()
    fresh.settings_dict["OPTIONS"] |= {"connect_timeout": SECONDS_TO_ANSWER}
    try:
        with fresh.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM now() - beat_at) FROM config_heartbeat WHERE name = %s",
                [Heartbeat.WORKER],
            )
            row = cursor.fetchone()
    except DatabaseError as error:
        return f"failed: {type(error).__name__}", "unknown"
    finally:
        fresh.close()
    if row is None:
        return "ok", "no heartbeat yet"
    return "ok", "ok" if row[0] <= LONGEST_SILENCE else f"no heartbeat for {row[0]:.0f} s"


def broker() -> str:
    """Return the state of the queue."""
    try:
        with Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=SECONDS_TO_ANSWER,
            socket_timeout=SECONDS_TO_ANSWER,
            retry=Retry(NoBackoff(), 0),
        ) as redis:
            redis.ping()
    except RedisError as error:
        return f"failed: {type(error).__name__}"
    return "ok"
