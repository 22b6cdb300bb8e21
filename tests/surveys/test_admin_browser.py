"""The builder under a real hand: typed into, dragged, refused and saved; and no text of anyone's runs."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from surveys.actions.authoring import compile_definition
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

XSS = "\"><svg/onload=fetch('//127.0.0.1:9/x')><script>window.__x=1</script>"


PASTE_TWO_LINES = """() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text", "Green\\nSomething else");
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData, cancelable: true}));
}"""


@pytest.fixture
def survey():
    choices = [{"key": "red", "text": "Red"}, {"key": "blue", "text": "Blue"}]
    colour = {"key": "colour", "kind": "single_choice", "text": "Which colour?", "choices": choices}
    return factories.published_survey([factories.NPS, colour, {**factories.WHY, "page": 2}])


def url_of(survey):
    return reverse("admin:surveys_survey_change", args=[survey.pk])


def row(page, number):
    return page.locator("[data-question]").nth(number)


def titles(page):
    return page.locator("[data-questions] [data-title]").all_inner_texts()


def drag(page, what, above):
    start, end = what.bounding_box(), above.bounding_box()
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(start["x"] + 5, start["y"] + (end["y"] - start["y"]) * step / 20)
    page.mouse.move(start["x"] + 5, end["y"] - 2)
    page.wait_for_timeout(200)
    page.mouse.up()


def save(page):
    page.click("button[name=_save]")
    page.wait_for_load_state()


def test_a_dragged_question_stays_where_it_was_dropped(open_page, survey):
    page = open_page(url_of(survey))
    page.click("[data-add]")
    row(page, 3).locator("textarea[name$=-text]").fill("Brand new?")
    row(page, 3).locator("summary").first.click()
    drag(page, row(page, 3).locator("[data-drag]"), row(page, 0))
    assert titles(page)[0] == "Brand new?"
    save(page)
    assert titles(page)[0] == "Brand new?"
    assert [(one.key, one.page) for one in compile_definition(survey)] == [
        ("brand_new", 1),
        ("nps", 1),
        ("colour", 1),
        ("why", 2),
    ]


def test_questions_are_moved_by_buttons_and_join_the_page_they_come_to(open_page, survey):
    page = open_page(url_of(survey))
    assert page.locator("[data-page-mark]:visible").all_inner_texts() == ["Page 2"]
    row(page, 2).locator("[data-up]").click()
    assert page.locator("[data-page-mark]:visible").count() == 0
    save(page)
    assert [(one.key, one.page) for one in compile_definition(survey)] == [
        ("nps", 1),
        ("why", 1),
        ("colour", 1),
    ]


def test_choices_are_typed_pasted_marked_and_removed_as_rows(open_page, survey):
    page = open_page(url_of(survey))
    colour = row(page, 1)
    colour.locator("summary").first.click()
    choices = colour.locator(".choice input[type=text]")
    choices.nth(0).fill("Crimson")
    choices.nth(1).press("Enter")
    page.keyboard.type("A | B")
    page.keyboard.press("Enter")
    page.evaluate(PASTE_TWO_LINES)
    colour.locator(".choice").nth(4).locator("[data-flag=open]").check()
    colour.locator(".choice").nth(1).get_by_label("Remove the choice").click()
    save(page)
    asked = compile_definition(survey).question_by_key["colour"]
    assert [(one.key, str(one.text), one.is_other) for one in asked.choices] == [
        ("red", "Crimson", False),
        ("a_b", "A | B", False),
        ("green", "Green", False),
        ("other", "Something else", True),
    ]


def test_another_kind_shows_its_own_settings_and_keeps_the_labels(open_page, survey):
    page = open_page(url_of(survey))
    nps = row(page, 0)
    nps.locator("summary").first.click()
    nps.get_by_label("Label of the lowest point").fill("Never")
    nps.locator("select[name$=-kind]").select_option("rating")
    assert nps.get_by_label("Label of the lowest point").input_value() == "Never"
    nps.get_by_label("Shown as").select_option("hearts")
    nps.locator("select[name$=-kind]").select_option("single_choice")
    assert nps.locator(".choice").first.is_visible()
    nps.locator("select[name$=-kind]").select_option("rating")
    nps.get_by_label("Shown as").select_option("hearts")
    nps.get_by_label("Label of the lowest point").fill("Never")
    save(page)
    assert survey.questions.get(key="nps").settings == {"low_label": "Never", "points": 5, "shape": "hearts"}


def test_a_refused_form_keeps_order_texts_and_deletions(open_page, survey):
    page = open_page(url_of(survey))
    row(page, 2).locator("[data-up]").click()
    row(page, 0).locator("[data-delete]").click()
    page.click("[data-add]")
    row(page, 3).locator("textarea[name$=-text]").fill("Typed with care")
    row(page, 3).locator("input[name$=-page]").fill("0")
    save(page)
    assert page.get_by_text("Ensure this value is greater than or equal to 1.").is_visible()
    assert page.locator("[data-deleted]:visible").count() == 1
    assert "Typed with care" in titles(page)
    shown = [title for title in titles(page) if title]
    assert shown.index("What is the main reason?") < shown.index("Which colour?")
    assert survey.questions.count() == 3


def test_the_preview_stands_beside_the_form_and_is_sent_in_its_frame(open_page, survey):
    page = open_page("/admin/")
    page.set_viewport_size({"width": 1440, "height": 900})
    page = open_page(url_of(survey))
    page.click("text=On a phone")
    frame = page.frame_locator("iframe")
    frame.locator("input[name=nps][value='9']").check(force=True)
    frame.locator("button[type=submit]").last.click()
    frame.get_by_text("What is the main reason?").wait_for()
    assert not survey.responses.exists()


def test_the_builder_has_no_serious_barrier(open_page, survey):
    page = open_page(url_of(survey))
    row(page, 1).locator("summary").first.click()
    found = Axe().run(page).response["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in {"serious", "critical"}] == []


def test_no_text_of_staff_or_respondents_runs(open_page):
    questions = [{**factories.NPS, "text": XSS}, {**factories.WHY, "text": f"</script>{XSS}"}]
    survey = factories.published_survey(questions, title=f"</script>{XSS}")
    contact = factories.contact(factories.account(name=XSS), name=XSS)
    response = factories.respond(survey, {"nps": 9, "why": XSS}, contact=contact, hidden={"from": XSS})
    for path in (
        url_of(survey),
        reverse("admin:surveys_survey_publish", args=[survey.pk]),
        reverse("admin:surveys_survey_preview", args=[survey.pk]),
        reverse("admin:surveys_response_change", args=[response.pk]),
        reverse("admin:surveys_response_changelist"),
        reverse("admin:accounts_account_changelist"),
        reverse("admin:accounts_contact_change", args=[contact.pk]),
    ):
        page = open_page(path)
        assert page.evaluate("window.__x") is None, path
