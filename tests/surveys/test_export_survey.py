"""A survey leaves the admin as a file that loses nothing."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from surveys.actions.authoring import publish_survey
from surveys.models import Survey
from tests import factories
from tests.accounts.staff import logged_in, member
from tests.accounts.tables import run

pytestmark = pytest.mark.django_db
IMPORT = reverse("admin:surveys_survey_import_file")


def exported(client, survey, **query):
    answer = client.get(reverse("admin:surveys_survey_export", args=[survey.pk]), query)
    return answer, answer.content


@pytest.fixture
def survey():
    return factories.published_survey(
        [factories.NPS, {**factories.WHY, "page": 2, "show_if": {"less": ["nps", 7]}}],
        title={"en": "Spring", "de": "Frühling"},
        languages=["en", "de"],
        endings=[{"key": "low", "text": "Sorry: {{nps}}.", "show_if": {"less": ["nps", 7]}}],
    )


def test_exported_imported_and_exported_again_it_is_the_same_bytes(survey):
    client = logged_in(member("builder"))
    answer, content = exported(client, survey, version="1")
    assert answer["Content-Disposition"] == f'attachment; filename="{survey.slug}-1.json"'
    report = client.post(IMPORT, {"file": SimpleUploadedFile("spring.json", content)})
    signed = report.context["confirm"].initial["definition"]
    client.post(IMPORT, {"definition": signed})
    copy = Survey.objects.exclude(pk=survey.pk).get()
    publish_survey(copy, by=None, now=factories.NOON)
    assert exported(client, copy, version="1")[1] == content


def test_the_command_writes_the_same_file(survey):
    content = exported(logged_in(member("builder")), survey, version="1")[1]
    assert f"{run('export_survey', survey.slug).out}\n" == content.decode()


def test_the_draft_and_each_version_are_offered(survey):
    client = logged_in(member("builder"))
    Survey.objects.filter(pk=survey.pk).update(title="Summer")
    titles = [json.loads(exported(client, survey, **query)[1])["title"] for query in ({}, {"version": "1"})]
    assert titles == [{"en": "Summer", "de": "Frühling"}, {"en": "Spring", "de": "Frühling"}]
    page = client.get(reverse("admin:surveys_survey_versions", args=[survey.pk])).content.decode()
    way = reverse("admin:surveys_survey_export", args=[survey.pk])
    assert f'href="{way}"' in page
    assert f'href="{way}?version=1"' in page


@pytest.mark.parametrize("number", ["2", "0", "x", "²"])
def test_a_version_that_is_not_there_is_not_found(survey, number):
    assert exported(logged_in(member("builder")), survey, version=number)[0].status_code == 404


def test_a_stranger_gets_no_file(survey, client):
    assert exported(client, survey)[0].status_code == 302
    assert exported(logged_in(factories.user()), survey)[0].status_code in (302, 403)
