"""Processes of their own that send: those of a test's database, by its mail server."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test import override_settings

# Forked from a process that has loaded everything already: one that is killed is replaced at once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["config.wsgi"])
SECONDS_OF_SILENCE = 10


@contextmanager
def at_work(database: str, port: int) -> Iterator[None]:
    """In this database, mails go to the server at this port."""
    connection.settings_dict["NAME"] = database
    server = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port, "EMAIL_TIMEOUT": SECONDS_OF_SILENCE}
    with override_settings(EMAIL_BACKEND="surveys.mail.smtp.EmailBackend", **server):
        yield
