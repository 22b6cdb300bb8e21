"""What every test shares: no network, plain static files, and a browser where the machine has one."""

import os
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.db import connection, connections, transaction
from django.test import TransactionTestCase, override_settings
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright

from tests import emptying

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Without these Chromium calls home at every start, and waits where there is no network to answer.
BROWSER_ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-gpu",
    "--no-first-run",
]

# Time limits would fail on a busy machine; speed is shown by bench/. Every run tries the same examples:
# none fails by chance. `--hypothesis-profile search` looks for others.
SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("search", deadline=None, derandomize=False, suppress_health_check=SLOW)
hypothesis.settings.register_profile("earshot", hypothesis.settings.get_profile("search"), derandomize=True)
hypothesis.settings.load_profile("earshot")
# What a page does in a tenth of a second may take ten on a busy machine; whoever waits goes on at once.
SECONDS_OF_PATIENCE = 120
expect.set_options(timeout=1000 * SECONDS_OF_PATIENCE)


class NetworkRefused(Exception):
    """A test tried to leave the machine."""


def refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if name and name not in {"localhost", "::1", "0.0.0.0", "::"} and not name.startswith("127."):
        raise NetworkRefused(f"a test may not reach {name}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--oracles", metavar="FILE", help="worked examples for tests/metrics/test_oracles.py")
    parser.addoption(
        "--linger", type=float, default=1, help="seconds that a scanner's browser stays (test_scanners.py)"
    )


def pytest_configure() -> None:
    sys.addaudithook(refuse_network)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[pytest.CollectReport]:
    """Let each worker begin to collect elsewhere: then it finds most modules compiled by another one."""
    report = yield
    worker = getattr(collector.config, "workerinput", None)
    if worker and isinstance(collector, pytest.Directory):
        share = len(report.result) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
        report.result = [*report.result[share:], *report.result[:share]]
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if BROWSER is None and item.get_closest_marker("browser"):
            item.add_marker(
                pytest.mark.skip(reason="no Chromium on this machine: `apt-get install chromium`")
            )
    # Each worker collected in an order of its own, and all must agree.
    items.sort(key=lambda item: item.path)
    yield
    # What commits comes last, as with Django's own runner, and of it the short tests without a browser, which
    # fill up the end.
    items.sort(key=lambda item: commits(item) and 1 + (item.get_closest_marker("browser") is None))


def commits(item: pytest.Item) -> bool:
    """Whether a test leaves its rows to the end of the test, as a browser and other processes need."""
    marker = item.get_closest_marker("django_db")
    in_marker = marker is not None and (marker.kwargs.get("transaction") or True in marker.args[:1])
    return bool(in_marker) or not {"transactional_db", "live_server"}.isdisjoint(
        getattr(item, "fixturenames", ())
    )


@pytest.fixture(scope="session", autouse=True)
def quick_settings() -> Iterator[None]:
    """No collectstatic before the tests, and passwords that cost nothing to hash."""
    # A live server's thread that kept its connection would stand in the way when the database is dropped.
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    storages = {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(STORAGES=storages, PASSWORD_HASHERS=hashers):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A worker's database is a copy of the one that tests.services migrated for all of them."""
    if template := os.environ.get("TEST_DATABASE_TEMPLATE"):
        connections.settings["default"]["TEST"] |= {"TEMPLATE": template, "MIGRATE": False}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """A database in which nothing happens by itself, and which tests that commit leave as they found it.

    Where autovacuum passed between two tests, the planner took tables for empty that were not.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} SET (autovacuum_enabled = off)")
        emptying.keep_what_is_laid()
    TransactionTestCase._fixture_teardown = lambda _: emptying.empty()


@pytest.fixture(scope="module")
def rows_of_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What is made with this is seen by every test of a module, each of which may change it for itself."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, whose event loop gives this thread a second set of database connections.

    Neither set may outlast the other: an open connection would stand in the way when the database is dropped.
    """
    connections.close_all()
    with sync_playwright() as playwright:
        yield playwright
        connections.close_all()


@pytest.fixture(scope="session")
def browser(browser: Browser) -> Browser:
    """A browser all of whose windows are patient."""
    open_window = browser.new_context

    def open_patient_window(**options: Any) -> BrowserContext:
        window = open_window(**options)
        window.set_default_timeout(1000 * SECONDS_OF_PATIENCE)
        return window

    browser.new_context = open_patient_window
    return browser


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium; its sandbox does not work for root."""
    arguments = [*BROWSER_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return browser_type_launch_args | {"executable_path": BROWSER, "args": arguments}
