"""The clock: every periodic task on one screen. The database is the queue, so a lost message only waits."""

import os

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("earshot")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    worker_hijack_root_logger=False,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=20,
    broker_connection_retry_on_startup=True,
    # With kombu's defaults a killed task was not redelivered within 83 s; with these in 12 s (DESIGN §7).
    broker_transport_options={
        "visibility_timeout": 720,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
    },
    task_time_limit=600,
    task_soft_time_limit=540,
    timezone=settings.REPORTING_TIME_ZONE,
)
# Otherwise `shared_task` finds this application only in the thread that made it, not in the web threads.
app.set_default()
app.autodiscover_tasks(["config", "accounts", "surveys", "metrics", "followups"])

app.conf.beat_schedule = {
    "heartbeat": {"task": "config.tasks.beat_heart", "schedule": 5.0, "options": {"expires": 30}},
    "absorb": {"task": "metrics.tasks.absorb", "schedule": 5.0, "options": {"expires": 10}},
    # What came later than the overlap, and what was deleted past the application.
    "sweep": {
        "task": "metrics.tasks.absorb",
        "kwargs": {"sweep": True},
        "schedule": crontab(hour=2, minute=40),
        "options": {"expires": 6 * 3600},
    },
    # Each is short where nothing is due, and safe beside itself.
    "plan": {"task": "surveys.tasks.plan", "schedule": 60.0, "options": {"expires": 60}},
    "send": {"task": "surveys.tasks.send", "schedule": 10.0, "options": {"expires": 10}},
    # After the sweep, so that what came late is in what the month is known by.
    "close": {
        "task": "metrics.tasks.close",
        "schedule": crontab(hour=3, minute=40),
        "options": {"expires": 6 * 3600},
    },
    "asked": {
        "task": "metrics.tasks.count_invitations",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expires": 6 * 3600},
    },
    "audit": {
        "task": "metrics.tasks.audit",
        "schedule": crontab(hour=4, minute=40),
        "options": {"expires": 3600},
    },
    "read": {"task": "metrics.tasks.read_words", "schedule": 60.0, "options": {"expires": 60}},
    "learn": {
        "task": "metrics.tasks.learn",
        "schedule": crontab(day_of_week="sun", hour=4, minute=10),
        "options": {"expires": 6 * 3600},
    },
    # Writes the snapshots that are missing: after midnight all of them, later those of new accounts.
    "score": {"task": "metrics.tasks.score", "schedule": crontab(minute="*/5"), "options": {"expires": 300}},
    # Back-tests, once a day and when contracts change.
    "find": {
        "task": "metrics.tasks.find",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 600},
    },
    "follow_ups": {"task": "followups.tasks.open_cases", "schedule": 30.0, "options": {"expires": 60}},
    # Reports that are due, and what really moved since; each reader gets each once.
    "report": {
        "task": "followups.tasks.report",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 600},
    },
    "footprints": {
        "task": "surveys.tasks.forget_footprints",
        "schedule": crontab(minute=17),
        "options": {"expires": 3600},
    },
    "ballots": {
        "task": "surveys.tasks.blur_private",
        "schedule": crontab(minute=20),
        "options": {"expires": 3600},
    },
    "imports": {"task": "accounts.tasks.run_imports", "schedule": 3.0, "options": {"expires": 10}},
    "exports": {"task": "metrics.tasks.write_exports", "schedule": 3.0, "options": {"expires": 10}},
    "old exports": {
        "task": "metrics.tasks.discard_old_exports",
        "schedule": crontab(minute=20),
        "options": {"expires": 3600},
    },
}
