"""One line per event, `key=value`, without the secrets of links; what a stranger sends forges no line."""

import logging
import re
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

import structlog

# A personal link's token is a password; the path of an open link is not. Copied with a space before it, or in
# a path of other letters, it is still one.
SECRET = re.compile(r"(/r/)[/\s]*[^/\s?#]+", re.IGNORECASE)


def redact_links(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the token of every personal link in an event by an ellipsis."""
    return {
        name: SECRET.sub(r"\1…", value) if isinstance(value, str) else value for name, value in event.items()
    }


def drop_request(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out Django's own extras, which hold the whole request."""
    record: logging.LogRecord | None = event.get("_record")
    if record is not None and (status := getattr(record, "status_code", None)):
        event["status"] = status
    return event


def is_news(record: logging.LogRecord) -> bool:
    """Return whether a record is news to an operator: who asks /readyz has the answer already."""
    request = getattr(record, "request", None)
    is_unready = getattr(record, "status_code", None) == HTTPStatus.SERVICE_UNAVAILABLE
    return not (is_unready and request is not None and request.path == "/readyz")


def logging_config(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: every logger to standard error, through one formatter."""
    before = [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        drop_request,
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "logfmt": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    redact_links,
                    structlog.processors.LogfmtRenderer(
                        key_order=["timestamp", "level", "logger", "event"], bool_as_flag=False
                    ),
                ],
            },
        },
        "filters": {"news": {"()": lambda: is_news}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "logfmt", "filters": ["news"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # Two lines per task, every few seconds, would bury what matters.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
