"""Staff try a live survey out: their answers are stored as tests, count nowhere and go in one press."""

import pytest
from django.urls import reverse

from metrics.actions.absorb import absorb_responses
from metrics.models import Score
from surveys.actions.beginning import begin_blank
from surveys.models import Response
from tests import factories
from tests.accounts.staff import logged_in, member
from tests.surveys.respondent import HIDDEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def survey():
    return factories.published_survey(
        [factories.NPS, {**factories.CSAT, "page": 2}], languages=["en", "de"], thank_you="Thanks, Anna."
    )


@pytest.fixture
def builder(survey):
    return logged_in(member("builder"))


def url_of(survey, page="test"):
    return reverse(f"admin:surveys_survey_{page}", args=[survey.pk])


def hidden_of(page):
    return dict(HIDDEN.findall(page.content.decode()))


def answered(client, survey, nps="9"):
    first = client.get(url_of(survey))
    second = client.post(url_of(survey), {**hidden_of(first), "nps": nps})
    last = {**hidden_of(second), "csat": "4"}
    return last, client.post(url_of(survey), last)


def test_what_is_sent_at_the_end_is_stored_as_a_test(builder, survey):
    _, page = answered(builder, survey)
    assert "Test: your answers are kept as a test" in page.content.decode()
    assert "Thanks, Anna." in page.content.decode()
    response = Response.objects.get()
    assert response.is_test
    assert response.answers == {"nps": 9, "csat": 4}
    assert (response.version_id, response.account, response.contact) == (survey.live_version_id, None, None)
    assert response.submitted_at is not None


def test_half_a_test_is_nothing_and_the_same_one_twice_is_one(builder, survey):
    builder.post(url_of(survey), {**hidden_of(builder.get(url_of(survey))), "nps": "9"})
    assert not Response.objects.exists()
    last, _ = answered(builder, survey)
    builder.post(url_of(survey), last)
    assert Response.objects.count() == 1


def test_a_refused_answer_stores_nothing(builder, survey):
    last, _ = answered(builder, survey)
    Response.objects.all().delete()
    assert builder.post(url_of(survey), {**last, "csat": "77"}).status_code == 400
    assert not Response.objects.exists()


def test_no_number_counts_a_test(builder, survey):
    answered(builder, survey)
    factories.respond(survey, {"nps": 2, "csat": 1})
    absorb_responses(now=Response.objects.latest("changed_at").changed_at)
    assert {score.value for score in Score.objects.filter(question_key="nps")} == {2}
    assert Response.objects.counted().count() == 1


def test_a_test_is_nobodys_place(builder, survey, client):
    survey.response_limit = 1
    survey.save()
    answered(builder, survey)
    assert client.get(f"/s/{survey.slug}/").status_code == 200
    assert answered(builder, survey)[1].status_code == 200


def test_tests_are_marked_in_the_list_and_deleted_alone(builder, survey):
    kept = factories.respond(survey, {"nps": 2})
    other = factories.published_survey()
    elsewhere = factories.respond(other, {"nps": 2}, is_test=True)
    answered(builder, survey)
    answered(builder, survey)
    assert "2 test answers so far" in builder.get(url_of(survey, "tests")).content.decode()
    page = builder.post(url_of(survey, "tests"), follow=True).content.decode()
    assert "2 test answers deleted." in page
    assert "No test answers so far." in page
    assert set(Response.objects.all()) == {kept, elsewhere}


def test_looking_at_the_page_deletes_nothing(builder, survey):
    answered(builder, survey)
    builder.get(url_of(survey, "tests"))
    assert Response.objects.count() == 1


@pytest.mark.parametrize("page", ["test", "tests"])
def test_only_who_may_change_the_survey_tests_it(survey, client, page):
    factories.respond(survey, {"nps": 2}, is_test=True)
    reader = logged_in(member("analyst"))
    fields = {"nps": "9", "csat": "4"}
    assert reader.get(url_of(survey, page)).status_code == 403
    assert reader.post(url_of(survey, page), fields).status_code == 403
    assert client.post(url_of(survey, page), fields).status_code == 302
    assert Response.objects.count() == 1


def test_a_respondent_cannot_call_an_answer_a_test(survey, client):
    first = client.get(f"/s/{survey.slug}/")
    second = client.post(f"/s/{survey.slug}/", {**hidden_of(first), "nps": "0"})
    client.post(f"/s/{survey.slug}/", {**hidden_of(second), "csat": "1", "is_test": "1", "_test": "1"})
    assert not Response.objects.get().is_test


def test_the_builder_leads_to_the_tests_of_what_is_live(builder, survey):
    build = reverse("admin:surveys_survey_build", args=[survey.pk])
    assert url_of(survey, "tests") in builder.get(build).content.decode()
    draft = begin_blank("Draft", programme=factories.programme(), slug="draft")
    build = reverse("admin:surveys_survey_build", args=[draft.pk])
    assert url_of(draft, "tests") not in builder.get(build).content.decode()
    assert "publish the survey" in builder.get(url_of(draft), follow=True).content.decode()
