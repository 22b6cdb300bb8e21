import os
import socket

import pytest
from django.core.files.storage import storages
from django.db import connection
from redis import Redis

from tests.conftest import NetworkRefused


@pytest.mark.django_db
def test_the_suite_runs_on_postgresql():
    assert connection.vendor == "postgresql"


def test_the_broker_answers():
    assert Redis.from_url(os.environ["REDIS_URL"]).ping()


def test_a_test_cannot_leave_the_machine():
    with pytest.raises(NetworkRefused, match=r"may not reach 192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(NetworkRefused, match=r"may not reach example\.com"):
        socket.getaddrinfo("example.com", 80)


def test_static_files_need_no_collecting():
    assert storages["staticfiles"].url("unfold/css/styles.css") == "/static/unfold/css/styles.css"


@pytest.mark.django_db
def test_a_browser_sees_the_login_page(page, live_server):
    page.goto(f"{live_server.url}/admin/")
    assert page.locator("input[name=username]").is_visible()
    assert page.locator("body").evaluate("body => getComputedStyle(body).fontFamily") != '"Times New Roman"'
