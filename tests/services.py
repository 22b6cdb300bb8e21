"""Real, throw-away PostgreSQL and Valkey for the suite: a pytest plugin, loaded by `-p tests.services`.

Only the controller of an xdist run starts them; its workers inherit the addresses. With DATABASE_URL or
REDIS_URL set, that server is used instead.
"""

import os
import secrets
import tempfile
from pathlib import Path

import pytest

from config import embedded
from config.embedded.places import make_throwaway

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


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Start the servers, and let a run of the whole suite use the cores."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    options = early_config.known_args_namespace
    is_partial = options.file_or_dir or options.keyword or options.usepdb or options.collectonly
    if getattr(options, "numprocesses", 0) is None and not is_partial:
        args[:0] = ["-n", str(min(os.cpu_count() or 1, 4))]
    data_dir = tempfile.TemporaryDirectory(prefix="earshot-test-")
    folders.append(data_dir)
    Path(data_dir.name, "static").mkdir()
    os.environ.update(ENVIRONMENT, DATA_DIR=data_dir.name, SECRET_KEY=secrets.token_urlsafe(48))
    for name, kind in URLS.items():
        if not os.environ.get(name):
            leases.append(embedded.hold(kind, make_throwaway(), durable=False))
            os.environ[name] = leases[-1].url


def pytest_unconfigure() -> None:
    """Stop the servers; were we killed before, their keepers would."""
    while leases:
        leases.pop().release()
    while folders:
        folders.pop().cleanup()
