"""What the one script adds to a page that works without it."""

import gzip
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from surveys.models import Response
from tests import browsers
from tests.browsers import faults_at_that_moment, stop_clock, wait_for_rest
from tests.factories import CSAT, NPS, WHY, published_survey
from tests.processes import wait_until
from tests.surveys.respondent import Respondent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCRIPT = Path(settings.BASE_DIR) / "static/surveys/answer.js"
LOW = {"less": ["nps", 7]}
BRANCH = [{**NPS, "required": True}, {**WHY, "show_if": LOW, "required": True}, CSAT]
CHOICES = [{"key": key, "text": key.title()} for key in ("price", "speed", "people")]
LONG_LIST = [{"key": f"c{number}", "text": f"Country {number}"} for number in range(16)]
LONG_LIST.append({"key": "else", "text": "Another", "is_other": True})
KINDS = [
    NPS,
    {"key": "one", "kind": "single_choice", "text": "What matters?", "choices": CHOICES},
    {"key": "rank", "kind": "ranking", "text": "In which order?", "choices": CHOICES},
    {**WHY, "settings": {"max_length": 50}},
]
# A question may be called like what a form has of its own, and must not stand in its way.
CLOBBERING = [
    {"key": key, "kind": "short_text", "text": key} for key in ("action", "submit", "elements", "page")
]


@pytest.fixture
def person(browser: Browser):
    """Someone's browser window, as wide as a phone; its pages share what the device remembers."""
    window = browser.new_context(viewport={"width": 390, "height": 844})
    yield window
    window.close()


@pytest.fixture
def visit(person, live_server):
    def open_page(questions, query="", **texts):
        survey = questions if hasattr(questions, "slug") else published_survey(questions, **texts)
        page = person.new_page()
        page.faults = []
        page.sent = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("request", lambda request: page.sent.append(request.post_data) if is_sent(request) else None)
        browsers.visit(page, f"{live_server.url}/s/{survey.slug}/{query}")
        return page

    return open_page


def is_sent(request):
    """Whether somebody sends their answers; what the page keeps by itself after a second is not sent."""
    return request.method == "POST" and "_go=save" not in request.post_data


def pick(page, control):
    page.locator(f"#{control}").check(force=True)


def send(page):
    page.locator(".go").click()


@contextmanager
def kept_by(page, answer):
    """Go on when the server has kept this answer, as it travels, and the page knows.

    On a slow machine an earlier answer may have been kept before it, by itself.
    """
    with page.expect_response(lambda told: told.status == 204 and answer in (told.request.post_data or "")):
        yield
    expect(page.locator(".state")).to_have_text("Saved")


def test_a_question_appears_and_goes_with_the_answer_that_calls_it_up(visit):
    page = visit(BRANCH)
    why = page.get_by_label("What is the main reason?")
    expect(why).to_have_count(0)
    pick(page, "nps-3")
    expect(why).to_be_visible()
    expect(page.locator(".news")).to_have_text("Your answer leads to one more question.")
    why.fill("Slow.")
    pick(page, "nps-9")
    expect(why).to_be_hidden()
    pick(page, "nps-2")
    expect(why).to_have_value("Slow.")
    send(page)
    expect(page).to_have_url(re.compile("/thanks/"))
    assert Response.objects.get().answers == {"nps": 2, "why": "Slow."}
    assert page.faults == []


def test_what_appeared_and_is_missing_is_asked_for_in_place(visit):
    page = visit(BRANCH)
    with page.expect_response(lambda told: told.status == 204):
        pick(page, "nps-3")
        send(page)
    page.wait_for_function("localStorage.length")
    why = page.get_by_label("What is the main reason?")
    expect(why).to_be_focused()
    expect(why).to_have_accessible_description("Please answer this question.")
    expect(why).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".wrong")).to_have_count(1)
    expect(page.locator(".state")).to_have_text("One answer needs another look.")
    why.fill("Slow.")
    expect(why).to_have_accessible_description("")
    expect(why).not_to_have_attribute("aria-invalid", "true")
    assert page.sent == []
    pick(page, "nps-9")
    send(page)
    expect(page).to_have_url(re.compile("/thanks/"))


def test_what_is_answered_is_kept_and_is_there_again_after_a_reload(visit):
    survey = published_survey(BRANCH)
    page = visit(survey)
    with kept_by(page, "why=Half+a+thou"):
        pick(page, "nps-3")
        page.get_by_label("What is the main reason?").fill("Half a thou")
    partial = Response.objects.get()
    assert (partial.answers, partial.submitted_at) == ({"nps": 3, "why": "Half a thou"}, None)
    page.close()

    again = visit(survey)
    expect(again.get_by_text("Welcome back.")).to_be_visible()
    expect(again.get_by_label("What is the main reason?")).to_have_value("Half a thou")
    send(again)
    expect(again).to_have_url(re.compile("/thanks/"))
    assert Response.objects.get().submitted_at
    expect(visit(survey).get_by_text("Welcome back.")).to_have_count(0)


def test_what_is_kept_slowly_arrives_before_what_is_sent_after_it(visit):
    page = visit([NPS, {**CSAT, "page": 2}])
    held = []
    page.route("**/s/*/", lambda route, request: held.append(route), times=1)
    pick(page, "nps-3")
    wait_until(lambda: page.evaluate("1") and held)
    pick(page, "nps-9")
    send(page)
    page.wait_for_timeout(500)
    assert page.sent == []
    held[0].continue_()
    expect(page.locator("#csat-q")).to_be_visible()
    assert Response.objects.get().answers == {"nps": 9}


def test_a_person_may_start_over(visit):
    survey = published_survey(BRANCH)
    page = visit(survey)
    with kept_by(page, "nps=9"):
        pick(page, "nps-9")
    again = visit(survey)
    again.get_by_role("button", name="Start over").click()
    expect(again.locator("#nps-9")).not_to_be_checked()
    assert Response.objects.completed().count() == 0


def test_nothing_is_sent_until_a_person_does_something(visit, person):
    person.add_init_script("""addEventListener("load", () => setTimeout(() => {
        document.querySelector("#nps-2").click();
        document.querySelector("textarea").value = "bot";
        document.querySelector("textarea").dispatchEvent(new Event("input", { bubbles: true }));
        document.dispatchEvent(new Event("visibilitychange"));
        dispatchEvent(new Event("pagehide"));
        dispatchEvent(new Event("online"));
    }, 100))""")
    page = visit(BRANCH, "?nps=3")
    page.wait_for_timeout(2300)
    expect(page.locator("#nps-2")).to_be_checked()
    assert Response.objects.count() == 0


def test_answers_wait_for_a_connection_survive_a_reload_and_count_once(visit, person):
    survey = published_survey(BRANCH)
    page = visit(survey)
    # It would try again by itself, and look otherwise while it does.
    stop_clock(page)
    pick(page, "nps-9")
    person.set_offline(True)
    send(page)
    expect(page.get_by_text("No connection.")).to_be_visible()
    expect(page.get_by_role("button", name="Try now")).to_be_visible()
    wait_for_rest(page)
    assert faults_at_that_moment(page) == []
    page.close(run_before_unload=False)
    assert Response.objects.completed().count() == 0

    person.set_offline(False)
    expect(visit(survey)).to_have_url(re.compile("/thanks/"))
    assert Response.objects.get().answers == {"nps": 9}


def test_a_connection_that_comes_back_is_enough(visit, person):
    page = visit(BRANCH)
    pick(page, "nps-9")
    person.set_offline(True)
    send(page)
    expect(page.get_by_text("No connection.")).to_be_visible()
    person.set_offline(False)
    expect(page).to_have_url(re.compile("/thanks/"))
    assert Response.objects.completed().count() == 1


def test_words_that_the_server_failed_to_keep_wait_on_the_device(visit, person):
    survey = published_survey(BRANCH)
    page = visit(survey)
    person.route(
        "**/s/**",
        lambda route, request: route.fulfill(status=503) if request.method == "POST" else route.continue_(),
    )
    pick(page, "nps-9")
    expect(page.get_by_text("No connection.")).to_be_visible()
    page.close(run_before_unload=False)
    person.unroute("**/s/**")
    expect(visit(survey).locator("#nps-9")).to_be_checked()


def test_digits_letters_and_arrows_answer_where_the_focus_is(visit):
    page = visit(KINDS)
    stop_clock(page)
    page.locator("#nps-0").focus()
    page.keyboard.type("10")
    expect(page.locator("#nps-10")).to_be_checked()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#nps-9")).to_be_checked()
    page.get_by_label("Price").first.focus()
    page.keyboard.press("c")
    expect(page.get_by_role("radio", name="People")).to_be_checked()
    page.get_by_label("main reason").focus()
    page.keyboard.type("b7")
    expect(page.get_by_label("main reason")).to_have_value("b7")
    expect(page.locator("#nps-9")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/thanks/"))
    assert Response.objects.get().answers == {"nps": 9, "one": "people", "why": "b7"}


def test_a_ranking_is_made_by_keys_and_by_dragging(visit):
    page = visit(KINDS)
    people = page.get_by_role("button", name="People")
    people.focus()
    page.keyboard.press("ArrowUp")
    expect(people).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".rank label")).to_have_text(["People", "Price", "Speed"])
    page.locator(".ranking").evaluate("list => list.scrollIntoView({ block: 'center' })")
    first, last = (page.locator(".rank").nth(place).bounding_box() for place in (0, 2))
    page.mouse.move(first["x"] + 100, first["y"] + 20)
    page.mouse.down()
    page.mouse.move(last["x"] + 100, last["y"] + 20, steps=12)
    page.mouse.move(last["x"] + 100, last["y"] + 40, steps=4)
    page.mouse.up()
    expect(page.locator(".rank label")).to_have_text(["Price", "Speed", "People"])
    send(page)
    expect(page).to_have_url(re.compile("/thanks/"))
    assert Response.objects.get().answers == {"rank": ["price", "speed", "people"]}


def test_taps_number_items_in_their_order_and_take_a_number_back(visit):
    page = visit([{**KINDS[2], "settings": {"allow_partial": True}}])
    items = page.locator(".rank")
    people, price = items.filter(has_text="People"), items.filter(has_text="Price")
    people.click()
    price.get_by_role("button").click()
    expect(page.locator(".rank .handle")).to_have_text(["1", "2", "–"])
    page.get_by_role("button", name="People 1").press("Enter")
    expect(page.locator(".ranked label")).to_have_text(["Price"])
    people.get_by_text("People").click()
    send(page)
    expect(page).to_have_url(re.compile("/thanks/"))
    assert Response.objects.get().answers == {"rank": ["price", "people"]}


def test_a_thumb_that_scrolls_past_a_ranking_answers_nothing(browser, live_server):
    survey = published_survey([KINDS[2], *({**WHY, "key": f"why{number}"} for number in range(4))])
    window = browser.new_context(viewport={"width": 390, "height": 600}, has_touch=True, is_mobile=True)
    page = window.new_page()
    page.goto(f"{live_server.url}/s/{survey.slug}/")
    box = page.locator(".rank label").nth(1).bounding_box()
    thumb = window.new_cdp_session(page)
    for kind, way in [
        ("touchStart", 0),
        *(("touchMove", way) for way in range(20, 200, 20)),
        ("touchEnd", None),
    ]:
        at = [] if way is None else [{"x": box["x"] + 20, "y": box["y"] + 10 - way}]
        thumb.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
    page.wait_for_function("scrollY > 50")
    assert {select.input_value() for select in page.locator(".rank select").all()} == {""}
    page.locator(".rank label").nth(1).tap()
    expect(page.locator(".ranked label")).to_have_text(["Speed"])
    window.close()


def test_an_answer_is_repeated_where_a_text_of_the_page_asks_for_it(visit):
    page = visit(
        [
            {"key": "name", "kind": "short_text", "text": "Your name?"},
            KINDS[1],
            {**WHY, "text": "Why {{one|that}}, {{ name|friend }}?"},
        ]
    )
    expect(page.get_by_label("Why that, friend?")).to_be_visible()
    page.get_by_label("Your name?").fill(" <b>Ada</b> ")
    page.get_by_role("radio", name="People").check()
    with kept_by(page, "why=Kind."):
        page.get_by_label("Why People, <b>Ada</b>?").fill("Kind.")
    send(page)
    expect(page).to_have_url(re.compile("/thanks/"))


def test_an_answer_of_every_kind_is_repeated_on_the_page_as_the_server_repeats_it(visit):
    """What the script makes of each answer is what the server's next page says."""
    choices = [*CHOICES, {"key": "else", "text": "Other", "is_other": True}]
    rows = [{"key": "r", "text": "Row"}, {"key": "s", "text": "Second"}]
    asks = [
        NPS,
        {"key": "one", "kind": "single_choice", "text": "1", "choices": choices},
        {"key": "many", "kind": "multiple_choice", "text": "2", "choices": choices},
        {"key": "list", "kind": "dropdown", "text": "3", "choices": CHOICES},
        {"key": "rank", "kind": "ranking", "text": "4", "choices": CHOICES},
        {"key": "grid", "kind": "matrix", "text": "5", "choices": CHOICES, "settings": {"rows": rows}},
        {"key": "seats", "kind": "number", "text": "6", "settings": {"unit": "seats", "decimals": 1}},
        {"key": "day", "kind": "date", "text": "7"},
        {"key": "again", "kind": "yes_no", "text": "8"},
        {"key": "agree", "kind": "consent", "text": "9", "settings": {"statement": "I agree to it."}},
        {"key": "found", "kind": "dropdown", "text": "10", "choices": LONG_LIST},
        {"key": "typed", "kind": "dropdown", "text": "11", "choices": LONG_LIST},
        {"key": "named", "kind": "dropdown", "text": "12", "choices": LONG_LIST},
        {"key": "told", "kind": "single_choice", "text": "13", "choices": choices},
    ]
    said = "\n".join(f"{ask['key']}: {{{{{ask['key']}|none}}}}" for ask in asks)
    echo = {"key": "echo", "kind": "single_choice", "text": said, "help": said}
    echo["choices"] = [{"key": "a", "text": "So {{one|what}}?"}, {"key": "b", "text": "No"}]
    page = visit([*asks, echo, {**CSAT, "page": 2}, {**NPS, "key": "nps2", "page": 2}])
    told = page.locator("#echo-q .told")
    expect(told).to_contain_text("one: none")
    pick(page, "nps-0")
    page.locator("[name=one][value=else]").check()
    page.locator("[name='one.other']").fill("mine")
    page.locator("[name=many][value=speed]").check()
    page.locator("[name=many][value=price]").check()
    page.locator("#list").select_option("people")
    page.get_by_role("button", name="People").press("ArrowUp")
    page.locator("[name='grid.s'][value=speed]").check(force=True)
    page.locator("#seats").fill("2.50")
    page.locator("#day").fill("2026-01-31")
    page.locator("[name=again][value=no]").check()
    page.get_by_label("I agree to it.").check()
    page.locator("#found").fill("Country 3")
    page.locator("#typed").fill("Atlantis")
    page.locator("#named").fill("Another")
    page.locator("[name='named.other']").fill("Mu")
    texts = [told, page.locator("#echo-help"), page.locator("[name=echo][value=a] + span")]
    live = [text.inner_text() for text in texts]
    assert "grid: Second: Speed" in live[0]
    assert "seats: 2.5 seats" in live[0]
    assert "agree: Yes" in live[0]
    assert "typed: Another: Atlantis" in live[0]
    assert live[2] == "So Other: mine?"
    send(page)
    expect(page.locator("#nps2-q")).to_be_visible()
    with page.expect_response(lambda response: response.request.method == "POST") as drawn:
        page.get_by_role("button", name="Back").click()
    html = drawn.value.text().replace("<br>", "\n")
    places = ["#echo-q .told", "#echo-help", "[name=echo][value=a] + span"]
    by_server = page.evaluate(
        """([html, places]) => {
            const drawn = new DOMParser().parseFromString(html, "text/html");
            return places.map((place) => drawn.querySelector(place).textContent.trim());
        }""",
        [html, places],
    )
    assert by_server == live


def test_characters_are_counted_when_they_run_out(visit):
    page = visit(KINDS)
    page.get_by_label("main reason").fill("x" * 20)
    expect(page.locator(".left")).to_have_text("")
    # Kept before the test ends: what is kept while a page closes would meet the emptying of the tables.
    with kept_by(page, "x" * 49):
        page.get_by_label("main reason").fill("x" * 49)
    expect(page.locator(".left")).to_have_text("1 character left")


def test_one_question_a_screen_goes_on_by_a_pick_and_comes_back(visit):
    page = visit([NPS, CSAT, WHY], layout="question")
    page.locator("#nps-9").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(600)
    expect(page.locator("#nps-8")).to_be_checked()
    page.locator("label[for=nps-9]").locator("..").click()
    expect(page.locator("#csat-q")).to_be_focused()
    expect(page.get_by_text("Page 2 of 3")).to_be_visible()
    page.keyboard.press("4")
    expect(page.locator("#why")).to_be_focused()
    page.get_by_role("button", name="Back").click()
    expect(page.locator("#csat-4")).to_be_checked()
    page.keyboard.press("Enter")
    page.get_by_label("main reason").fill("Kind.")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile("/thanks/"))
    assert Response.objects.get().answers == {"nps": 9, "csat": 4, "why": "Kind."}


def test_the_letter_of_the_open_choice_leads_to_its_words(visit):
    open_choice = {"key": "else", "text": "Something else", "is_other": True}
    page = visit([{**KINDS[1], "choices": [*CHOICES, open_choice]}])
    page.locator("#one-q").focus()
    page.keyboard.type("d")
    page.keyboard.type("a cab")
    send(page)
    expect(page).to_have_url(re.compile("/thanks/"))
    assert Response.objects.get().answers == {"one": {"other": "a cab"}}


def test_a_refused_day_is_written_as_the_language_writes_it_with_and_without_the_script(visit):
    day = {"key": "day", "kind": "date", "text": "Seit wann?", "settings": {"min": "2001-01-31"}}
    survey = published_survey([day], language="de", languages=["de"])
    sentence = "Bitte wählen Sie ein Datum, das nicht vor dem 31. Januar 2001 liegt."
    respondent = Respondent(f"/s/{survey.slug}/").open()
    respondent.send(day="1999-01-01")
    assert sentence in respondent.text

    page = visit(survey)
    page.get_by_label("Seit wann?").fill("1999-01-01")
    send(page)
    expect(page.locator("#day-error")).to_have_text(sentence)
    assert page.sent == []


def test_a_question_may_be_called_like_a_part_of_the_form(visit):
    page = visit(CLOBBERING)
    with kept_by(page, "page=x"):
        for label in ("action", "submit", "elements", "page"):
            page.get_by_label(label).fill("x")
    send(page)
    expect(page).to_have_url(re.compile("/thanks/"))
    assert page.faults == []
    assert Response.objects.get().answers == dict.fromkeys(("action", "submit", "elements", "page"), "x")


def test_the_script_is_small():
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) < 8_000
