"""/s/<slug>/: anyone may answer, as often as they open the page anew."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.actions.authoring import publish_survey
from surveys.models import Response, Survey
from surveys.views.traces import stamp
from tests.factories import CSAT, NPS, WHY, published_survey
from tests.surveys.respondent import Respondent, open_link

pytestmark = pytest.mark.django_db
TRANSACTION_WORDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def opened(survey: Survey, query: str = "") -> Respondent:
    return Respondent(open_link(survey)).open(query)


def test_a_sent_form_is_stored_once_and_whole():
    survey = published_survey()
    respondent = opened(survey)

    page = respondent.send(nps="9", csat="4", why="  Fast answers.\r\nKind people. ")

    assert page.status_code == 302
    response = Response.objects.get()
    assert response.answers == {"nps": 9, "csat": 4, "why": "Fast answers.\nKind people."}
    assert (response.survey, response.version_id) == (survey, survey.live_version_id)
    assert response.collector.slug == survey.slug
    assert (response.channel, response.language, response.revision) == ("link", "en", 1)
    assert (response.invitation, response.contact, response.account) == (None, None, None)
    assert response.submitted_at == response.changed_at
    assert not response.is_test


def test_the_redirect_leads_to_the_thanks_and_a_refresh_repeats_nothing():
    survey = published_survey(thank_you="Anna reads every answer.")
    respondent = opened(survey)
    thanks = respondent.client.get(respondent.send(nps="9")["Location"])

    assert thanks.status_code == 200
    assert "Anna reads every answer." in thanks.content.decode()
    assert Response.objects.count() == 1


def test_the_same_page_sent_twice_gives_the_same_result():
    respondent = opened(published_survey())
    first = respondent.client.post(respondent.path, {**respondent.hidden, "nps": "9"})
    again = respondent.client.post(respondent.path, {**respondent.hidden, "nps": "9"})

    assert (first.status_code, again.status_code) == (302, 302)
    assert first["Location"] == again["Location"]
    assert Response.objects.get().revision == 1


def test_the_same_page_sent_again_with_other_answers_changes_nothing():
    respondent = opened(published_survey())
    sent = dict(respondent.hidden)
    respondent.send(nps="9")
    page = respondent.client.post(respondent.path, {**sent, "nps": "2"})

    assert page.status_code == 409
    assert "Your first answers stand" in page.content.decode()
    assert Response.objects.get().answers == {"nps": 9}


def test_a_page_opened_anew_is_another_response():
    survey = published_survey()
    opened(survey).send(nps="9")
    opened(survey).send(nps="9")

    assert Response.objects.count() == 2


def test_a_form_that_names_no_key_is_taken_once_each_time():
    survey = published_survey()
    assert Client().post(open_link(survey), {"nps": "9"}).status_code == 302
    assert Response.objects.get().version_id == survey.live_version_id


def test_get_and_head_write_nothing_and_a_score_in_the_link_is_only_shown_as_chosen():
    survey = published_survey()
    for query in ("", "?nps=9", "?nps=9&csat=4&why=x&_go=next&_key=aaaaaaaaaaaaaaaaaaaa"):
        page = opened(survey, query)
        assert page.page.status_code == 200
        assert Client().head(open_link(survey) + query).status_code == 200
    assert Response.objects.count() == 0

    page = opened(survey, "?nps=9")
    assert 'value="9" checked' in page.text
    assert page.text.count(" checked") == 1
    assert " checked" not in opened(survey, "?nps=11&csat=nine").text


@pytest.mark.parametrize("copies", [1, 30])
def test_a_get_is_one_statement_and_a_post_is_one_however_many_questions(copies):
    questions = [
        {**question, "key": f"{question['key']}{n}"} for n in range(copies) for question in (NPS, CSAT, WHY)
    ]
    survey = published_survey(questions)
    opened(survey)  # the definition is in the process from here on
    with CaptureQueriesContext(connection) as asked:
        respondent = opened(survey)
    with CaptureQueriesContext(connection) as written:
        respondent.send(**{f"nps{n}": "9" for n in range(copies)})
    with CaptureQueriesContext(connection) as repeated:
        respondent.client.post(respondent.path, {**respondent.hidden, "nps0": "9"})

    assert len(asked) == 1
    assert [query["sql"].split()[0] for query in written] == ["WITH"]
    assert len(repeated) <= 3


def test_a_survey_that_closes_while_the_page_is_open_refuses_with_its_own_words():
    survey = published_survey(closed="The spring survey ended.\n\nWrite to us any time.")
    respondent = opened(survey)
    Survey.objects.filter(pk=survey.pk).update(closes_at=timezone.now())
    page = respondent.send(nps="9")

    assert page.status_code == 410
    assert "The spring survey ended." in respondent.text
    assert Response.objects.count() == 0
    assert Client().get(open_link(survey)).status_code == 410

    Survey.objects.filter(pk=survey.pk).update(closes_at=timezone.now() + timedelta(hours=1))
    assert opened(survey).send(nps="9").status_code == 302


def test_what_was_taken_before_the_close_stays_taken_for_who_sends_it_again():
    survey = published_survey()
    respondent = opened(survey)
    sent = {**respondent.hidden, "nps": "9"}
    respondent.client.post(respondent.path, sent)
    Survey.objects.filter(pk=survey.pk).update(closes_at=timezone.now())

    assert respondent.client.post(respondent.path, sent).status_code == 302
    assert Response.objects.count() == 1


def test_answers_with_faults_meet_the_closed_door_first():
    survey = published_survey([{**NPS, "required": True}])
    respondent = opened(survey)
    survey.collectors.update(closed_at=timezone.now())

    assert respondent.send().status_code == 410


def test_a_survey_is_not_open_before_its_time():
    survey = published_survey()
    respondent = opened(survey)
    Survey.objects.filter(pk=survey.pk).update(opens_at=timezone.now() + timedelta(minutes=1))

    assert respondent.send(nps="9").status_code == 403
    assert "not open yet" in respondent.text
    assert Response.objects.count() == 0
    assert Client().get(open_link(survey)).status_code == 403


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "It opens on 31 Jan 2099, 21:30 CET."),
        ("de", "Sie beginnt am 31. Januar 2099, 21:30 CET."),
        ("ar", "موعد الفتح: 31 يناير، 2099، 9:30 م CET."),
        ("zh", "开放时间：2099年1月31日 21:30 CET。"),
        ("pt-br", "Abre a 31 de Janeiro de 2099, 21:30 CET."),
    ],
)
def test_a_survey_that_is_not_open_yet_says_when_it_opens(language, told, settings):
    settings.REPORTING_ZONE = ZoneInfo("Europe/Berlin")
    survey = published_survey(language=language)
    Survey.objects.filter(pk=survey.pk).update(opens_at=datetime(2099, 1, 31, 20, 30, tzinfo=UTC))
    page = Client().get(open_link(survey))
    assert page.status_code == 403
    assert told in page.content.decode()


def test_what_was_never_published_promises_no_opening():
    survey = published_survey()
    tomorrow = timezone.now() + timedelta(days=1)
    Survey.objects.filter(pk=survey.pk).update(opens_at=tomorrow, live_version=None)
    page = Client().get(open_link(survey))
    assert page.status_code == 403
    assert "come back a little later" in page.content.decode()


def test_a_link_to_nothing_is_one_friendly_page():
    page = Client().get("/s/no-such-survey/")
    assert page.status_code == 404
    assert "This link does not work" in page.content.decode()
    assert Client().post("/s/no-such-survey/", {"nps": "9"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "language"), [("?lang=he", "he"), ("?lang=xx", "de"), ("?lang=", "de"), ("", "de")]
)
def test_a_link_to_nothing_speaks_the_language_it_names_or_else_the_browsers(query, language):
    page = Client(headers={"accept-language": "de"}).get(f"/s/no-such-survey/{query}")
    assert page.status_code == 404
    assert f'<html lang="{language}"' in page.content.decode()


def test_answers_count_for_the_version_that_was_seen():
    survey = published_survey()
    seen = survey.live_version_id
    respondent = opened(survey)
    survey.questions.filter(key="why").delete()
    publish_survey(survey, by=None, now=timezone.now())
    survey.refresh_from_db()
    respondent.send(nps="9", why="It was there when I looked.")

    assert survey.live_version_id != seen
    response = Response.objects.get()
    assert response.version_id == seen
    assert response.answers == {"nps": 9, "why": "It was there when I looked."}


def test_a_new_version_is_shown_at_once_although_questions_are_drawn_once():
    survey = published_survey()
    assert "How satisfied are you?" in opened(survey).text
    survey.questions.filter(key="csat").update(text="And the <new> wording?")
    publish_survey(survey, by=None, now=timezone.now())
    page = opened(survey).text
    assert "And the &lt;new&gt; wording?" in page
    assert "How satisfied are you?" not in page
    filled = opened(survey, "?csat=4").text
    assert 'value="4" checked' in filled
    assert " checked" not in opened(survey).text


@pytest.mark.parametrize("version", ["0", "999999999", "999999999999999999", "9" * 19, "x", "", "-1", "1.0"])
def test_a_version_that_is_nobodys_is_refused(version):
    respondent = opened(published_survey())
    assert respondent.send(_version=version, nps="9").status_code == 400
    assert Response.objects.count() == 0


def test_another_surveys_version_is_refused_and_never_shown():
    secret = published_survey([{**NPS, "text": "Our secret question", "required": True}])
    respondent = opened(published_survey())
    for answers in ({"nps": "9"}, {}, {"_go": "language-en"}):
        hidden = {**respondent.hidden, "_version": str(secret.live_version_id)}
        page = respondent.client.post(respondent.path, {**hidden, **answers})
        assert page.status_code == 400
        assert "Our secret question" not in page.content.decode()
    assert Response.objects.count() == 0


def test_faults_come_back_beside_their_fields_with_everything_typed_still_there():
    survey = published_survey([{**NPS, "required": True}, {**CSAT, "required": True}, WHY])
    respondent = opened(survey)
    page = respondent.send(nps="11", why="Typed with <care>.")

    assert page.status_code == 400
    assert "2 answers need another look." in respondent.text
    assert "Please choose a point from 0 to 10." in respondent.text
    assert "Please answer this question." in respondent.text
    assert 'href="#nps-q"' in respondent.text
    assert "Typed with &lt;care&gt;." in respondent.text
    assert Response.objects.count() == 0
    assert respondent.send(nps="10", csat="5").status_code == 302


def test_an_empty_form_is_not_a_response():
    respondent = opened(published_survey())
    assert respondent.send().status_code == 400
    assert "Please answer at least one question." in respondent.text
    assert Response.objects.count() == 0


def test_how_long_it_took_is_believed_within_a_day():
    survey = published_survey()
    now = timezone.now()
    for started, least, most in (
        (now - timedelta(minutes=5), 299, 302),
        (now - timedelta(days=300), 86_399, 86_402),
        (now + timedelta(days=300), 0, 1),
    ):
        respondent = opened(survey)
        sealed = stamp(int(started.timestamp()))
        respondent.send(_started=sealed, nps="9")
        response = Response.objects.latest("pk")
        assert least <= (response.submitted_at - response.started_at).total_seconds() <= most


def test_the_pages_set_no_cookie_and_are_kept_framed_and_listed_by_nobody():
    respondent = opened(published_survey())
    pages = [respondent.page, respondent.send(), Client().get("/s/none/")]
    redirect = respondent.send(nps="9")
    for page in (*pages, redirect):
        assert not page.cookies
        assert page["Cache-Control"] == "no-store, private"
        assert page["Referrer-Policy"] == "no-referrer"
    for page in pages:
        assert page["X-Robots-Tag"] == "noindex, nofollow"
        assert page["X-Frame-Options"] == "DENY"
        assert page["X-Content-Type-Options"] == "nosniff"
        policy = page["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src 'self';" in policy


def test_markup_in_answers_and_texts_stays_text():
    attack = "\"><svg/onload=fetch('//127.0.0.1:9/x')><script>window.__x=1</script>{{7*7}}"
    survey = published_survey(
        [{**NPS, "text": attack, "required": True}, {**WHY, "help": attack}], title=attack, thank_you=attack
    )
    respondent = opened(survey)
    assert "<script>" not in respondent.text
    respondent.send(why=attack)
    assert respondent.page.status_code == 400
    assert "<script>" not in respondent.text
    assert "{{7*7}}" in respondent.text
    thanks = respondent.client.get(respondent.send(nps="9", why=attack)["Location"])
    assert "<script>" not in thanks.content.decode()
    assert Response.objects.get().answers["why"] == attack


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize("page", ["", "thanks/"])
def test_other_methods_are_refused(method, page):
    page = getattr(Client(), method)(open_link(published_survey()) + page)
    assert page.status_code == 405
    assert page["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("added", [")/", "/", "thanks/./", "?lang=de&x=/"])
@pytest.mark.parametrize("of", ["s", "r"])
def test_a_link_that_something_was_added_to_leads_to_a_friendly_page(of, added):
    page = Client().get(f"/{of}/no-such-link/{added}")
    assert page.status_code == 404
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    said = "Dieser Link funktioniert nicht" if "lang=de" in added else "This link does not work"
    assert said in page.content.decode()


def test_a_link_without_its_last_slash_is_led_to_its_page():
    survey = published_survey()
    page = Client().get(open_link(survey)[:-1])
    assert (page.status_code, page["Location"]) == (301, open_link(survey))


@pytest.mark.parametrize(
    ("own", "heading", "text"),
    [
        ("", "Thank you!", "Your answers have arrived."),
        ("Thanks, you are great.", "Thanks, you are great.", None),
        ("Thanks!\n\nAnna reads this.", "Thanks!", "Anna reads this."),
        ("Thanks, " + "and " * 40 + "bye.", "Thank you!", "Thanks, and"),
    ],
)
def test_the_thanks_begin_with_a_heading(own, heading, text):
    survey = published_survey(thank_you=own)
    page = Client().get(f"{open_link(survey)}thanks/").content.decode()
    assert f">{heading}</h1>" in page
    assert (text in page) if text else ("<p>" not in page.split("</h1>")[1])
