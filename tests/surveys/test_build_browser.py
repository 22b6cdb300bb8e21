"""The builder under a real hand: with the mouse, the keyboard alone, on a phone, against another person."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from surveys.actions.authoring import create_survey
from surveys.actions.drafts import draft_json
from surveys.interchange.native import from_json
from surveys.models import Survey
from tests import factories
from tests.accounts.staff import logged_in, member
from tests.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

XSS = "\"><svg/onload=fetch('//127.0.0.1:9/x')><script>window.__x=1</script>"
GALLERY = "/admin/surveys/survey/gallery/"


@pytest.fixture
def survey():
    choices = [{"key": "red", "text": "Red"}, {"key": "blue", "text": "Blue"}]
    colour = {"key": "colour", "kind": "single_choice", "text": "Which colour?", "choices": choices}
    document = {
        "title": "Colours",
        "languages": ["en", "ar"],
        "questions": [factories.NPS, colour, {**factories.WHY, "page": 2, "show_if": {"less": ["nps", 7]}}],
        "endings": [{"key": "low", "text": "Sorry", "show_if": {"less": ["nps", 7]}}],
    }
    return create_survey(from_json(document), programme=factories.programme(), slug="colours")


def url_of(survey, query=""):
    return reverse("admin:surveys_survey_build", args=[survey.pk]) + query


def saved(page):
    expect(page.locator("[data-state]")).to_have_text("All changes saved")


def order(survey):
    survey.refresh_from_db()
    return [(question["page"], question["key"]) for question in draft_json(survey)["questions"]]


def publish_and_open(page, live_server):
    page.get_by_role("link", name="Publish…").first.click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 1 is live.")).to_be_visible()
    page.goto(f"{live_server.url}/s/{Survey.objects.get().slug}/")


def answer_unhappily(page):
    """Give a 3 and say why, which is asked of nobody else."""
    page.locator("input[name=would_you_recommend_us][value='3'], input[name=nps][value='3']").check(
        force=True
    )
    reason = page.get_by_label("What went wrong?")
    if not reason.is_visible():
        page.locator("button[type=submit]").last.click()
    reason.fill("Slow.")
    page.locator("button[type=submit]").last.click()
    expect(page.get_by_text(re.compile("Thank you"))).to_be_visible()


def test_a_branching_survey_is_built_with_the_mouse_published_and_answered(open_page, live_server):
    factories.programme()
    page = open_page(GALLERY)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.get_by_label("Title").fill("Mouse")
    page.get_by_label("Programme").select_option(index=1)
    page.get_by_role("button", name="Start blank").click()
    page.wait_for_url(re.compile("build"))

    page.locator("#add-nps").click()
    expect(page.locator("#id_text")).to_be_focused()
    page.keyboard.type("Would you recommend us?")
    expect(page.frame_locator("iframe").last.get_by_text("Would you recommend us?")).to_be_visible()
    page.locator("#add-page").click()
    page.locator("#add-single_choice").click()
    expect(page.locator("#panel-title")).to_contain_text("Question 2")
    page.locator("#id_text").fill("Which colour?")
    page.locator(".choice input[type=text]").first.fill("Red")
    page.locator("#add-question").click()
    page.locator("#add-long_text").click()
    expect(page.locator("#panel-title")).to_contain_text("Question 3")
    page.locator("#id_text").fill("What went wrong?")
    page.locator("#if-add").click()
    page.get_by_label("Question", exact=True).nth(1).select_option(label="Would you recommend us?")
    page.get_by_label("Comparison").select_option(label="is below")
    page.get_by_label("Value", exact=True).select_option("7")
    saved(page)
    survey = Survey.objects.get()
    assert order(survey) == [(1, "nps"), (2, "single_choice"), (2, "long_text")]
    assert draft_json(survey)["questions"][2]["show_if"] == {"less": ["nps", 7]}

    # Dragged by its handle to the page before.
    handle = page.locator("li[data-key=long_text] [data-drag]")
    handle.hover()
    start, end = handle.bounding_box(), page.locator("li[data-key=nps]").bounding_box()
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(start["x"] + 5, start["y"] + (end["y"] + 8 - start["y"]) * step / 20)
    page.mouse.move(start["x"] + 5, end["y"] + 4)
    expect(page.locator("ol[data-page='1'] li[data-key=long_text]")).to_have_count(1)
    page.mouse.up()
    expect(page.locator("[data-said]")).to_contain_text("on page 1")
    assert {key for number, key in order(survey) if number == 1} == {"nps", "long_text"}

    page.locator("#build-undo").click()
    expect(page.locator("[data-said]")).to_contain_text("Undone: Moved")
    assert order(survey) == [(1, "nps"), (2, "single_choice"), (2, "long_text")]

    publish_and_open(page, live_server)
    answer_unhappily(page)
    response = survey.responses.get()
    assert (response.answers["nps"], response.answers["long_text"]) == (3, "Slow.")


def tab_to(page, selector, *, back=False):
    """Press Tab until the element has the focus, as someone without a mouse does."""
    for _ in range(150):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{selector} is out of the keyboard's reach")


def press(page, selector, *, back=False):
    tab_to(page, selector, back=back)
    page.keyboard.press("Enter")


def choose(page, selector, words):
    """Pick an option of a drop-down below the chosen one by the arrow keys."""
    tab_to(page, selector)
    for _ in range(len(page.locator(f"{selector} option").all())):
        if page.locator(f"{selector} option:checked").inner_text() == words:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{selector} does not come to {words!r}")


def test_a_branching_survey_is_built_with_the_keyboard_alone(open_page, live_server):
    factories.programme()
    page = open_page(GALLERY)
    page.set_viewport_size({"width": 1400, "height": 900})
    tab_to(page, "#id_title")
    page.keyboard.type("Keyboard")
    tab_to(page, "#id_programme")
    page.keyboard.press("ArrowDown")
    press(page, ".gallery-blank button")
    page.wait_for_url(re.compile("build"))

    press(page, "#add-nps")
    expect(page.locator("#id_text")).to_be_focused()
    page.keyboard.type("Would you recommend us?")
    press(page, "#add-question", back=True)
    expect(page.locator("#add-long_text")).to_be_visible()
    press(page, "#add-long_text")
    expect(page.locator("#id_text")).to_be_focused()
    page.keyboard.type("What went wrong?")
    press(page, "#if-add")
    expect(page.locator("[id='if.0.operator']")).to_be_visible()
    choose(page, "[id='if.0.operator']", "is below")
    expect(page.locator("[id='if.0.operator']")).to_have_value("less")
    saved(page)
    survey = Survey.objects.get()
    assert draft_json(survey)["questions"][1]["show_if"] == {"less": ["nps", 7]}

    # Moved by a shortcut: past the end of its page it gets one of its own. The focus stays where it was.
    tab_to(page, "#q-long_text", back=True)
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("[data-said]")).to_contain_text("now 1 of 1 on page 2")
    expect(page.locator("#q-long_text")).to_be_focused()
    assert order(survey) == [(1, "nps"), (2, "long_text")]
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-said]")).to_contain_text("now 2 of 2 on page 1")
    press(page, "#tool-up")
    expect(page.locator("[data-said]")).to_contain_text("now 1 of 2 on page 1")
    expect(page.locator("#tool-up")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator("[data-said]")).to_contain_text("Undone: Moved")
    assert order(survey) == [(1, "nps"), (1, "long_text")]

    publish_and_open(page, live_server)
    answer_unhappily(page)
    assert survey.responses.get().answers == {"nps": 3, "long_text": "Slow."}


@pytest.mark.parametrize("pause", [0, 1200], ids=["at once", "after the next was sent too"])
def test_keys_pressed_while_the_form_is_drawn_anew_are_not_lost(open_page, survey, pause):
    page = open_page(url_of(survey, "?open=question&name=colour"))
    page.locator("#if-add").click()
    operator = page.locator("[id='if.0.operator']")
    expect(operator).to_be_visible()
    saved(page)
    held = []
    page.route("**/build/question/", lambda route, request: held.append(route), times=1)
    operator.focus()
    offered = operator.evaluate("(select) => [...select.options].map((option) => option.value)")
    at = offered.index(operator.input_value())

    with page.expect_request("**/build/question/"):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(pause)
    wait_until(lambda: page.evaluate("1") and held)
    with page.expect_response("**/build/question/"):
        held.pop(0).continue_()
    expect(operator).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(operator).to_have_value(offered[at + 3])
    saved(page)
    expect(operator).to_have_value(offered[at + 3])
    assert offered[at + 3] in draft_json(survey)["questions"][1]["show_if"]


def test_words_typed_before_the_script_is_there_are_saved(open_page, survey, page):
    held = []
    page.route("**/build.js", lambda route, request: held.append(route))
    open_page("/admin/")
    with page.expect_request("**/build.js"):
        page.evaluate("(path) => { location.href = path; }", url_of(survey, "?open=question&name=nps"))
    page.locator("#id_text").fill("Typed early")
    held[0].continue_()
    expect(page.locator("#build-outline").get_by_text("Typed early")).to_be_visible()
    saved(page)
    assert draft_json(survey)["questions"][0]["text"]["en"] == "Typed early"


def test_words_typed_while_another_question_opens_stay_with_theirs(open_page, survey):
    page = open_page(url_of(survey, "?open=question&name=nps"))
    held = []
    page.route(re.compile("name=colour"), lambda route, request: held.append(route), times=1)
    page.locator("#q-colour").click()
    page.locator("#id_text").fill("Of the first")
    wait_until(lambda: page.evaluate("1") and held)
    held[0].continue_()
    expect(page.locator("#id_text")).to_have_value("Which colour?")
    expect(page.locator("#build-outline").get_by_text("Of the first")).to_be_visible()
    saved(page)
    texts = [question["text"]["en"] for question in draft_json(survey)["questions"]]
    assert texts[:2] == ["Of the first", "Which colour?"]


def test_choices_and_settings_are_saved_as_they_are_typed(open_page, survey):
    page = open_page(url_of(survey, "?open=question&name=colour"))
    page.locator(".choice input[type=text]").nth(1).press("Enter")
    page.locator(".choice").nth(2).locator("[data-flag=open]").check()
    page.locator(".choice").nth(2).locator("input[type=text]").fill("Green | or so")
    page.get_by_label("Choices in random order").check(force=True)
    saved(page)
    colour = draft_json(survey)["questions"][1]
    assert [(one["key"], one["text"]["en"], one["is_other"]) for one in colour["choices"]] == [
        ("red", "Red", False),
        ("blue", "Blue", False),
        ("other", "Green | or so", True),
    ]
    assert colour["settings"]["random_order"] is True
    page.locator("#id_kind").focus()
    page.locator("#id_kind").select_option("rating")
    expect(page.get_by_label("Shown as")).to_be_visible()
    expect(page.locator("#id_kind")).to_be_focused()


KEEP_WHAT_IS_SAID = """() => {
    const state = document.querySelector("[data-state]");
    window.said = [];
    new MutationObserver(() => window.said.push(state.textContent)).observe(state, {childList: true});
}"""


def test_what_is_typed_while_an_answer_is_on_its_way_is_not_called_saved(open_page, survey):
    page = open_page(url_of(survey, "?open=question&name=colour"))
    held = []
    page.route("**/build/question/", lambda route, request: held.append(route))
    with page.expect_request("**/build/question/"):
        page.locator("#id_text").fill("Which tint?")
    page.evaluate(KEEP_WHAT_IS_SAID)
    page.locator("#id_text").fill("Which shade?")
    with page.expect_request("**/build/question/"):
        held[0].continue_()
    assert "All changes saved" not in page.evaluate("window.said")
    assert draft_json(survey)["questions"][1]["text"]["en"] == "Which tint?"
    held[1].continue_()
    saved(page)
    survey.refresh_from_db()
    assert draft_json(survey)["questions"][1]["text"]["en"] == "Which shade?"


PASTE_TWO_LINES = """() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text", "Green\\nSomething else");
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData, cancelable: true}));
}"""


def test_a_pasted_list_becomes_a_choice_a_line_and_a_choice_is_taken_away(open_page, survey):
    page = open_page(url_of(survey, "?open=question&name=colour"))
    page.get_by_role("button", name="Add a choice").click()
    page.evaluate(PASTE_TWO_LINES)
    page.get_by_role("button", name="Remove the choice").first.click()
    saved(page)
    choices = draft_json(survey)["questions"][1]["choices"]
    assert [choice["text"]["en"] for choice in choices] == ["Blue", "Green", "Something else"]


def test_no_text_of_staff_runs(open_page):
    questions = [{**factories.NPS, "text": XSS}, {**factories.WHY, "text": f"</script>{XSS}"}]
    survey = factories.published_survey(questions, title=f"</script>{XSS}")
    contact = factories.contact(factories.account(name=XSS), name=XSS)
    response = factories.respond(survey, {"nps": 9, "why": XSS}, contact=contact, hidden={"from": XSS})
    for path in (
        url_of(survey),
        url_of(survey, "?open=survey"),
        reverse("admin:surveys_survey_change", args=[survey.pk]),
        reverse("admin:surveys_survey_publish", args=[survey.pk]),
        reverse("admin:surveys_survey_preview", args=[survey.pk]),
        reverse("admin:surveys_response_change", args=[response.pk]),
        reverse("admin:surveys_response_changelist"),
        reverse("admin:accounts_account_changelist"),
        reverse("admin:accounts_contact_change", args=[contact.pk]),
    ):
        page = open_page(path)
        assert page.evaluate("window.__x") is None, path


def test_what_cannot_be_saved_is_said_and_another_persons_words_are_not_overwritten(open_page, survey):
    page = open_page(url_of(survey, "?open=question&name=nps"))
    page.get_by_label("Detractors up to").fill("9")
    expect(page.locator("[data-alert]")).to_contain_text(
        "Could not save: Must be a whole number from 0 to 8."
    )
    page.get_by_label("Detractors up to").fill("6")
    expect(page.locator("[data-alert]")).to_be_hidden()
    saved(page)
    ben = logged_in(member("builder", email="ben@example.com"))
    fields = {"open": "question", "name": "nps", "key": "nps", "kind": "nps", "text": "Bens words"}
    settings = {"setting_detractor_max": "6", "setting_passive_max": "8"}
    assert ben.post(url_of(survey) + "question/", fields | settings).status_code == 302
    with page.expect_response(lambda response: response.status == 409):
        page.locator("#id_text").fill("My words")
    expect(page.locator("[data-alert]")).to_contain_text("ben@example.com changed this meanwhile")
    assert draft_json(survey)["questions"][0]["text"]["en"] == "Bens words"
    page.get_by_role("button", name="Save mine over it").click()
    saved(page)
    assert draft_json(survey)["questions"][0]["text"]["en"] == "My words"


def test_words_that_were_refused_are_left_only_where_one_says_so(open_page, survey):
    page = open_page(url_of(survey, "?open=question&name=nps"))
    said, wrong = page.locator("[data-alert]"), page.get_by_label("Detractors up to")
    wrong.fill("9")
    expect(said).to_contain_text("Could not save")
    page.locator("#q-colour").click()
    leave = said.get_by_role("button", name="Leave it unsaved")
    expect(leave).to_be_focused()
    expect(wrong).to_have_value("9")
    wrong.fill("6")
    saved(page)
    expect(said).to_be_hidden()
    wrong.fill("9")
    expect(said).to_contain_text("Could not save")
    page.locator("#q-colour").click()
    leave.click()
    expect(page.locator("#id_text")).to_have_value("Which colour?")
    page.go_back()
    expect(wrong).to_have_value("6")


def test_no_button_and_no_way_back_drops_words_that_were_refused(open_page, survey):
    page = open_page(url_of(survey, "?open=question&name=colour"))
    page.locator("#q-nps").click()
    said, wrong = page.locator("[data-alert]"), page.get_by_label("Detractors up to")
    wrong.fill("9")
    expect(said).to_contain_text("Could not save")
    leave = said.get_by_role("button", name="Leave it unsaved")
    page.locator("#tool-duplicate").click()
    expect(leave).to_be_focused()
    page.go_back()
    expect(leave).to_be_focused()
    expect(page).to_have_url(re.compile("name=nps"))
    expect(wrong).to_have_value("9")
    assert len(draft_json(survey)["questions"]) == 3
    page.locator("#tool-duplicate").click()
    leave.click()
    saved(page)
    assert len(draft_json(survey)["questions"]) == 4


def test_what_was_refused_is_not_called_saved_by_what_was_taken(open_page, survey):
    page = open_page(url_of(survey, "?open=survey"))
    page.locator("#id_title").fill("")
    expect(page.locator("[data-alert]")).to_contain_text("Could not save")
    page.locator("#id_theme-radius").select_option(index=1)
    expect(page.locator("[data-state]")).to_have_text("Not saved")
    expect(page.locator("[data-alert]")).to_be_visible()
    page.locator("#id_title").fill("Colours again")
    saved(page)
    expect(page.locator("[data-alert]")).to_be_hidden()


def test_an_outage_loses_no_words(open_page, survey):
    page = open_page(url_of(survey, "?open=question&name=nps"))
    page.context.set_offline(True)
    page.locator("#id_text").fill("Written on a train")
    expect(page.locator("[data-state]")).to_contain_text("Trying again")
    page.context.set_offline(False)
    saved(page)
    assert draft_json(survey)["questions"][0]["text"]["en"] == "Written on a train"


def test_an_outage_while_a_kind_is_chosen_loses_no_words(open_page, survey):
    page = open_page(url_of(survey, "?open=question&name=colour"))
    page.context.set_offline(True)
    page.locator("#id_text").fill("Which colours?")
    page.locator("#id_kind").select_option("multiple_choice")
    expect(page.locator("[data-state]")).to_contain_text("Trying again")
    page.context.set_offline(False)
    page.locator("#q-nps").click()
    expect(page.locator("#build-outline").get_by_text("Which colours?")).to_be_visible()
    saved(page)
    question = draft_json(survey)["questions"][1]
    assert (question["text"]["en"], question["kind"]) == ("Which colours?", "multiple_choice")


def test_an_answer_that_comes_after_one_went_back_does_not_lead_forth_again(open_page, survey):
    page = open_page(url_of(survey, "?open=question&name=nps"))
    page.locator("#q-colour").click()
    expect(page.locator("#id_text")).to_have_value("Which colour?")
    held = []
    page.route("**/build/question/", lambda route, request: held.append(route), times=1)
    page.locator("#id_text").fill("Which hue?")
    wait_until(lambda: page.evaluate("1") and held)
    page.evaluate("history.back()")
    page.wait_for_url(re.compile("name=nps"))
    page.locator("#id_text").fill("Which tint?")
    held[0].continue_()
    expect(page.locator("#build-outline").get_by_text("Which tint?")).to_be_visible()
    saved(page)
    expect(page.locator("#id_text")).to_have_value(factories.NPS["text"])
    expect(page).to_have_url(re.compile("name=nps"))
    assert draft_json(survey)["questions"][1]["text"]["en"] == "Which tint?"


def test_on_a_phone_the_columns_are_tabs(open_page, survey):
    page = open_page("/admin/")
    page.set_viewport_size({"width": 390, "height": 844})
    page = open_page(url_of(survey))
    expect(page.locator("#build-outline")).to_be_hidden()
    page.get_by_role("button", name="Outline").click()
    page.locator("#q-colour").click()
    expect(page.locator("#id_text")).to_have_value("Which colour?")
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.frame_locator("iframe").last.get_by_text("Which colour?")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_translations_are_typed_beside_their_source(open_page, survey):
    page = open_page(reverse("admin:surveys_survey_language", args=[survey.pk, "ar"]))
    missing = int(page.locator("[data-missing]").inner_text())
    field = page.locator("textarea[name='text.question.nps.text']")
    assert field.get_attribute("dir") == "rtl"
    field.fill("هل توصي بنا؟")
    expect(page.locator("[data-missing]")).to_have_text(str(missing - 1))
    assert draft_json(survey)["questions"][0]["text"]["ar"] == "هل توصي بنا؟"


def test_a_translation_typed_while_an_answer_is_on_its_way_is_not_called_saved(open_page, survey):
    page = open_page(reverse("admin:surveys_survey_language", args=[survey.pk, "ar"]))
    held = []
    page.route("**/ar/", lambda route, request: held.append(route), times=1)
    field = page.locator("textarea[name='text.question.nps.text']")
    field.fill("هل")
    wait_until(lambda: page.evaluate("1") and held)
    field.fill("هل توصي بنا؟")
    held[0].continue_()
    saved(page)
    assert draft_json(survey)["questions"][0]["text"]["ar"] == "هل توصي بنا؟"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_of_it_is_a_serious_barrier(open_page, survey, theme):
    page = open_page("/admin/")
    page.evaluate("(theme) => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)
    page.set_viewport_size({"width": 1400, "height": 900})
    found = []
    for query in (
        "?open=question&name=why",
        "?open=add",
        "?open=endings",
        "?open=survey",
        "?open=page&name=2",
    ):
        page = open_page(url_of(survey, query))
        found += [(query, rule) for rule in Axe().run(page).response["violations"]]
    for path in (
        GALLERY,
        f"{GALLERY}support_csat/",
        reverse("admin:surveys_survey_languages", args=[survey.pk]),
        reverse("admin:surveys_survey_language", args=[survey.pk, "ar"]),
        reverse("admin:surveys_survey_versions", args=[survey.pk]),
    ):
        page = open_page(path)
        found += [
            (path, rule) for rule in Axe().run(page, context={"include": [["main"]]}).response["violations"]
        ]
    serious = [(where, rule) for where, rule in found if rule["impact"] in {"serious", "critical"}]
    assert [(where, rule["id"], rule["nodes"][0]["html"][:200]) for where, rule in serious] == []
