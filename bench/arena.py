"""A throw-away database with the product in it, and servers on loopback, for as long as a benchmark runs."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from config import embedded
from config.embedded.places import make_throwaway

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
QUESTIONS = [
    {"key": "nps", "kind": "nps", "text": "How likely are you to recommend us?", "required": True},
    {"key": "support", "kind": "csat", "text": "How satisfied are you with our support?"},
    {"key": "product", "kind": "csat", "text": "How satisfied are you with the product?"},
    {"key": "effort", "kind": "ces", "text": "We made it easy for you."},
    {"key": "docs", "kind": "rating", "text": "How do you rate the documentation?"},
    {
        "key": "reason",
        "kind": "single_choice",
        "text": "What matters most?",
        "choices": [
            {"key": name, "text": name.title()} for name in ("price", "speed", "support", "features")
        ],
    },
    {
        "key": "used",
        "kind": "multiple_choice",
        "text": "What do you use?",
        "choices": [{"key": name, "text": name.title()} for name in ("app", "api", "reports", "exports")],
    },
    {"key": "role", "kind": "short_text", "text": "What is your role?"},
    {"key": "missing", "kind": "long_text", "text": "What is missing?"},
    {"key": "comment", "kind": "long_text", "text": "Anything else?"},
]
ANSWERS = {
    "nps": "9",
    "support": "4",
    "product": "5",
    "effort": "6",
    "docs": "4",
    "reason": "speed",
    "used": ["app", "api"],
    "role": "Head of operations",
    "missing": "An export to our warehouse, once a night.",
    "comment": "Keep going, the new reports are a joy.",
}


@contextmanager
def database() -> Iterator[None]:
    """A migrated database of its own (or that of DATABASE_URL), Django set up on it."""
    leases = []
    data_dir = tempfile.TemporaryDirectory(prefix="earshot-bench-")
    os.environ.update(
        DATA_DIR=data_dir.name,
        DJANGO_SETTINGS_MODULE="config.settings",
        SECRET_KEY=secrets.token_urlsafe(48),
        PUBLIC_BASE_URL="http://127.0.0.1",
        ALLOWED_HOSTS="127.0.0.1",
        DEBUG="false",
    )
    for name, kind in {"DATABASE_URL": "postgres", "REDIS_URL": "valkey"}.items():
        if not os.environ.get(name):
            leases.append(embedded.hold(kind, make_throwaway(), durable=False))
            os.environ[name] = leases[-1].url
    import django  # noqa: PLC0415 - only now does the environment name a database
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    try:
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        yield
    finally:
        from django.db import connections  # noqa: PLC0415

        connections.close_all()
        for lease in leases:
            lease.release()
        data_dir.cleanup()


@contextmanager
def copy_of_database() -> Iterator[str]:
    """The name of a copy of the database as it is now, kept for as long as the context lasts."""
    from django.db import connection  # noqa: PLC0415 - only now does the environment name a database

    original, copy = connection.settings_dict["NAME"], f"bench_{secrets.token_hex(4)}"
    with _nobody_asking() as cursor:
        cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{original}"')
    try:
        yield copy
    finally:
        with _nobody_asking() as cursor:
            cursor.execute(f'DROP DATABASE "{copy}"')


@contextmanager
def _nobody_asking() -> Iterator[Any]:
    """A cursor from where no connection holds the database that is copied or dropped."""
    from django.db import connection  # noqa: PLC0415 - only now does the environment name a database

    connection.close()
    with connection._nodb_cursor() as cursor:
        yield cursor


@contextmanager
def asking(name: str) -> Iterator[None]:
    """Have Django ask the database of this name instead while the context lasts."""
    from django.db import connection  # noqa: PLC0415 - only now does the environment name a database

    original = connection.settings_dict["NAME"]
    try:
        connection.close()
        connection.settings_dict["NAME"] = name
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = original


class Server:
    """One granian worker on a loopback port while the context lasts, and the processor time that it used."""

    def __init__(self, application: str, *, threads: int = 4, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"),
                *("--blocking-threads", str(threads), "--host", "127.0.0.1", "--port", str(self.port)),
                *("--no-access-log", "--log-level", "error", application),
            ],
            cwd=ROOT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        deadline = time.monotonic() + 30
        try:
            while not self._answers():
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(f"{application} did not start")
                time.sleep(0.1)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """Return the user and system seconds of the whole process group so far."""
        seconds = 0.0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == self.process.pid:
                seconds += (int(fields[11]) + int(fields[12])) / TICK
        return seconds

    def stop(self) -> None:
        """Ask the server to stop, and kill whatever is left of its process group."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def bare_server(survey, version, collector) -> Server:
    """Return the yardstick, which inserts responses to this survey."""
    from django.db import connection  # noqa: PLC0415

    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    dsn = " ".join(f"{name}={parameters[name]}" for name in names if parameters.get(name))
    ids = f"{survey.pk},{version.pk},{collector.pk}"
    return Server("bench.bare:application", BENCH_DSN=dsn, BENCH_IDS=ids)


def emptied() -> None:
    """Delete what other parts made: accounts and surveys with all that hangs on them, and protection."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE accounts_account, surveys_programme, surveys_contactpolicy, surveys_suppression,"
            " surveys_preference CASCADE"
        )


def published_survey(slug: str = "bench"):
    """Return a live survey of ten questions, and its version and collector."""
    from django.utils import timezone  # noqa: PLC0415

    from surveys.actions.authoring import create_survey, publish_survey  # noqa: PLC0415
    from surveys.interchange.native import from_json  # noqa: PLC0415
    from surveys.models import Programme  # noqa: PLC0415

    programme, _ = Programme.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    definition = from_json({"title": "Bench", "questions": QUESTIONS})
    survey = create_survey(definition, programme=programme, slug=slug)
    version = publish_survey(survey, by=None, now=timezone.now())
    return survey, version, survey.collectors.get()
