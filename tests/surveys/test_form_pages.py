"""Several pages, branching and languages, without a line of JavaScript."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.actions.outreach import create_invitation
from surveys.models import Response
from tests.factories import CSAT, NPS, WHY, account, contact, published_survey
from tests.surveys.respondent import Respondent, open_link

pytestmark = pytest.mark.django_db
SQL = ("WITH", "SELECT", "INSERT", "UPDATE", "DELETE")
LOW = {"less": ["nps", 7]}
BRANCH = [{**NPS, "required": True}, {**WHY, "show_if": LOW, "required": True}]
PAGES = [{**NPS, "required": True}, {**WHY, "page": 2, "show_if": LOW}, {**CSAT, "page": 3, "required": True}]


def opened(questions, query="", **texts):
    return Respondent(open_link(published_survey(questions, **texts))).open(query)


def test_a_page_is_saved_and_the_next_one_comes_in_the_same_answer():
    respondent = opened(PAGES)
    assert "Page 1 of 3" in respondent.text
    page = respondent.send(nps="3")

    assert page.status_code == 200
    assert "Page 2 of 3" in respondent.text
    assert 'name="why"' in respondent.text
    assert 'name="nps"' not in respondent.text
    partial = Response.objects.get()
    assert (partial.answers, partial.submitted_at) == ({"nps": 3}, None)

    respondent.send(why="Slow.")
    assert respondent.send(csat="2").status_code == 302
    whole = Response.objects.get()
    assert whole.pk == partial.pk
    assert whole.answers == {"nps": 3, "why": "Slow.", "csat": 2}
    assert whole.submitted_at


def test_a_page_takes_three_statements_at_most():
    respondent = opened(PAGES)
    for answers in ({"nps": "3"}, {"why": "Slow."}, {"csat": "2"}):
        with CaptureQueriesContext(connection) as asked:
            respondent.send(**answers)
        assert [query["sql"].split()[0] for query in asked if query["sql"].split()[0] in SQL] == [
            "SELECT",
            "WITH",
        ]


def test_a_page_that_asks_nothing_is_skipped():
    respondent = opened(PAGES)
    respondent.send(nps="9")
    assert "Page 3 of 3" in respondent.text
    assert respondent.send(csat="5").status_code == 302
    assert Response.objects.get().answers == {"nps": 9, "csat": 5}


def test_a_page_is_the_last_when_every_later_one_is_skipped():
    respondent = opened(PAGES[:2])
    assert respondent.send(nps="9").status_code == 302
    assert Response.objects.get().submitted_at


def test_back_keeps_what_was_typed_and_demands_nothing():
    respondent = opened(PAGES)
    respondent.send(nps="3")
    respondent.send(_go="back", why="Half a")
    assert "Page 1 of 3" in respondent.text
    assert 'value="3" checked' in respondent.text
    respondent.send(nps="3")
    assert "Half a" in respondent.text
    respondent.send(why="Half a")
    respondent.send(_go="back")
    assert "Page 2 of 3" in respondent.text
    assert Response.objects.count() == 1


def test_an_answer_that_is_no_longer_asked_for_is_dropped():
    respondent = opened(PAGES)
    respondent.send(nps="3")
    respondent.send(why="Slow.")
    respondent.send(_go="back")
    respondent.send(_go="back")
    respondent.send(nps="10")
    assert respondent.send(csat="5").status_code == 302
    assert Response.objects.get().answers == {"nps": 10, "csat": 5}


def test_the_last_page_alone_does_not_complete_a_survey():
    respondent = opened(PAGES)
    page = respondent.send(_page="3", _shown="csat", csat="5")
    assert page.status_code == 400
    assert "Page 1 of 3" in respondent.text
    assert "Please answer this question." in respondent.text
    assert Response.objects.filter(submitted_at=None).count() == Response.objects.count() == 0


@pytest.mark.parametrize("page", ["0", "4", "300", "x", "-1", "1.5", "９"])
def test_a_page_that_the_survey_has_not_is_refused(page):
    assert opened(PAGES).send(_page=page, nps="3").status_code == 400
    assert Response.objects.count() == 0


def test_a_program_may_send_every_answer_at_once():
    path = open_link(published_survey(PAGES))
    assert Client().post(path, {"nps": "3", "why": "Slow.", "csat": "2"}).status_code == 302
    assert Response.objects.get().answers == {"nps": 3, "why": "Slow.", "csat": 2}


def test_a_question_called_up_by_an_answer_is_shown_before_the_page_counts():
    respondent = opened(BRANCH)
    assert 'name="why"' not in respondent.text
    page = respondent.send(nps="3")

    assert page.status_code == 200
    assert 'name="why"' in respondent.text
    assert "Your answer leads to one more question." in respondent.text
    assert "Please answer this question." not in respondent.text
    assert 'value="3" checked' in respondent.text
    assert Response.objects.count() == 0

    assert respondent.send(nps="3").status_code == 400
    assert "Please answer this question." in respondent.text
    assert respondent.send(nps="3", why="Slow.").status_code == 302
    assert Response.objects.get().answers == {"nps": 3, "why": "Slow."}


def test_a_question_that_stays_hidden_stands_in_nobodys_way():
    assert opened(BRANCH).send(nps="9").status_code == 302
    assert Response.objects.get().answers == {"nps": 9}


def test_an_answer_to_a_question_that_is_not_asked_is_not_stored():
    assert opened(BRANCH).send(nps="9", why="Sneaked in.").status_code == 302
    assert Response.objects.get().answers == {"nps": 9}


def test_a_score_in_the_link_shows_the_question_that_it_calls_up():
    respondent = opened(BRANCH, "?nps=2")
    assert 'name="why"' in respondent.text
    assert respondent.send(nps="2", why="Slow.").status_code == 302


SPOKEN = {
    "language": "en",
    "languages": ["en", "de", "ar"],
    "title": {"en": "Your visit", "de": "Ihr Besuch", "ar": "زيارتك"},
    "thank_you": {"en": "Thanks a lot.", "de": "Haben Sie Dank."},
}
MULTILINGUAL = [
    {**NPS, "text": {"en": "How likely?", "de": "Wie wahrscheinlich?"}, "required": True},
    {**WHY, "text": {"en": "Why?", "de": "Warum?"}, "page": 2},
]


@pytest.mark.parametrize(
    ("query", "headers", "language"),
    [
        ("", {}, "en"),
        ("", {"accept-language": "fr, de-CH;q=0.8, en;q=0.5"}, "de"),
        ("?lang=de", {"accept-language": "ar"}, "de"),
        ("?lang=tlh", {"accept-language": "ar"}, "ar"),
        ("?lang=de-AT", {}, "de"),
        ("", {"accept-language": "x" * 5000}, "en"),
        ("?lang=" + "x" * 500, {"accept-language": ";;;q=,,"}, "en"),
    ],
)
def test_the_language_is_the_links_then_the_browsers_then_the_surveys(query, headers, language):
    survey = published_survey(MULTILINGUAL, **SPOKEN)
    respondent = Respondent(open_link(survey), **headers).open(query)
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in respondent.text


def test_a_contacts_language_comes_before_the_browsers():
    survey = published_survey(MULTILINGUAL, **SPOKEN)
    _, link = create_invitation(survey, contact(account(), language="de-AT"), now=timezone.now())
    path = "/r/" + link.rpartition("/r/")[2]
    assert '<html lang="de"' in Respondent(path, **{"accept-language": "ar"}).open().text
    assert '<html lang="ar"' in Respondent(path, **{"accept-language": "ar"}).open("?lang=ar").text


def test_switching_the_language_keeps_what_was_typed_and_stores_nothing():
    respondent = Respondent(open_link(published_survey(MULTILINGUAL, **SPOKEN))).open()
    assert respondent.send(nps="9", _go="language-de").status_code == 200
    assert "Wie wahrscheinlich?" in respondent.text
    assert 'value="9" checked' in respondent.text
    assert Response.objects.count() == 0

    respondent.send(nps="9")
    assert "Warum?" in respondent.text
    page = respondent.send(why="Schnell.")
    assert page["Location"] == f"{respondent.path}thanks/?lang=de"
    assert "Haben Sie Dank." in respondent.client.get(page["Location"]).content.decode()
    assert Response.objects.get().language == "de"


def test_a_choice_of_ones_own_words():
    choices = [
        {"key": "price", "text": "Price"},
        {"key": "else", "text": "Something else", "is_other": True},
    ]
    one = {"key": "one", "kind": "single_choice", "text": "?", "choices": choices}
    many = {"key": "many", "kind": "multiple_choice", "text": "?", "choices": choices}
    respondent = opened([one, many])
    sent = {"one": "else", "one.other": " The people ", "many": ["else", "price"], "many.other": "Both"}
    assert respondent.send(**sent).status_code == 302
    assert Response.objects.get().answers == {
        "one": {"other": "The people"},
        "many": ["price", {"other": "Both"}],
    }


def test_what_is_not_translated_says_which_language_it_is_in():
    choices = [{"key": "a", "text": {"en": "Early", "de": "Früh"}}, {"key": "b", "text": "Late"}]
    questions = [
        {**NPS, "text": {"en": "How likely?", "de": "Wie wahrscheinlich?"}, "help": "In English only."},
        {"key": "when", "kind": "single_choice", "text": "When?", "choices": choices},
        {"key": "order", "kind": "ranking", "text": "In which order?", "choices": choices},
        {"key": "grid", "kind": "matrix", "text": "?", "choices": choices, "settings": {"rows": choices}},
        {"key": "list", "kind": "dropdown", "text": "Which?", "choices": choices},
    ]
    texts = {"title": {"en": "Care", "de": "Pflege"}, "intro": "Hello.", "languages": ["en", "de"]}

    def in_english(query):
        page = opened(questions, query, **texts).text.partition('class="head"')[2]
        return re.findall(r'<(\w+)[^<>]* lang="en"[^>]*>\s*(?:<p>)?([^<]+)<', page)

    assert in_english("?lang=en") == []
    assert in_english("?lang=de") == [
        ("div", "Hello."),
        ("p", "In English only."),
        *(("span", text) for text in ("When?", "Late", "In which order?")),
        ("label", "Late"),
        *(("span", "?"), ("span", "Late"), ("legend", "Late"), ("span", "Late"), ("span", "Which?")),
        ("option", "Late"),
    ]
