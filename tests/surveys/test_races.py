"""What the database decides when many ask at once: real threads, real connections, real commits."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from surveys.actions.outreach import create_invitation
from surveys.models import Response, Survey
from tests.factories import CSAT, NPS, WHY, account, contact, published_survey
from tests.surveys.respondent import Respondent, open_link

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = [{**NPS, "required": True}, {**CSAT, "page": 2}, {**WHY, "page": 2}]


def at_once(path, bodies):
    """Return the statuses of all bodies, posted at the same moment, each over a connection of its own."""
    barrier = Barrier(len(bodies))

    def post(body):
        client = Client()
        barrier.wait(300)
        try:
            return client.post(path, body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return Counter(pool.map(post, bodies))


def invited(questions=(NPS, CSAT)):
    survey = published_survey(questions)
    _, link = create_invitation(survey, contact(account()), now=timezone.now())
    return "/r/" + link.rpartition("/r/")[2]


def test_thirty_different_answers_to_one_personal_link_are_one_response():
    path = invited()
    bodies = [{"nps": str(n % 11), "_key": f"{n:022}"} for n in range(30)]
    statuses = at_once(path, bodies)
    assert statuses == {302: 1, 409: 29}
    assert Response.objects.get().revision == 1


def test_thirty_times_the_same_page_of_a_personal_link_is_one_response_and_one_result():
    respondent = Respondent(invited()).open()
    statuses = at_once(respondent.path, [{**respondent.hidden, "nps": "9"}] * 30)
    assert statuses == {302: 30}
    assert Response.objects.get().revision == 1


@pytest.fixture
def refused_once():
    """The first response meets a constraint that its statement makes no way for, the next one none."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE SEQUENCE attempts;
            CREATE FUNCTION refuse_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('attempts') = 1 THEN RAISE unique_violation; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse_first BEFORE INSERT ON surveys_response
                FOR EACH ROW EXECUTE FUNCTION refuse_first();
        """)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse_first CASCADE; DROP SEQUENCE attempts")


@pytest.mark.parametrize("questions", [(NPS, CSAT), PAGES])
def test_whoever_meets_the_faster_sending_in_the_other_constraint_looks_again(questions, refused_once):
    respondent = Respondent(invited(questions)).open()
    assert respondent.send(nps="9").status_code in (200, 302)
    assert Response.objects.get().answers == {"nps": 9}


def test_thirty_times_the_same_page_of_an_open_link_is_one_response_and_one_result():
    respondent = Respondent(open_link(published_survey())).open()
    statuses = at_once(respondent.path, [{**respondent.hidden, "nps": "9"}] * 30)
    assert statuses == {302: 30}
    assert Response.objects.get().revision == 1


def test_one_key_with_thirty_different_answers_keeps_the_first():
    respondent = Respondent(open_link(published_survey([WHY]))).open()
    statuses = at_once(respondent.path, [{**respondent.hidden, "why": f"Words {n}"} for n in range(30)])
    assert statuses == {302: 1, 409: 29}
    assert Response.objects.get().revision == 1


def test_thirty_pages_opened_anew_are_thirty_responses():
    survey = published_survey()
    pages = [Respondent(open_link(survey)).open().hidden for _ in range(30)]
    assert at_once(open_link(survey), [{**page, "nps": "9"} for page in pages]) == {302: 30}
    assert Response.objects.count() == 30


def test_two_devices_that_complete_what_was_begun_are_one_response():
    path = invited(PAGES)
    first = Respondent(path).open()
    first.send(nps="9")
    devices = [Respondent(path).open().hidden for _ in range(10)]
    bodies = [{**hidden, "csat": str(1 + n % 5), "_go": "next"} for n, hidden in enumerate(devices)]
    assert at_once(path, bodies) == {302: 1, 409: 9}
    response = Response.objects.get()
    assert response.revision == 2
    assert response.answers["nps"] == 9


def test_two_tabs_that_begin_at_once_are_one_partial_response():
    path = invited(PAGES)
    tabs = [Respondent(path).open().hidden for _ in range(10)]
    assert at_once(path, [{**hidden, "nps": "9", "_go": "next"} for hidden in tabs]) == {200: 10}
    assert Response.objects.get().answers == {"nps": 9}


def test_what_is_sent_while_the_survey_closes_is_either_stored_or_refused():
    survey = published_survey()
    pages = [Respondent(open_link(survey)).open().hidden for _ in range(20)]

    def close(_):
        Survey.objects.filter(pk=survey.pk).update(closes_at=timezone.now())
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(close, None)
        statuses = at_once(open_link(survey), [{**page, "nps": "9"} for page in pages])
        closing.result()
    assert set(statuses) <= {302, 410}
    assert Response.objects.count() == statuses[302]
