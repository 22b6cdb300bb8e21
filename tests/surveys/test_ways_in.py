"""What a link may carry: hidden fields by the survey's list, a language, a score shown as chosen."""

import pytest
from django.test import Client

from surveys.models import Response
from tests import factories as f
from tests.surveys.respondent import Respondent, open_link

pytestmark = pytest.mark.django_db
XSS = "\"><svg/onload=fetch('//127.0.0.1:9/x')><script>window.__x=1</script>{{7*7}}"
PAGES = [f.NPS, {**f.CSAT, "page": 2}, {**f.WHY, "page": 3}]


def survey(questions=(f.NPS,), **texts):
    return f.published_survey(questions, hidden=["plan", "store"], **texts)


def test_hidden_fields_on_the_list_are_kept_and_no_others():
    made = survey()
    Respondent(open_link(made)).open("?plan=pro&store=12&role=admin&is_test=1").send(nps="9")
    assert Response.objects.get().hidden == {"plan": "pro", "store": "12"}


def test_they_travel_from_page_to_page():
    respondent = Respondent(open_link(survey(PAGES))).open("?plan=pro")
    for answers in ({"nps": "9"}, {"csat": "4"}, {"why": "x"}):
        page = respondent.send(**answers)
    assert page.status_code == 302
    assert Response.objects.get().hidden == {"plan": "pro"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"_h.plan": "x" * 500}, {"plan": "x" * 200}),
        ({"_h.plan": "a\x01b"}, {}),
        ({"_h.plan": "   "}, {}),
        ({"_h.role": "admin", "plan": "unprefixed"}, {}),
        ({"_h.plan": XSS}, {"plan": XSS}),
    ],
)
def test_what_the_form_sends_is_read_by_the_same_rules(sent, kept):
    assert Client().post(open_link(survey()), {"nps": "9", **sent}).status_code == 302
    assert Response.objects.get().hidden == kept


def test_a_value_that_is_code_is_drawn_as_text():
    page = Client().get(open_link(survey()), {"plan": XSS, "lang": XSS}).content.decode()
    assert "<svg/onload" not in page
    assert "window.__x" not in page.replace("&lt;script&gt;window.__x=1", "")


@pytest.mark.parametrize(
    ("asked", "noted"),
    [("fr", True), ("de", False), ("de-AT", False), ("en", False), ("", False), ("\U0001f408", True)],
)
def test_a_language_that_is_missing_is_said_to_be(asked, noted):
    made = survey(languages=["en", "de"])
    page = Client().get(open_link(made), {"lang": asked} if asked else {}).content.decode()
    assert ("not available in the language you asked for" in page) == noted


def test_an_unlisted_question_of_another_survey_is_not_chosen():
    page = Client().get(open_link(survey()) + "?csat=5&nps=9").content.decode()
    assert page.count(" checked") == 1
