"""The gallery: a survey begins blank or from a template, for who may add one."""

import pytest
from django.test import Client
from django.urls import reverse

from surveys.library import templates
from surveys.models import Programme, Survey
from tests import factories
from tests.accounts.staff import logged_in, member

pytestmark = pytest.mark.django_db

GALLERY = reverse("admin:surveys_survey_gallery")
BLANK = reverse("admin:surveys_survey_blank")


def url_of(slug, page="template"):
    return reverse(f"admin:surveys_survey_{page}", args=[slug])


@pytest.fixture
def client():
    return logged_in(member("builder"))


def test_the_gallery_names_every_template_and_is_reached_from_the_list(client):
    assert GALLERY in client.get(reverse("admin:surveys_survey_changelist")).content.decode()
    page = client.get(GALLERY).content.decode()
    for slug in templates():
        assert url_of(slug) in page


def test_the_gallery_leads_who_may_add_to_the_import(client):
    way = reverse("admin:surveys_survey_import_file")
    page = client.get(GALLERY).content.decode()
    assert f'href="{way}"' in page
    assert client.get(way).status_code == 200
    assert way not in logged_in(member("analyst")).get(GALLERY).content.decode()


def test_a_template_says_when_and_whom_to_ask_and_is_shown_to_respondents_eyes(client):
    page = client.get(url_of("renewal_120")).content.decode()
    assert "120 days before the term ends" in page
    assert "How likely are you to renew?" in page
    preview = client.get(url_of("renewal_120", "template_preview"), {"language": "de"})
    assert "Vor Ihrer Verlängerung" in preview.content.decode()
    assert preview["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get(url_of("none")).status_code == 404


def test_a_survey_begins_from_a_template_in_its_programme(client):
    for _ in range(2):
        answer = client.post(url_of("support_csat"))
        survey = Survey.objects.latest("pk")
        assert answer["Location"] == reverse("admin:surveys_survey_build", args=[survey.pk])
    assert sorted(Survey.objects.values_list("slug", flat=True)) == [
        "csat-after-support",
        "csat-after-support-2",
    ]
    assert Programme.objects.get().slug == "support"
    assert survey.languages == ["de", "fr", "es", "it", "pt"]
    assert client.post(reverse("admin:surveys_survey_publish", args=[survey.pk])).status_code == 302
    survey.refresh_from_db()
    assert survey.live_version.number == 1


def test_a_survey_begins_blank(client):
    programme = factories.programme()
    answer = client.post(BLANK, {"title": "Mine", "programme": programme.pk}, follow=True)
    assert "Add a question" in answer.content.decode()
    assert Survey.objects.get().programme == programme
    refused = client.post(BLANK, {"title": ""})
    assert refused.status_code == 400
    assert "This field is required." in refused.content.decode()


@pytest.mark.parametrize("role", ["analyst", "executive", "account manager"])
def test_who_may_only_look_begins_nothing(role):
    reader = logged_in(member(role))
    page = reader.get(url_of("support_csat")).content.decode()
    assert "Start with this" not in page
    assert reader.post(url_of("support_csat")).status_code == 403
    assert reader.post(BLANK, {"title": "Mine", "programme": factories.programme().pk}).status_code == 403
    assert not Survey.objects.exists()


def test_beginning_needs_the_token_and_a_post(client):
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(member("builder"))
    assert forger.post(url_of("support_csat")).status_code == 403
    client.get(url_of("support_csat"))
    assert Client().get(GALLERY).status_code == 302
    assert not Survey.objects.exists()
