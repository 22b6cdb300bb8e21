"""The page of a survey in the admin: its link, times and limits; what it asks is the builder's."""

import pytest
from django.urls import reverse

from surveys.actions.beginning import begin_blank
from surveys.models import Collector, Survey
from tests import factories
from tests.accounts.staff import logged_in, member

pytestmark = pytest.mark.django_db

ADD = "/admin/surveys/survey/add/"


@pytest.fixture
def client():
    return logged_in(member("builder"))


@pytest.fixture
def draft():
    return begin_blank("Spring survey", programme=factories.programme(), slug="spring")


def url_of(survey, page="change"):
    return reverse(f"admin:surveys_survey_{page}", args=[survey.pk])


def change(client, survey, **fields):
    return client.post(url_of(survey), {"programme": survey.programme_id, "slug": survey.slug, **fields})


def test_adding_one_begins_in_the_gallery(client):
    assert client.get(ADD)["Location"] == reverse("admin:surveys_survey_gallery")


def test_its_link_times_and_limits_are_changed_and_it_stays_open(client, draft):
    times = {"opens_at_0": "2027-01-01", "opens_at_1": "09:00", "closes_at_0": "", "closes_at_1": ""}
    answer = change(client, draft, slug="in-spring", response_limit="50", allows_changes="on", **times)
    assert answer["Location"] == url_of(draft)
    draft.refresh_from_db()
    assert (draft.slug, draft.response_limit, draft.allows_changes) == ("in-spring", 50, True)
    assert draft.opens_at.isoformat() == "2027-01-01T09:00:00+00:00"


def test_a_link_that_another_uses_is_refused_and_a_blank_one_is_made_of_the_title(client, draft):
    Collector.objects.create(survey=factories.published_survey(), name="QR", slug="shop")
    page = change(client, draft, slug="shop").content.decode()
    assert "Another survey or open link ends like this." in page
    assert change(client, draft, slug="").status_code == 302
    draft.refresh_from_db()
    assert draft.slug == "spring-survey"


def test_a_published_link_stays(client):
    survey = factories.published_survey()
    before = survey.slug
    assert change(client, survey, slug="other").status_code == 302
    survey.refresh_from_db()
    assert survey.slug == before


@pytest.mark.parametrize("role", ["analyst", "executive", "account manager"])
def test_who_only_reads_changes_nothing(draft, role):
    reader = logged_in(member(role))
    assert reader.get(url_of(draft)).status_code == 200
    assert change(reader, draft, slug="other").status_code == 403
    assert reader.get(ADD).status_code == 403


def test_published_surveys_are_not_deleted_and_drafts_are(client, draft):
    published = factories.published_survey()
    assert client.post(url_of(published, "delete"), {"post": "yes"}).status_code == 403
    assert client.post(url_of(draft, "delete"), {"post": "yes"}).status_code == 302
    assert list(Survey.objects.all()) == [published]
