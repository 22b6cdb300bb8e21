"""A survey on another website, and on a device that many use: in a real browser, from a second origin."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import expect

from surveys.embedding import inline_snippet, popup_snippet
from surveys.models import Collector, Response
from tests import factories as f
from tests.browsers import faults_at_that_moment, stop_clock
from tests.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = [{**f.NPS, "required": True}, {**f.WHY, "page": 2}]
HOST_PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><body style="margin:0;font-family:serif">
<main><h1>Shop</h1><p style="height:{height}px">Words.</p>{snippet}<p>The end.</p></main></body></html>"""
HEIGHT = "document.querySelector('div').shadowRoot.querySelector('iframe').offsetHeight"


class Website:
    """Another website on this machine, whose one page holds what it is given."""

    def __init__(self) -> None:
        website = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = website.page.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.page = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def website():
    made = Website()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def collector(website, live_server, settings):
    settings.PUBLIC_BASE_URL = live_server.url
    survey = f.published_survey(PAGES, hidden=["plan"])
    return survey.collectors.create(
        name="Shop", slug="shop", channel="embed", allowed_origins=["https://x.example", website.url]
    )


@pytest.fixture
def visit(browser, website):
    windows = []

    def open_page(snippet, *, height=200, width=1000, **kind):
        website.page = HOST_PAGE.format(snippet=snippet, height=height)
        windows.append(browser.new_context(viewport={"width": width, "height": 800}, **kind))
        page = windows[-1].new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(website.url)
        return page

    yield open_page
    for window in windows:
        window.close()


def answer_in(frame):
    frame.locator("#nps-9").check(force=True)
    frame.get_by_role("button", name="Next").click()
    frame.get_by_label("What is the main reason?").fill("Kind people.")
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("heading", name="Thank you!")).to_be_visible()


def test_a_survey_within_a_page_is_as_tall_as_it_is_and_is_answered_there(visit, collector):
    snippet = inline_snippet(collector).replace(" async", ' data-hidden-plan="pro" async')
    page = visit(snippet)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("button", name="Next")).to_be_visible()
    inner = "() => document.body.getBoundingClientRect().height"
    page.wait_for_function(f"() => {HEIGHT} > 400")
    wait_until(lambda: abs(page.frames[1].evaluate(inner) - page.evaluate(HEIGHT)) <= 2)
    before = page.evaluate(HEIGHT)
    answer_in(frame)
    page.wait_for_function(f"() => {HEIGHT} < {before}")
    response = Response.objects.completed().get()
    assert (response.channel, response.collector, response.hidden) == ("embed", collector, {"plan": "pro"})
    assert response.answers == {"nps": 9, "why": "Kind people."}
    assert page.context.cookies() == []
    assert page.complaints == []


@pytest.mark.parametrize("snippet_of", [inline_snippet, popup_snippet])
def test_the_next_page_begins_at_its_top(visit, website, live_server, settings, snippet_of):
    settings.PUBLIC_BASE_URL = live_server.url
    points = {"kind": "rating", "text": "And this?", "settings": {"points": 10}}
    many = [{**points, "key": f"q{number}", "page": 1 + number // 8} for number in range(16)]
    survey = f.published_survey(many)
    shop = survey.collectors.create(name="Shop", slug="long", channel="embed", allowed_origins=[website.url])
    page = visit(snippet_of(shop).replace('"10"', '"0.1"').replace('"25"', '"100"'))
    frame = page.frame_locator("iframe")
    turns = {"Next": "Page 2 of 2", "Send": "Thank you!"}
    for number, (button, told) in enumerate(turns.items()):
        label = frame.locator(f"label[for=q{8 * number}-9]")
        expect(label).to_be_visible()
        # Until it has grown the frame would scroll within itself.
        wait_until(lambda: page.frames[1].evaluate("document.documentElement.scrollHeight <= innerHeight"))
        label.click()
        frame.get_by_role("button", name=button).scroll_into_view_if_needed()
        assert page.locator("iframe").bounding_box()["y"] < 0
        frame.get_by_role("button", name=button).click()
        expect(frame.get_by_text(told)).to_be_in_viewport()


def test_it_works_in_a_frame_without_scripts(visit, collector, live_server):
    page = visit(
        f'<iframe src="{collector.link}" width="800" height="900"></iframe>', java_script_enabled=False
    )
    answer_in(page.frame_locator("iframe"))
    assert Response.objects.completed().count() == 1


def test_a_website_that_is_not_named_shows_nothing(visit, collector):
    collector.allowed_origins = ["https://x.example"]
    collector.save()
    page = visit(inline_snippet(collector))
    if not page.complaints:
        page.wait_for_event("console")
    assert "frame-ancestors" in page.complaints[0]
    assert page.frame_locator("iframe").get_by_role("button").count() == 0


def test_a_pop_up_opens_at_its_time_is_closed_by_a_key_and_seen_once(visit, collector):
    snippet = popup_snippet(collector).replace('"10"', '"1"').replace('"25"', '"100"')
    page = visit(snippet)
    expect(page.get_by_role("dialog", name="Survey")).to_be_visible()
    box = page.get_by_role("dialog").bounding_box()
    assert box["x"] + box["width"] <= 1000
    assert box["y"] + box["height"] <= 800
    close = page.get_by_role("button", name="Close")
    assert close.bounding_box()["width"] >= 44
    expect(page.frame_locator("iframe").get_by_role("button", name="Next")).to_be_visible()
    page.get_by_role("dialog").evaluate(
        "one => Promise.all(one.getAnimations().map((each) => each.finished))"
    )
    assert Axe().run(page, options={"iframes": False}).response["violations"] == []
    close.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    page.wait_for_timeout(1500)
    assert page.locator("iframe").count() == 0
    assert page.complaints == []


@pytest.mark.parametrize(
    ("attributes", "act", "opens"),
    [
        ('data-scroll="50"', "scrollTo(0, 9999)", True),
        ('data-scroll="50"', "scrollTo(0, 100)", False),
        ("data-exit", "document.dispatchEvent(new MouseEvent('mouseout', {clientY: -1}))", True),
        ("data-exit", "document.dispatchEvent(new MouseEvent('mouseout', {clientY: 300}))", False),
        ('data-sample="0" data-delay="0.1"', "0", False),
    ],
)
def test_a_pop_up_waits_for_what_it_is_told_to(visit, collector, attributes, act, opens):
    snippet = inline_snippet(collector).replace(" async", f' data-mode="popup" {attributes} async')
    page = visit(snippet, height=3000)
    page.wait_for_timeout(400)
    assert page.get_by_role("dialog").count() == 0
    page.evaluate(act)
    if not opens:
        page.wait_for_timeout(400)
    expect(page.get_by_role("dialog")).to_have_count(int(opens))


def test_only_the_named_origins_frame_the_channel_and_everything_else_stays_shut(collector, website):
    page = Client().get("/s/shop/")
    assert f"frame-ancestors https://x.example {website.url}" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    other = collector.survey.collectors.first()
    Collector.objects.filter(pk=other.pk).update(allowed_origins=[website.url])
    for path in (f"/s/{other.slug}/", "/s/none/"):
        shut = Client().get(path)
        assert "frame-ancestors 'none'" in shut["Content-Security-Policy"]
        assert shut["X-Frame-Options"] == "DENY"


def test_the_script_is_small_kept_for_an_hour_and_asks_for_nothing_else():
    script = Client().get("/embed.js", headers={"accept-encoding": "gzip"})
    assert script["Content-Type"].startswith("text/javascript")
    assert script["Cache-Control"] == "public, max-age=3600"
    assert len(script.content) < 4000
    assert not script.cookies
    assert Client().get("/embed.js", headers={"if-none-match": script["ETag"]}).status_code == 304
    assert Client().post("/embed.js").status_code == 405


@pytest.fixture
def kiosk(browser, live_server):
    windows = []

    def open_page(questions=PAGES, **texts):
        survey = f.published_survey(questions, languages=["en", "de"], **texts)
        survey.collectors.create(name="Hall", slug="hall", channel="kiosk")
        windows.append(browser.new_context(viewport={"width": 768, "height": 1024}))
        page = windows[-1].new_page()
        stop_clock(page)
        page.goto(f"{live_server.url}/s/hall/")
        return page

    yield open_page
    for window in windows:
        window.close()


def test_a_kiosk_starts_again_after_thanks_and_keeps_nothing(kiosk):
    page = kiosk()
    key = page.locator("[name=_key]").input_value()
    answer_in(page)
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_role("button", name="Next")).to_be_visible()
    assert page.locator("[name=_key]").input_value() != key
    assert page.locator(":checked").count() == 0
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert Response.objects.completed().get().channel == "kiosk"


def test_a_kiosk_asks_whether_anyone_is_there_and_then_starts_again(kiosk):
    page = kiosk()
    page.clock.run_for(300_000)
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    page.locator("#nps-9").check(force=True)
    page.clock.run_for(51_000)
    expect(page.get_by_role("alertdialog", name="Are you still there?")).to_be_visible()
    assert faults_at_that_moment(page) == []
    page.get_by_role("button", name="I am still here").click()
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    expect(page.locator("#nps-9")).to_be_checked()
    page.clock.run_for(51_000)
    page.clock.run_for(11_000)
    expect(page.locator("#nps-9")).not_to_be_checked()
    assert not Response.objects.exists()


def test_a_kiosk_starts_again_without_scripts_too(live_server):
    survey = f.published_survey(PAGES)
    survey.collectors.create(name="Hall", slug="hall", channel="kiosk")
    page = Client().get("/s/hall/").content.decode()
    assert "<noscript>" in page
    assert 'content="180;url=/s/hall/"' in page
    thanks = Client().get("/s/hall/thanks/").content.decode()
    assert 'content="10;url=/s/hall/"' in thanks
    assert "refresh" not in Client().get(f"/s/{survey.slug}/").content.decode()


def test_a_kiosk_leaves_time_for_the_words_that_its_thanks_ask_for(kiosk):
    ending = {"key": "fan", "text": "Lovely!", "ask": "quote"}
    page = kiosk([f.NPS], endings=[ending])
    page.locator("#nps-9").check(force=True)
    page.get_by_role("button", name="Send").click()
    words = page.get_by_label("Your words, as we may show them")
    expect(words).to_be_visible()
    assert 'http-equiv="refresh" content="180;url=/s/hall/"' in " ".join(page.content().split())
    page.clock.run_for(40_000)
    words.fill("Slowly, but")
    page.clock.run_for(40_000)
    expect(words).to_have_value("Slowly, but")
    page.clock.run_for(11_000)
    expect(words).to_have_count(0)
    expect(page.get_by_role("button", name="Send")).to_be_visible()
