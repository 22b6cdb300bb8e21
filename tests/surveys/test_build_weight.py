"""What a first visit to the builder weighs, in the bytes that a real browser receives from a real server."""

import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import expect

from config.wsgi import EarshotHandler
from tests.accounts.staff import logged_in, superuser
from tests.processes import wait_until
from tests.surveys.test_build import large

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST = 150_000


class Server(ThreadingMixIn, WSGIServer):
    """A server of several threads, as a browser asks for several files at once."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Answers without a line for each request."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def url(settings, tmp_path):
    """Our application with its static files collected and compressed, as an installation serves them."""
    settings.STATIC_ROOT = tmp_path
    compressed = {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": compressed}
    call_command("collectstatic", interactive=False, verbosity=0)
    server = make_server("127.0.0.1", 0, EarshotHandler(), server_class=Server, handler_class=Quiet)
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_first_visit_to_a_hundred_questions_in_eight_languages_weighs_under_150_kb(url, page):
    survey = large(100)
    cookie = logged_in(superuser()).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": cookie, "url": url}])
    names, weights = {}, {}
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on(
        "Network.responseReceived", lambda told: names.update({told["requestId"]: told["response"]["url"]})
    )
    wire.on(
        "Network.loadingFinished",
        lambda told: weights.update({names[told["requestId"]]: told["encodedDataLength"]}),
    )
    page.goto(url + reverse("admin:surveys_survey_build", args=[survey.pk]), wait_until="networkidle")
    expect(page.frame_locator("iframe").locator("form")).to_have_count(1)
    wanted = {"build.js", "build.css", "icons.svg", "answer.js"}
    wait_until(lambda: page.evaluate("1") and wanted <= {name.rsplit("/")[-1] for name in weights})
    assert sum(weights.values()) < MOST, sorted(weights.items(), key=lambda pair: -pair[1])
