"""Staff try a live survey out: their answers are stored as tests, count nowhere and go in one press."""

import pytest
from django.urls import reverse
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from metrics.models import Score
from surveys.actions.authoring import create_survey, publish_survey
from surveys.interchange.native import from_json
from surveys.models import Response, Version
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


def draft_answered(builder, survey, nps="9"):
    url = f"{url_of(survey)}?of=draft"
    return builder.post(url, {**hidden_of(builder.get(url)), "nps": nps})


@pytest.fixture
def draft():
    document = {"title": "Draft", "questions": [factories.NPS], "thank_you": "Seen by Anna."}
    return create_survey(from_json(document), programme=factories.programme(), slug="draft")


def test_a_draft_is_tested_before_it_was_ever_live(builder, draft):
    assert "Seen by Anna." in draft_answered(builder, draft).content.decode()
    assert "Seen by Anna." in draft_answered(builder, draft).content.decode()
    response, other = Response.objects.all()
    assert (response.is_test, response.answers) == (True, {"nps": 9})
    assert (response.version_id, response.version.number) == (other.version_id, None)
    assert not draft.versions.exists()
    assert builder.get("/s/draft/").status_code == 404
    page = builder.get(reverse("admin:surveys_response_change", args=[response.pk])).content.decode()
    assert factories.NPS["text"] in page
    absorb_responses(now=response.changed_at)
    assert not Score.objects.exists()


def test_a_draft_that_changed_is_another_and_what_was_tested_stays(builder, draft):
    draft_answered(builder, draft)
    draft.questions.update(text="Would you, really?")
    draft_answered(builder, draft, nps="1")
    texts = [test.version.definition["questions"][0]["text"] for test in Response.objects.order_by("pk")]
    assert texts == [{"en": factories.NPS["text"]}, {"en": "Would you, really?"}]


def test_publishing_after_a_test_gives_version_1_and_tests_go_in_one_press(builder, draft):
    draft_answered(builder, draft)
    version = publish_survey(draft, by=None, now=timezone.now())
    assert (version.number, draft.versions.get()) == (1, version)
    builder.post(url_of(draft, "tests"))
    assert not Response.objects.exists()
    assert list(Version.tested_too.filter(survey=draft)) == [version]


def test_the_draft_of_a_live_survey_is_tested_too(builder, survey):
    survey.questions.filter(key="csat").delete()
    draft_answered(builder, survey)
    assert Response.objects.get().version.number is None
    answered(builder, survey)
    assert Response.objects.latest("pk").version_id == survey.live_version_id


def test_no_respondent_answers_a_draft_that_was_tested(builder, client):
    survey = factories.published_survey([factories.NPS])
    survey.questions.update(help="Changed since.")
    draft_answered(builder, survey)
    hidden = hidden_of(client.get(f"/s/{survey.slug}/"))
    tested = Version.tested_too.get(number=None)
    fields = {**hidden, "_version": str(tested.pk), "nps": "0"}
    assert "_version" in hidden
    assert client.post(f"/s/{survey.slug}/", fields).status_code == 400
    assert Response.objects.get().is_test


def test_a_draft_with_faults_says_what_is_to_be_put_right(builder, draft):
    draft.questions.update(text="")
    page = builder.get(url_of(draft), follow=True)
    assert page.redirect_chain[0][0].endswith("?open=checks")
    assert "cannot be answered before this is put right" in page.content.decode()
    assert not Response.objects.exists()


def test_the_builder_leads_to_the_tests(builder, survey, draft):
    for one in (survey, draft):
        build = reverse("admin:surveys_survey_build", args=[one.pk])
        assert url_of(one, "tests") in builder.get(build).content.decode()
        assert f"{url_of(one)}?of=draft" in builder.get(url_of(one, "tests")).content.decode()
