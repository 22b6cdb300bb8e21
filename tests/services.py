"""Real, throw-away PostgreSQL and Valkey for the suite: a pytest plugin, loaded by `-p tests.services`.

Only the controller of an xdist run starts them; its workers inherit the addresses. With DATABASE_URL or
REDIS_URL set, that server is used instead. While its workers collect, our own PostgreSQL is migrated, once:
their databases are copies (`tests/conftest.py`).
"""

import gc
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from config import embedded
from config.embedded.places import make_throwaway

ROOT = Path(__file__).resolve().parents[1]
# What the suite runs with, whatever a developer's .env says.
ENVIRONMENT = {
    "PUBLIC_BASE_URL": "http://localhost",
    "ALLOWED_HOSTS": "localhost",
    "DEBUG": "false",
    "EARSHOT_EMBEDDED": "false",
    "EMAIL_URL": "memorymail://",
    "DEFAULT_FROM_EMAIL": "Earshot <noreply@localhost>",
    "REPORTING_TIME_ZONE": "UTC",
    "REPORTING_CURRENCY": "USD",
    "TRUSTED_PROXY_COUNT": "0",
    "PORT": "8000",
    # Playwright's synchronous API keeps an event loop running, in which Django would refuse every query.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}
URLS = {"DATABASE_URL": "postgres", "REDIS_URL": "valkey"}

leases: list[embedded.Lease] = []
folders: list[tempfile.TemporaryDirectory[str]] = []
migrations: list[subprocess.Popen[bytes]] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Start the servers, and let a run of the whole suite use the cores."""
    gc.disable()  # until everything is imported and collected, of which nothing is garbage
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    options = early_config.known_args_namespace
    is_partial = options.file_or_dir or options.keyword or options.usepdb or options.collectonly
    workers = getattr(options, "numprocesses", 0)
    if workers is None and not is_partial:
        workers = min(os.cpu_count() or 1, 4)
        args[:0] = ["-n", str(workers)]
    # Else each worker, and each program that a test starts, would compile every module anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    data_dir = tempfile.TemporaryDirectory(prefix="earshot-test-")
    folders.append(data_dir)
    Path(data_dir.name, "static").mkdir()
    os.environ.update(ENVIRONMENT, DATA_DIR=data_dir.name, SECRET_KEY=secrets.token_urlsafe(48))
    for name, kind in URLS.items():
        if not os.environ.get(name):
            leases.append(embedded.hold(kind, make_throwaway(), durable=False))
            os.environ[name] = leases[-1].url
            if workers and kind == "postgres":
                os.environ["TEST_DATABASE_TEMPLATE"] = "earshot"
    if "TEST_DATABASE_TEMPLATE" in os.environ:
        migrations.append(
            subprocess.Popen([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT)
        )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Let no worker begin before there is something to copy."""
    # Looking through all that was imported and collected, over and over, took a twentieth of the time, and
    # so did looking after every 700 objects, when a page alone makes many more.
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()
    while migrations:
        if migrations.pop().wait() != 0:
            pytest.exit("The migrations failed.", returncode=1)


def pytest_unconfigure() -> None:
    """Stop the servers, and who still migrates; were we killed before, their keepers would."""
    while migrations:
        with migrations.pop() as unneeded:
            unneeded.terminate()
    while leases:
        leases.pop().release()
    while folders:
        folders.pop().cleanup()
