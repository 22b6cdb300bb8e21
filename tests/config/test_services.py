import os
import socket

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import storages
from django.db import connection
from django.forms.models import model_to_dict
from redis import Redis

from surveys.models import ContactPolicy, Survey
from tests import emptying
from tests.conftest import NetworkRefused
from tests.factories import published_survey


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


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_goes_and_what_the_migrations_laid_comes_back():
    roles = [(role, set(role.permissions.all())) for role in Group.objects.order_by("pk")]
    policy = model_to_dict(ContactPolicy.objects.get())
    assert roles
    published_survey()
    Group.objects.all().delete()
    ContactPolicy.objects.update(quiet_days=policy["quiet_days"] + 1)

    emptying.empty()

    assert [(role, set(role.permissions.all())) for role in Group.objects.order_by("pk")] == roles
    assert model_to_dict(ContactPolicy.objects.get()) == policy
    assert not Survey.objects.exists()


def test_static_files_need_no_collecting():
    assert storages["staticfiles"].url("unfold/css/styles.css") == "/static/unfold/css/styles.css"


@pytest.mark.django_db
def test_a_browser_sees_the_login_page(page, live_server):
    page.goto(f"{live_server.url}/admin/")
    assert page.locator("input[name=username]").is_visible()
    assert page.locator("body").evaluate("body => getComputedStyle(body).fontFamily") != '"Times New Roman"'
