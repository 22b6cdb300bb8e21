"""The application as the server calls it: respondents take the short way, everyone else Django's."""

import io
import os
import subprocess
import sys
from urllib.parse import urlencode

import pytest
from django.core.signals import request_finished, request_started

from accounts.actions.keys import create_api_key
from config.wsgi import application
from surveys.models import Response
from tests.factories import NOON, published_survey
from tests.services import ROOT
from tests.surveys.respondent import open_link

pytestmark = pytest.mark.django_db


def test_a_server_needs_no_more_than_its_name_and_keeps_what_it_loads_from_the_collector():
    told = """
import config.wsgi, gc, sys
print(gc.get_freeze_count() > 100_000, "metrics.pages.programme" in sys.modules)
"""
    bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    said = subprocess.run(
        [sys.executable, "-c", told], env=bare, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.stdout == "True True\n", said.stderr


class Heard:
    """Which of Django's request signals were sent."""

    def __init__(self):
        self.signals = []

    def __call__(self, signal, **_):
        self.signals.append(signal)


@pytest.fixture
def heard():
    ear = Heard()
    # The suite's own connection must outlive the requests that it makes.
    kept = {signal: signal.receivers for signal in (request_started, request_finished)}
    for signal in kept:
        signal.receivers = []
        signal.connect(ear, weak=False)
    yield ear
    for signal, receivers in kept.items():
        signal.receivers = receivers


def call(method, path, body=b"", **environ):
    """Return status, headers and body, as a server would send them."""
    sent = {}

    def start_response(status, headers, exc_info=None):
        sent.update(status=status, headers=headers)

    parts = application(
        {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_HOST": "localhost",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            **environ,
        },
        start_response,
    )
    text = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    return sent["status"], dict(sent["headers"]), text


def test_a_respondent_is_answered_without_signals(heard):
    path = open_link(published_survey())
    status, headers, text = call("GET", path)
    assert status == "200 OK"
    assert b'name="nps"' in text
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in headers

    status, headers, text = call("POST", path, urlencode({"nps": 9}).encode())
    assert (status, headers["Location"], text) == ("302 Found", f"{path}thanks/", b"")
    assert Response.objects.get().answers == {"nps": 9}
    assert heard.signals == []


def test_programs_take_the_short_way_and_streams_are_closed(heard):
    _, secret = create_api_key(
        "test", ["accounts:read", "metrics:read"], team=None, expires_at=None, by=None, now=NOON
    )
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    status, headers, text = call("GET", "/api/v1/accounts", **bearer)
    assert (status, headers["Content-Length"]) == ("200 OK", str(len(text)))
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert call("GET", "/api/v1/nothing", **bearer)[0] == "404 Not Found"
    assert heard.signals == []
    status, _, text = call("GET", "/api/v1/accounts/export", **bearer)
    assert (status, text[:11]) == ("200 OK", b"external_id")


def test_everyone_else_goes_the_whole_way(heard):
    assert call("GET", "/admin/")[0] == "302 Found"
    assert heard.signals == [request_started, request_finished]


def test_a_link_without_its_last_slash_is_led_to_it(heard):
    path = open_link(published_survey())
    status, headers, _ = call("GET", path.rstrip("/"))
    assert (status, headers["Location"]) == ("301 Moved Permanently", path)


def test_a_body_that_breaks_off_is_refused():
    path = open_link(published_survey())
    assert call("POST", path, b"nps=9", CONTENT_LENGTH="99")[0] == "400 Bad Request"
    assert Response.objects.count() == 0


def test_a_connection_that_breaks_off_is_refused():
    class Broken(io.BytesIO):
        def read(self, *_):
            raise OSError("the connection was reset")

    path = open_link(published_survey())
    environ = {"CONTENT_LENGTH": "5", "wsgi.input": Broken()}
    assert call("POST", path, **environ)[0] == "400 Bad Request"


@pytest.mark.parametrize("path", ["/s/any/", "/admin/login/", "/api/v1/accounts", "/healthz"])
def test_a_content_type_that_django_cannot_read_is_refused(path):
    assert call("GET", path, CONTENT_TYPE="x/y; a*=zzz'en'b")[0] == "400 Bad Request"


def test_a_host_that_is_not_ours_is_refused():
    path = open_link(published_survey())
    assert call("GET", path, HTTP_HOST="evil.example")[0] == "400 Bad Request"
