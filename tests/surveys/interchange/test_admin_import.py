"""A survey file in the admin: a report first, a draft only once it is confirmed."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from surveys.models import Survey
from tests import factories
from tests.accounts.staff import logged_in, member

pytestmark = pytest.mark.django_db

XSS = "\"><svg/onload=fetch('//127.0.0.1:9/x')><script>window.__x=1</script>{{7*7}}"
FORM = {
    "title": "Coffee",
    "pages": [
        {
            "elements": [
                {"type": "text", "name": "who", "title": "Who are you?", "isRequired": True},
                {"type": "signaturepad", "name": "sign", "title": "Sign here"},
                {"type": "expression", "name": "sum", "title": "Sum"},
            ]
        }
    ],
}


@pytest.fixture
def client():
    return logged_in(member("builder"))


@pytest.fixture
def url():
    return reverse("admin:surveys_survey_import_file")


def upload(document, name="coffee.json", **fields):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return {"file": SimpleUploadedFile(name, content), **fields}


def definition_in(page):
    return re.search(r'name="definition" value="([^"]+)"', page)[1]


def test_the_list_of_surveys_leads_to_it(client, url):
    assert url in client.get(reverse("admin:surveys_survey_changelist")).content.decode()
    assert "nothing is written before you confirm" in client.get(url).content.decode()


def test_a_file_is_reported_on_and_becomes_a_draft_once_confirmed(client, url):
    page = client.post(url, upload(FORM)).content.decode()
    assert "Coffee" in page
    assert "it calculates a value and asks nothing" in page
    assert "it asked for a file" in page
    assert "Who are you?" in page
    assert not Survey.objects.exists()
    programme = factories.programme()
    response = client.post(url, {"definition": definition_in(page), "programme": programme.pk})
    survey = Survey.objects.get()
    assert response.url == reverse("admin:surveys_survey_build", args=[survey.pk])
    assert (survey.title, survey.programme, survey.live_version) == ("Coffee", programme, None)
    assert [question.key for question in survey.questions.order_by("position")] == ["who", "sign"]


def test_another_title_and_the_general_programme(client, url):
    page = client.post(url, upload(FORM, title="Tea")).content.decode()
    client.post(url, {"definition": definition_in(page), "programme": ""})
    survey = Survey.objects.get()
    assert (survey.title, survey.programme.slug) == ("Tea", "general")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"{", "file: is not JSON"),
        ("a.lss", b'<!DOCTYPE d [<!ENTITY x "y">]><d>&x;</d>', "document type or entities"),
        ("a.xyz", b"x", "does not tell which tool wrote it"),
        ("a.xlsx", b"PK\x03\x04 no", "damaged"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.json", b" " * (5 << 20), "larger than 4 MB"),
    ],
)
def test_a_bad_file_is_refused_in_words(client, url, name, content, words):
    response = client.post(url, upload(content, name))
    assert response.status_code == 400
    assert words in response.content.decode()
    assert not Survey.objects.exists()


def test_a_definition_that_was_tampered_with_is_not_written(client, url):
    page = client.post(url, upload(FORM)).content.decode()
    response = client.post(url, {"definition": definition_in(page) + "x"}, follow=True)
    assert "Nothing was imported" in response.content.decode()
    assert not Survey.objects.exists()


def test_what_a_file_says_reads_as_text(client, url):
    document = {**FORM, "title": XSS, "pages": [{"title": XSS, "elements": [{"type": "text", "name": XSS}]}]}
    page = client.post(url, upload(document)).content.decode()
    assert "<script>window.__x" not in page
    assert "<svg/onload" not in page


def test_who_may_not_add_surveys_is_refused(url):
    client = logged_in(member("analyst"))
    assert client.get(url).status_code == 403
    assert client.post(url, upload(FORM)).status_code == 403
    assert not Survey.objects.exists()
