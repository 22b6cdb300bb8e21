"""What is kept before a page is sent, and going on with it: partial, exactly one row, and never counted."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.actions.authoring import close_survey
from surveys.actions.outreach import create_invitation
from surveys.models import Response
from tests.factories import CSAT, NPS, WHY, account, contact, published_survey
from tests.surveys.respondent import Respondent, open_link

pytestmark = pytest.mark.django_db
SQL = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
ONE_PAGE = [{**NPS, "required": True}, WHY, {**CSAT, "required": True}]
TWO_PAGES = [{**NPS, "required": True}, WHY, {**CSAT, "page": 2, "required": True}]


def personal(questions):
    survey = published_survey(questions)
    _, link = create_invitation(survey, contact(account()), now=timezone.now())
    return survey, "/r/" + link.rpartition("/r/")[2]


def save(respondent, **answers):
    return respondent.client.post(respondent.path, {**respondent.hidden, "_go": "save", **answers})


@pytest.mark.parametrize("questions", [ONE_PAGE, TWO_PAGES])
def test_what_is_answered_so_far_is_kept_and_counts_for_nothing(questions):
    respondent = Respondent(open_link(published_survey(questions))).open()
    kept = save(respondent, nps="3", why="Half a thou")
    assert (kept.status_code, kept.content) == (204, b"")
    partial = Response.objects.get()
    assert partial.answers == {"nps": 3, "why": "Half a thou"}
    assert partial.submitted_at is None
    assert not Response.objects.completed().exists()

    save(respondent, nps="4", why="Half a thought")
    again = Response.objects.get()
    assert (again.pk, again.answers) == (partial.pk, {"nps": 4, "why": "Half a thought"})


@pytest.mark.parametrize("questions", [ONE_PAGE, TWO_PAGES])
def test_keeping_takes_three_statements_at_most(questions):
    respondent = Respondent(open_link(published_survey(questions))).open()
    save(respondent, nps="3")
    with CaptureQueriesContext(connection) as asked:
        save(respondent, nps="4")
    assert len([query for query in asked if query["sql"].split()[0] in SQL]) <= 2


def test_what_a_link_said_when_it_was_begun_is_told_again_when_it_goes_on():
    greeting = {**NPS, "text": "Hello {{hidden.plan|friend}}"}
    survey = published_survey([greeting, {**CSAT, "page": 2}], hidden=["plan"])
    _, link = create_invitation(survey, contact(account()), now=timezone.now())
    path = "/r/" + link.rpartition("/r/")[2]
    save(Respondent(path).open("?plan=pro"), nps="3")
    elsewhere = Respondent(path).open()
    assert "Hello pro" in elsewhere.send(_go="back").content.decode()

    opened = Respondent(open_link(survey)).open("?plan=team")
    save(opened, nps="3")
    again = opened.client.post(opened.path, {"_go": "resume", "_key": opened.hidden["_key"]})
    assert 'name="_h.plan" value="team"' in again.content.decode()


def test_what_is_wrong_is_left_out_and_waits_for_its_turn():
    respondent = Respondent(open_link(published_survey(ONE_PAGE))).open()
    assert save(respondent, nps="11", why="x" * 5000, csat="4").status_code == 204
    assert Response.objects.get().answers == {"csat": 4}


def test_a_page_without_an_answer_is_not_kept():
    respondent = Respondent(open_link(published_survey(ONE_PAGE))).open()
    assert save(respondent).status_code == 204
    assert save(respondent, why="  ").status_code == 204
    assert not Response.objects.exists()


def test_the_send_completes_the_row_that_was_kept():
    respondent = Respondent(open_link(published_survey(ONE_PAGE))).open()
    save(respondent, nps="3")
    assert respondent.send(nps="3", csat="4").status_code == 302
    whole = Response.objects.get()
    assert (whole.answers, whole.submitted_at is None) == ({"nps": 3, "csat": 4}, False)


def test_what_is_sent_stays_as_it_was():
    respondent = Respondent(open_link(published_survey(ONE_PAGE))).open()
    hidden = dict(respondent.hidden)
    respondent.send(nps="9", csat="5")
    respondent.hidden = hidden
    assert save(respondent, nps="0").status_code == 409
    assert Response.objects.get().answers == {"nps": 9, "csat": 5}


def test_a_closed_survey_keeps_nothing():
    survey = published_survey(ONE_PAGE)
    respondent = Respondent(open_link(survey)).open()
    close_survey(survey, now=timezone.now())
    assert save(respondent, nps="3").status_code == 410
    assert not Response.objects.exists()


def test_a_personal_link_goes_on_where_it_was_left_on_any_device():
    _, path = personal(TWO_PAGES)
    save(Respondent(path).open(), nps="3", why="Slow.")
    elsewhere = Respondent(path).open()
    assert "Welcome back." in elsewhere.text
    elsewhere.send(_page="1", nps="3", why="Slow.")
    elsewhere.send(csat="2")
    assert Response.objects.get().answers == {"nps": 3, "why": "Slow.", "csat": 2}


def test_an_open_link_goes_on_with_the_key_of_the_device_and_stores_nothing_by_it():
    survey = published_survey(TWO_PAGES)
    first = Respondent(open_link(survey)).open()
    first.send(nps="3", why="Slow.")
    key = first.hidden["_key"]
    before = Response.objects.values().get()

    later = Respondent(open_link(survey))
    page = later.client.post(later.path, {"_go": "resume", "_key": key, "_language": "en"})
    later.see(page)
    assert page.status_code == 200
    assert "Page 2 of 2" in later.text
    assert "Welcome back." in later.text
    assert later.hidden["_key"] == key
    assert Response.objects.values().get() == before
    assert later.send(csat="4").status_code == 302
    assert Response.objects.get().answers == {"nps": 3, "why": "Slow.", "csat": 4}


@pytest.mark.parametrize("key", ["k" * 22, "done"])
def test_a_key_of_nothing_or_of_something_sent_has_nothing_to_go_on_with(key):
    respondent = Respondent(open_link(published_survey(ONE_PAGE))).open()
    done = respondent.hidden["_key"]
    respondent.send(nps="9", csat="5")
    answer = respondent.client.post(
        respondent.path, {"_go": "resume", "_key": done if key == "done" else key}
    )
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_key_of_another_survey_shows_nothing_of_it():
    other = Respondent(open_link(published_survey(TWO_PAGES))).open()
    other.send(nps="3", why="Secret.")
    path = open_link(published_survey(TWO_PAGES))
    answer = other.client.post(path, {"_go": "resume", "_key": other.hidden["_key"]})
    assert answer.status_code == 204


def test_a_script_is_told_where_to_go_on_and_need_not_follow():
    respondent = Respondent(open_link(published_survey(ONE_PAGE))).open()
    sent = respondent.send(nps="9", csat="5", _script="1")
    assert sent.status_code == 201
    assert sent["Location"] == f"{respondent.path}thanks/"


@pytest.mark.parametrize(("channel", "keeps"), [("link", "true"), ("kiosk", "false")])
def test_a_device_of_many_people_keeps_nothing(client, channel, keeps):
    survey = published_survey(ONE_PAGE)
    survey.collectors.update(channel=channel)
    assert f'"keeps": {keeps}' in client.get(open_link(survey)).content.decode()
