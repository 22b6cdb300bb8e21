"""The pages as a phone and a desk see them: without scripts, in both directions, by day and by night."""

import gzip
import re
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, expect

from surveys.actions.logos import store_logo
from surveys.actions.outreach import create_invitation
from surveys.kinds import KINDS
from surveys.models import Response, Survey
from tests.browsers import wait_for_rest
from tests.factories import NOON, account, contact, published_survey, respond
from tests.surveys.respondent import Respondent
from tests.surveys.test_images import PNG

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHOICES = [
    {"key": "price", "text": {"en": "Price", "ar": "السعر"}},
    {"key": "speed", "text": {"en": "Speed of answers", "ar": "سرعة الرد"}},
    {"key": "else", "text": {"en": "Something else", "ar": "شيء آخر"}, "is_other": True},
]
TEN = [
    {"key": "nps", "kind": "nps", "text": "How likely are you to recommend us?", "required": True},
    {"key": "why", "kind": "long_text", "text": "Why?", "help": "A word is enough."},
    {"key": "faces", "kind": "csat", "text": "And our support?", "settings": {"shape": "faces"}},
    {"key": "csat", "kind": "csat", "text": "How satisfied are you?", "required": True},
    {"key": "ces", "kind": "ces", "text": "They made it easy for me."},
    {"key": "stars", "kind": "rating", "text": "The documentation?"},
    {"key": "hearts", "kind": "rating", "text": "The mascot?", "settings": {"points": 10, "shape": "hearts"}},
    {"key": "one", "kind": "single_choice", "text": "What matters most?", "choices": CHOICES},
    {"key": "many", "kind": "multiple_choice", "text": "What else?", "choices": CHOICES},
    {"key": "role", "kind": "short_text", "text": "Your role, in a word?"},
]
BRANCHED = [
    {"key": "nps", "kind": "nps", "text": "How likely?", "required": True},
    {"key": "why", "kind": "long_text", "text": "What went wrong?", "show_if": {"less": ["nps", 7]}},
    {"key": "csat", "kind": "csat", "text": "How satisfied?", "page": 2},
]
ROWS = [{"key": "answers", "text": "Answers"}, {"key": "bills", "text": "Invoices"}]
THE_OTHERS = [
    {"key": "rank", "kind": "ranking", "text": "In which order?", "choices": CHOICES[:2]},
    {
        "key": "grid",
        "kind": "matrix",
        "text": "How are our …",
        "choices": CHOICES[:2],
        "settings": {"rows": ROWS},
    },
    {"key": "plan", "kind": "dropdown", "text": "Your plan?", "choices": CHOICES},
    {"key": "seats", "kind": "number", "text": "How many seats?", "settings": {"unit": "seats"}},
    {"key": "since", "kind": "date", "text": "Since when?"},
    {"key": "mail", "kind": "email", "text": "Your address?"},
    {"key": "again", "kind": "yes_no", "text": "Would you buy again?"},
    {"key": "quote", "kind": "consent", "text": "May we quote you?"},
    {"key": "rest", "kind": "statement", "text": "That was it.", "help": "One line more."},
]
FIELDS = ("phone", "seats", "mail", "role")
THEME = {"accent": "#7c3aed", "radius": "large", "font": "serif"}
SMALL_TARGETS = """() => [...document.querySelectorAll(
        ".point, .choice > label, .cell, .handle, .button, .link, .text, summary, .languages button")]
    .map(element => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
    .filter(([_, box]) => box.width && (box.height < 44 || box.width < 43.9))
    .map(([html, box]) => `${box.width}×${box.height} ${html}`)"""
BRIGHTNESS = "+getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0]"
SPOKEN = {"language": "en", "languages": ["en", "de", "ar"], "intro": "Two minutes."}


@pytest.fixture
def look(browser: Browser, live_server):
    """Open a page in a window of one's own, without scripts unless they are asked for."""
    windows = []

    def open_page(path, *, width=390, scripts=False, **kind):
        size = {"width": width, "height": 844}
        windows.append(browser.new_context(viewport=size, java_script_enabled=scripts, **kind))
        page = windows[-1].new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(live_server.url + path if path.startswith("/") else path)
        return page

    yield open_page
    for window in windows:
        window.close()


def pick(page, control):
    page.locator(f"#{control}").check(force=True)


def test_ten_questions_are_answered_on_a_phone_without_scripts(look):
    survey = published_survey(TEN, thank_you="Anna reads this today.")
    page = look(f"/s/{survey.slug}/", has_touch=True)
    for control in ("nps-9", "faces-4", "csat-5", "ces-6", "stars-4", "hearts-10"):
        pick(page, control)
    page.get_by_label("Why?").fill("Kind people.\nFast answers.")
    one = page.get_by_role("radiogroup", name="What matters most?")
    assert not page.locator("input[name='one.other']").is_visible()
    one.get_by_label("Something else").check()
    page.locator("input[name='one.other']").fill("The people")
    many = page.get_by_role("group", name="What else?")
    many.get_by_label("Speed of answers").check()
    many.get_by_label("Price").check()
    page.get_by_label("Your role, in a word?").fill("Buyer")
    page.get_by_role("button", name="Send").click()

    expect(page).to_have_url(re.compile(r"/thanks/$"))
    expect(page.get_by_text("Anna reads this today.")).to_be_visible()
    page.reload()
    assert Response.objects.get().answers == {
        "nps": 9,
        "why": "Kind people.\nFast answers.",
        "faces": 4,
        "csat": 5,
        "ces": 6,
        "stars": 4,
        "hearts": 10,
        "one": {"other": "The people"},
        "many": ["price", "speed"],
        "role": "Buyer",
    }


def test_the_enter_key_goes_on_and_does_not_switch_the_language(look):
    survey = published_survey(TEN[-1:], **SPOKEN)
    page = look(f"/s/{survey.slug}/")
    page.get_by_label("Your role").fill("Buyer")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/thanks/\?lang=en$"))


def test_a_scale_is_walked_with_the_arrow_keys_and_says_where_one_is(look):
    survey = published_survey(TEN[:1])
    page = look(f"/s/{survey.slug}/")
    lowest = page.get_by_role("radio", name="0 of 10, Not at all likely")
    highest = page.get_by_role("radio", name="10 of 10, Extremely likely")
    lowest.focus()
    page.keyboard.press("ArrowLeft")
    expect(highest).to_be_checked()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="9 of 10", exact=True)).to_be_checked()


def test_faults_are_named_above_and_beside_and_lead_to_their_question(look):
    survey = published_survey(TEN)
    page = look(f"/s/{survey.slug}/")
    pick(page, "nps-9")
    page.get_by_role("button", name="Send").click()

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile("^One answer needs another look"))
    summary.get_by_role("link", name="How satisfied are you?").click()
    expect(page).to_have_url(re.compile("#csat-q$"))
    question = page.get_by_role("radiogroup", name="How satisfied are you?")
    expect(question).to_have_accessible_description("Please answer this question.")
    expect(question).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#nps-9")).to_be_checked()


def test_a_question_that_an_answer_calls_up_is_shown_and_pages_go_back(look):
    survey = published_survey(BRANCHED)
    page = look(f"/s/{survey.slug}/")
    pick(page, "nps-3")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("status").first).to_be_focused()
    page.get_by_label("What went wrong?").fill("The wait.")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("What went wrong?")).to_have_value("The wait.")
    page.get_by_role("button", name="Next").click()
    pick(page, "csat-2")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert Response.objects.get().answers == {"nps": 3, "why": "The wait.", "csat": 2}


def test_the_language_is_switched_in_place(look):
    survey = published_survey(TEN[:1], **SPOKEN)
    page = look(f"/s/{survey.slug}/")
    pick(page, "nps-9")
    page.locator("summary").click()
    page.get_by_role("button", name="العربيّة").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#nps-9")).to_be_checked()
    expect(page.get_by_role("button", name="إرسال")).to_be_visible()


def test_a_translation_keeps_its_pages_direction_and_a_stand_in_its_own(look):
    """Each begins in Latin letters, which say nothing of the direction of a sentence in Arabic."""
    ends = """element => {
        const text = element.firstChild, range = new Range();
        const left = (place) => { range.setStart(text, place); range.setEnd(text, place + 1);
            return range.getBoundingClientRect().left; };
        return [left(0), left(text.length - 1)];
    }"""
    translated = {"key": "a", "kind": "short_text", "text": {"en": "Acme?", "ar": "Acme سهّلت عليّ ذلك؟"}}
    asked = [translated, {"key": "b", "kind": "short_text", "text": "Acme made it easy?"}]
    survey = published_survey(asked, title="Your plan?", pages=[{"number": 1, "title": "Plan?"}], **SPOKEN)
    page = look(f"/s/{survey.slug}/?lang=ar")
    first, last = page.locator("#a-q .told").evaluate(ends)
    assert first > last
    for stand_in in ("#b-q .told", "h1", ".part > h2"):
        first, last = page.locator(stand_in).evaluate(ends)
        assert first < last
        expect(page.locator(stand_in)).to_have_attribute("lang", "en")
    page.locator("#b").fill("x")
    page.locator(".go").click()
    expect(page.locator(".message .soft")).to_have_attribute("lang", "en")


def test_addresses_and_numbers_run_from_left_to_right_wherever_the_page_does(look):
    settings = {"pattern": "phone"}
    asked = [{"key": "phone", "kind": "short_text", "text": "?", "settings": settings}, *THE_OTHERS[3:6]]
    survey = published_survey([*asked, TEN[-1]], **SPOKEN)
    page = look(f"/s/{survey.slug}/?lang=ar")
    ways = {one: page.locator(f"#{one}").evaluate("one => getComputedStyle(one).direction") for one in FIELDS}
    assert ways == {"phone": "ltr", "seats": "ltr", "mail": "ltr", "role": "rtl"}


def test_the_words_of_a_lists_open_choice_wait_for_it(look):
    survey = published_survey([THE_OTHERS[2]])
    page = look(f"/s/{survey.slug}/")
    words = page.get_by_label("In your own words")
    expect(words).to_be_hidden()
    page.get_by_label("Your plan?").select_option("else")
    words.fill("Mine")
    page.locator(".go").click()
    expect(page).to_have_url(re.compile("/thanks/"))
    assert Response.objects.get().answers == {"plan": {"other": "Mine"}}


def test_four_columns_of_a_matrix_are_two_and_two_on_a_phone(look):
    four = [{"key": key, "text": key.title()} for key in ("never", "rarely", "often", "always")]
    survey = published_survey([{**THE_OTHERS[1], "choices": four}])
    page = look(f"/s/{survey.slug}/")
    tops = [cell.bounding_box()["y"] for cell in page.locator(".row").first.locator(".cell").all()]
    assert tops[0] == tops[1] < tops[2] == tops[3]


def test_one_question_a_screen_says_which_may_be_left_out(look):
    survey = published_survey([TEN[0], TEN[1]], layout="question")
    page = look(f"/s/{survey.slug}/?nps=9")
    expect(page.get_by_text("(optional)")).to_have_count(0)
    page.locator(".go").click()
    expect(page.get_by_text("(optional)")).to_be_visible()


def test_every_kind_is_in_the_look_test():
    assert {question["kind"] for question in [*TEN, *THE_OTHERS]} == set(KINDS)


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [360, 390, 768, 1440])
def test_every_kind_fits_and_is_sent_by_day_and_night_and_in_both_directions(look, width, scripts):
    survey = published_survey([*TEN, *THE_OTHERS], **SPOKEN)
    for scheme, language in product(("light", "dark"), ("en", "ar")):
        kind = {"width": width, "scripts": scripts, "color_scheme": scheme}
        page = look(f"/s/{survey.slug}/?lang={language}&nps=9", **kind)
        assert page.evaluate("document.dir") == ("rtl" if language == "ar" else "ltr")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SMALL_TARGETS) == []
        assert page.evaluate(BRIGHTNESS) > 200 if scheme == "light" else page.evaluate(BRIGHTNESS) < 50
        pick(page, "csat-4")
        page.locator(".go").click()
        expect(page).to_have_url(re.compile(rf"/thanks/\?lang={language}$"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()
    assert [each.answers for each in Response.objects.all()] == [{"nps": 9, "csat": 4}] * 4


# 320 pixels are a desk's 1280 at a zoom of 400 %.
@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [
        (320, "light", "en"),
        (360, "dark", "ar"),
        (390, "light", "de"),
        (768, "light", "ar"),
        (1440, "dark", "en"),
    ],
)
def test_nothing_is_cut_too_small_or_out_of_reach(look, width, scheme, language):
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    last = {**TEN[-1], "text": long}
    survey = published_survey([*TEN[:-1], *THE_OTHERS, last], title=long, theme=THEME, **SPOKEN)
    one_by_one = published_survey([TEN[0], {**last, "page": 2}], title=long, layout="question", **SPOKEN)
    kind = {"width": width, "scripts": True, "color_scheme": scheme}
    path = f"/s/{survey.slug}/?lang={language}"
    empty = look(path, **kind)
    filled = look(f"{path}&nps=9&faces=2&stars=3&one=else&many=price&grid.bills=price&again=yes", **kind)
    filled.locator("summary").click()
    refused = look(path, **kind)
    refused.locator(".go").click()
    expect(refused.locator("#nps-q.wrong")).to_have_accessible_description(re.compile(".+"))
    second = look(f"/s/{one_by_one.slug}/?lang={language}&nps=9", **kind)
    second.locator(".go").click()
    expect(second.locator("#role-q")).to_be_visible()
    for page in (empty, filled, refused, second):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SMALL_TARGETS) == []
        assert faults(page) == []


def faults(page):
    """What axe-core finds on a page that has come to rest."""
    wait_for_rest(page)
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in Axe().run(page).response["violations"]]


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_the_doors_are_as_open_to_everyone_as_the_form(look, live_server, width, scheme):
    survey = published_survey(TEN[:1], closed="We closed on Friday.")
    _, link = create_invitation(survey, contact(account()), now=NOON)
    personal = "/r/" + link.rpartition("/r/")[2]
    page = look(personal, width=width, scripts=True, color_scheme=scheme)
    pick(page, "nps-9")
    page.locator(".go").click()
    expect(page).to_have_url(re.compile(r"/thanks/"))
    survey.collectors.update(closed_at=NOON)
    for path in (f"{personal}thanks/", personal, f"/s/{survey.slug}/", "/r/nobody/"):
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.get_by_role("heading", level=1).count() == 1
        assert faults(page) == []


@pytest.mark.parametrize(("width", "scheme", "language"), [(390, "dark", "en"), (1280, "light", "ar")])
def test_every_other_page_is_as_open_to_everyone(look, live_server, width, scheme, language):
    early, full, kiosk, framed = (published_survey(TEN[:2], **SPOKEN) for _ in range(4))
    Survey.objects.filter(pk=early.pk).update(opens_at=timezone.now() + timedelta(days=1))
    Survey.objects.filter(pk=full.pk).update(response_limit=1)
    respond(full, {"nps": 9})
    kiosk.collectors.update(channel="kiosk")
    framed.collectors.update(channel="embed", allowed_origins=[live_server.url])
    Survey.objects.filter(pk=kiosk.pk).update(allows_changes=True)
    _, link = create_invitation(kiosk, contact(account(), language=language), now=NOON)
    personal = "/r/" + link.rpartition("/r/")[2]
    Respondent(personal).open().send(nps="9")
    page = look("/r/nobody/", width=width, scripts=True, color_scheme=scheme, locale=language)
    # Without ours, so that the server says what is missing; axe-core needs one to look with.
    page.route("**/answer.js", lambda route: route.abort())
    seen = {"/r/nobody/": 404, f"{personal}unsubscribe/": 200, personal: 200, f"{personal}?change=1": 200}
    doors = {early: 403, full: 410, kiosk: 200, framed: 200}
    seen |= {f"/s/{survey.slug}/?lang={language}": status for survey, status in doors.items()}
    for path, status in seen.items():
        assert page.goto(live_server.url + path).status == status
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SMALL_TARGETS) == []
        assert faults(page) == []
    page.locator(".go").click()
    expect(page.locator(".problems")).to_be_focused()
    assert faults(page) == []
    page.goto(f"{live_server.url}{personal}unsubscribe/")
    page.locator(".go").click()
    expect(page.locator(".message h1")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
@pytest.mark.parametrize("ask", ["quote", "call_back"])
def test_what_the_thanks_ask_for_is_as_open_to_everyone(look, width, scheme, ask):
    survey = published_survey(TEN[:1], endings=[{"key": "end", "text": "Thank you.", "ask": ask}])
    page = look(f"/s/{survey.slug}/?nps=9", width=width, scripts=True, color_scheme=scheme)
    page.locator(".go").click()
    expect(page.locator("#afterword")).to_be_visible()
    assert faults(page) == []
    page.locator(".go").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate(SMALL_TARGETS) == []
    assert faults(page) == []


def test_a_cold_load_of_ten_questions_is_three_small_requests(look, client, live_server):
    logo = store_logo(PNG, now=NOON)
    survey = published_survey(TEN, theme={**THEME, "logo": logo, "logo_text": "Acme"})
    path = f"/s/{survey.slug}/"
    page = look(path, scripts=True)
    page.wait_for_load_state("networkidle")
    asked = [url.removeprefix(live_server.url) for url in page.asked if not url.startswith("data:")]
    assert asked == [path, "/static/surveys/answer.js", f"/logos/{logo}"]
    packed = client.get(path, headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert b'name="role"' in gzip.decompress(packed.content)
    script = gzip.compress((Path(settings.BASE_DIR) / "static/surveys/answer.js").read_bytes())
    assert len(packed.content) + len(script) < 20_000


def test_a_link_that_only_loads_casts_no_vote(look):
    survey = published_survey(TEN[:1])
    page = look(f"/s/{survey.slug}/?nps=9", scripts=True)
    page.wait_for_load_state("networkidle")
    expect(page.locator("#nps-9")).to_be_checked()
    assert Response.objects.count() == 0
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile(r"/thanks/$"))
    assert Response.objects.get().answers == {"nps": 9}
