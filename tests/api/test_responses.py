from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.models import Response, Survey
from tests import factories
from tests.api.conftest import assert_problem, program, results

pytestmark = pytest.mark.django_db


@pytest.fixture
def survey():
    return factories.published_survey(
        [factories.NPS | {"required": True}, factories.WHY], closed="Too late, sorry."
    )


def handed_in(survey, **fields):
    return {"survey": survey.pk, "submission_key": "visit-0001", "answers": {"nps": 9}} | fields


def test_a_response_is_recorded_once(root, survey):
    first = root.post("responses", handed_in(survey))
    assert first.status_code == 201
    again = root.post("responses", handed_in(survey) | {"survey": survey.slug})
    assert (again.status_code, again.json()) == (200, first.json())
    row = first.json()
    assert (row["survey"], row["version"], row["channel"], row["language"]) == (survey.pk, 1, "api", "en")
    assert (row["answers"], row["account"], row["contact"]) == ({"nps": 9}, None, None)
    assert row["submitted_at"]
    assert Response.objects.count() == 1
    assert root.get(f"responses/{row['public_id']}").json() == row


@pytest.mark.parametrize("contact", [0, -1, 2**63 - 1, 2**63, "1", True, None, []])
def test_a_contact_that_there_is_not_is_named_whether_the_survey_was_answered_before_or_not(
    root, survey, contact
):
    for key in ("visit-0001", "visit-0002"):
        wrong = handed_in(survey, submission_key=key, contact=contact)
        assert_problem(root.post("responses", wrong), 400, "contact")
        right = handed_in(survey, submission_key=key, contact=factories.contact(factories.account()).pk)
        assert root.post("responses", right).status_code == 201


def test_a_new_version_holds_for_the_very_next_response(root, survey):
    assert root.post("responses", handed_in(survey)).json()["version"] == 1
    changed = {"title": "T", "questions": [factories.NPS | {"key": "again"}]}
    assert root.put(f"surveys/{survey.pk}/definition", changed).status_code == 200
    assert root.post(f"surveys/{survey.pk}/publish").status_code == 200
    former = handed_in(survey, submission_key="visit-0002")
    assert_problem(root.post("responses", former), 400, "answers")
    answer = root.post("responses", former | {"answers": {"again": 9}})
    assert (answer.status_code, answer.json()["version"]) == (201, 2)


def test_a_response_to_a_survey_that_was_answered_before_takes_two_statements(root, survey):
    root.post("responses", handed_in(survey))
    with CaptureQueriesContext(connection) as captured:
        assert root.post("responses", handed_in(survey, submission_key="visit-0002")).status_code == 201
    assert len(captured) == 2


def test_other_answers_under_the_same_key_are_a_conflict(root, survey, own):
    root.post("responses", handed_in(survey))
    assert_problem(root.post("responses", handed_in(survey, answers={"nps": 1})), 409)
    assert_problem(root.post("responses", handed_in(survey, contact=factories.contact(own).pk)), 409)
    assert Response.objects.get().answers == {"nps": 9}
    assert root.post("responses", handed_in(survey, submission_key="visit-0002")).status_code == 201


def test_a_contacts_response_belongs_to_the_contacts_account(root, survey, own):
    contact = factories.contact(own)
    row = root.post("responses", handed_in(survey, contact=contact.pk)).json()
    assert (row["contact"], row["account"]) == (contact.pk, own.pk)


def test_a_key_of_a_program_is_none_of_a_respondent(root, survey):
    factories.respond(survey, {"nps": 1}, submission_key="visit-0001")
    assert root.post("responses", handed_in(survey)).status_code == 201
    assert Response.objects.count() == 2


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({}, {"nps"}),
        ({"nps": 11}, {"nps"}),
        ({"nps": "9"}, {"nps"}),
        ({"nps": 9, "nonsense": 1, "why": 5}, {"nonsense", "why"}),
        ({"nps": 9.5}, {"nps"}),
        ({"nps": True}, {"nps"}),
        ({"nps": None}, {"nps"}),
        ({"nps": [9]}, {"nps"}),
        ({"nps": {"a": 1}}, {"nps"}),
        ({"nps": 9, "why": "x" * 20_001}, {"why"}),
    ],
)
def test_wrong_answers_are_named_by_question(root, survey, answers, wrong):
    refusal = assert_problem(root.post("responses", handed_in(survey, answers=answers)), 400, "answers")
    assert set(refusal["errors"]["answers"]) == wrong
    assert all(isinstance(text, str) for texts in refusal["errors"]["answers"].values() for text in texts)
    assert not Response.objects.exists()


@pytest.mark.parametrize("answers", [None, [], "nps", 9, [["nps", 9]]])
def test_answers_are_an_object(root, survey, answers):
    assert_problem(root.post("responses", handed_in(survey, answers=answers)), 400, "answers")


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb", None, 12345678, ["visit-0001"], "visit\x000001"])
def test_a_submission_key_is_one_line_of_text(root, survey, key):
    assert_problem(root.post("responses", handed_in(survey, submission_key=key)), 400)


def test_a_closed_survey_says_so_in_its_own_words(root, survey):
    root.post("responses", handed_in(survey))
    Survey.objects.filter(pk=survey.pk).update(closes_at=timezone.now())
    refusal = root.post("responses", handed_in(survey, submission_key="visit-0002"))
    assert assert_problem(refusal, 410)["detail"] == "Too late, sorry."
    assert root.post("responses", handed_in(survey)).status_code == 200, "it was recorded in time"
    Survey.objects.filter(pk=survey.pk).update(closes_at=None, opens_at=timezone.now() + timedelta(days=1))
    assert_problem(root.post("responses", handed_in(survey, submission_key="visit-0002")), 409)
    Survey.objects.filter(pk=survey.pk).update(live_version=None)
    assert_problem(root.post("responses", handed_in(survey, submission_key="visit-0002")), 409)


def test_a_limited_key_says_whose_answers_they_are_and_sees_only_those(limited, root, survey, own, foreign):
    ours, theirs = factories.contact(own), factories.contact(foreign)
    assert limited.post("responses", handed_in(survey, contact=ours.pk)).status_code == 201
    assert_problem(limited.post("responses", handed_in(survey, submission_key="visit-0002")), 400, "contact")
    for_them = handed_in(survey, submission_key="visit-0003", contact=theirs.pk)
    assert_problem(limited.post("responses", for_them), 400, "contact")
    hidden = [factories.respond(survey, {"nps": 0}, account=foreign), factories.respond(survey, {"nps": 0})]
    assert [row["contact"] for row in results(limited.get("responses"))] == [ours.pk]
    for response in hidden:
        assert_problem(limited.get(f"responses/{response.public_id}"), 404)
        assert root.get(f"responses/{response.public_id}").status_code == 200


def test_the_key_of_another_teams_response_gives_nothing_away(limited, root, survey, own, foreign):
    theirs = handed_in(survey, contact=factories.contact(foreign).pk, answers={"nps": 9, "why": "CANARY"})
    assert root.post("responses", theirs).status_code == 201
    ours = theirs | {"contact": factories.contact(own).pk}
    for body in (ours, ours | {"answers": {"nps": 1}}):
        refusal = limited.post("responses", body)
        assert_problem(refusal, 409)
        assert b"CANARY" not in refusal.content


def test_who_answered_needs_the_scope_personal(root, survey, own):
    contact = factories.contact(own)
    factories.respond(survey, {"nps": 9}, contact=contact)
    blind = program("responses:read")
    row = results(blind.get("responses"))[0]
    assert not {"contact", "invitation"} & set(row)
    assert_problem(blind.get(f"responses?contact={contact.pk}"), 400, "contact")
    assert results(root.get(f"responses?contact={contact.pk}"))[0]["contact"] == contact.pk


def test_responses_are_found_by_survey_account_channel_and_change(root, survey, own):
    other = factories.published_survey()
    at = factories.NOON
    mine = factories.respond(survey, {"nps": 9}, account=own, at=at)
    factories.respond(other, {"nps": 3}, at=at + timedelta(hours=1), channel="qr")
    found = lambda query: [row["public_id"] for row in results(root.get(f"responses?{query}"))]  # noqa: E731
    for query in (f"survey={survey.pk}", f"survey={survey.slug}", f"account={own.pk}", "channel=link"):
        assert found(query) == [str(mine.public_id)]
    assert len(found("changed_after=2026-06-15T12:00:00Z")) == 1
    assert len(found("changed_after=2026-06-15T11:59:59%2B00:00&ordering=-changed_at")) == 2
    assert_problem(root.get("responses?survey=nothing"), 400, "survey")
    for bad in ("yesterday", "2026-06-15T12:00:00+99:00", "2026-02-30T00:00:00Z"):
        assert_problem(root.get(f"responses?changed_after={bad}"), 400, "changed_after")


def test_a_list_costs_the_same_however_long_it_is(root, survey, own):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert results(root.get("responses"))
        return len(captured)

    factories.respond(survey, {"nps": 9}, contact=factories.contact(own))
    queries()
    few = queries()
    for _ in range(12):
        factories.respond(survey, {"nps": 9}, contact=factories.contact(factories.account()))
    assert queries() == few <= 3


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_recorded(root, survey):
    def post(number):
        try:
            return root.post("responses", handed_in(survey, answers={"nps": number % 2})).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(post, range(12)))
    assert sorted(statuses) == [200] * 5 + [201] + [409] * 6
    assert Response.objects.count() == 1


def test_an_anonymous_survey_keeps_nobodys_name_at_this_door_either(root, own):
    survey = factories.published_survey([factories.NPS], privacy="anonymous")
    contact = factories.contact(own)
    first = root.post("responses", handed_in(survey, contact=contact.pk))
    assert first.status_code == 201
    assert (first.json()["contact"], first.json()["account"]) == (None, None)
    assert root.post("responses", handed_in(survey, contact=contact.pk)).status_code == 200
    assert Response.objects.get().contact is None


def test_a_full_survey_takes_no_more_and_answers_carry_its_api_channel(root, survey):
    channel = survey.collectors.create(name="Programs", slug="programs", channel="api")
    Survey.objects.filter(pk=survey.pk).update(response_limit=1)
    assert root.post("responses", handed_in(survey)).status_code == 201
    assert_problem(root.post("responses", handed_in(survey, submission_key="visit-0002")), 410)
    assert Response.objects.get().collector == channel


@pytest.mark.parametrize("instant", ["infinity", "20000-01-01"])
@pytest.mark.parametrize("field", ["submitted_at", "started_at", "changed_at"])
def test_a_time_that_no_calendar_holds_hides_no_other_response(root, field, instant):
    survey = factories.published_survey()
    bad, good = (factories.respond(survey, {"nps": 9}) for _ in range(2))
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE surveys_response SET {field} = %s WHERE id = %s", [instant, bad.pk])
    for order in ("", "?ordering=changed_at", "?ordering=-submitted_at"):
        listed = root.get(f"responses{order}").json()["results"]
        assert [row["public_id"] for row in listed] == [str(good.public_id)]
    assert root.get(f"responses/{bad.public_id}").status_code == 404
