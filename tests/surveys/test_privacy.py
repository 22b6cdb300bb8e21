"""Confidential and anonymous surveys: answered once, and nothing in the database says by whom."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from surveys.actions.outreach import create_invitation
from surveys.models import Invitation, Response
from tests.factories import CSAT, NPS, account, contact, published_survey
from tests.surveys.respondent import Respondent
from tests.surveys.test_races import at_once

PAGES = [{**NPS, "required": True}, {**CSAT, "page": 2}]


def invited(privacy, questions=(NPS, CSAT), *, colleagues=0, **texts):
    survey = published_survey(questions, privacy=privacy, **texts)
    company = account()
    for _ in range(colleagues):
        create_invitation(survey, contact(company), now=timezone.now())
    invitation, link = create_invitation(survey, contact(company), now=timezone.now())
    return Respondent("/r/" + link.rpartition("/r/")[2]), invitation


@pytest.mark.django_db
@pytest.mark.parametrize("privacy", ["confidential", "anonymous"])
class TestKept:
    def test_an_answer_is_kept_without_whom_it_is_from(self, privacy):
        respondent, invitation = invited(privacy)
        assert respondent.open().send(nps="9").status_code == 302

        response = Response.objects.get()
        assert (response.contact, response.invitation, response.account) == (None, None, None)
        assert respondent.path.split("/")[2] not in response.submission_key
        assert bytes(invitation.token_hash).hex()[:16] not in response.submission_key
        invitation.refresh_from_db()
        assert invitation.answered_on == timezone.localdate()

    def test_its_times_say_no_more_than_the_day(self, privacy):
        respondent, _ = invited(privacy)
        respondent.open().send(nps="9")
        response = Response.objects.get()
        for moment in (response.submitted_at, response.started_at):
            assert (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
        assert response.changed_at.minute % 10 == response.changed_at.second == 0
        assert response.submitted_at.date() == timezone.localdate()

    def test_no_column_of_the_two_rows_holds_what_the_other_holds(self, privacy):
        respondent, invitation = invited(privacy)
        respondent.open().send(nps="9")

        def values(table):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT row_to_json({table}) FROM {table}")
                (row,) = cursor.fetchone()
            return {
                json.dumps(value)
                for name, value in (row if isinstance(row, dict) else json.loads(row)).items()
                if value not in (None, "", [], {}, False, True) and name not in ("id", "survey_id")
            }

        shared = values("surveys_response") & values("surveys_invitation")
        assert {value for value in shared if len(value) > 3} == set()
        assert invitation.answered_on is None  # as it was made; the day came later

    def test_a_link_is_answered_once(self, privacy):
        respondent, _ = invited(privacy)
        other = Respondent(respondent.path).open()
        sent = {**respondent.open().hidden, "nps": "9"}
        assert respondent.client.post(respondent.path, sent).status_code == 302
        assert respondent.client.post(respondent.path, sent).status_code == 302
        assert respondent.client.post(respondent.path, {**sent, "nps": "1"}).status_code == 409
        assert other.send(nps="2").status_code == 409
        assert "You have already answered" in Client().get(respondent.path).content.decode()
        assert Client().get(respondent.path + "thanks/").status_code == 200
        assert Response.objects.get().answers == {"nps": 9}

    def test_several_pages_are_gone_through_without_a_name(self, privacy):
        respondent, invitation = invited(privacy, PAGES)
        respondent.open().send(nps="9")
        invitation.refresh_from_db()
        assert invitation.answered_on is None
        assert respondent.send(csat="4").status_code == 302
        response = Response.objects.get()
        assert (response.answers, response.invitation) == ({"nps": 9, "csat": 4}, None)

    def test_another_window_does_not_show_what_was_begun(self, privacy):
        respondent, _ = invited(privacy, PAGES)
        respondent.open().send(nps="9")
        assert " checked" not in Respondent(respondent.path).open().text

    def test_the_page_says_in_its_language_what_is_kept(self, privacy):
        respondent, _ = invited(privacy, languages=["en", "de"])
        assert f"This survey is {privacy}" in respondent.open().text
        assert "Diese Umfrage ist" in respondent.open("?lang=de").text

    def test_a_closed_survey_does_not_use_a_link_up(self, privacy):
        respondent, invitation = invited(privacy)
        respondent.open()
        survey = invitation.survey
        type(survey).objects.update(closes_at=timezone.now())
        assert respondent.send(nps="9").status_code == 410
        invitation.refresh_from_db()
        assert invitation.answered_on is None


@pytest.mark.django_db
@pytest.mark.parametrize(("colleagues", "is_kept"), [(3, False), (4, True)])
def test_a_company_is_kept_where_enough_of_its_people_were_asked(colleagues, is_kept):
    respondent, invitation = invited("confidential", colleagues=colleagues)
    respondent.open().send(nps="9")
    response = Response.objects.get()
    assert response.account == (invitation.contact.account if is_kept else None)
    assert response.contact is None


@pytest.mark.django_db
def test_an_anonymous_survey_never_keeps_a_company():
    respondent, _ = invited("anonymous", colleagues=9)
    respondent.open().send(nps="9")
    assert Response.objects.get().account is None


@pytest.mark.django_db
def test_a_personal_link_says_that_it_is_personal():
    respondent, _ = invited("identified")
    assert "kept together with your name and your company" in respondent.open().text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("privacy", ["confidential", "anonymous"])
def test_fifty_at_once_on_one_link_are_one_response(privacy):
    respondent, _ = invited(privacy)
    bodies = [{**Respondent(respondent.path).open().hidden, "nps": str(n % 11)} for n in range(50)]
    assert at_once(respondent.path, bodies) == {302: 1, 409: 49}
    assert Response.objects.count() == 1
    assert Invitation.objects.exclude(answered_on=None).count() == 1
