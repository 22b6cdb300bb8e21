"""Answers given elsewhere come in by the admin: reported on first, stored on confirmation, once."""

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from surveys.actions.beginning import begin_blank
from surveys.actions.kept_uploads import FOLDER, discard_uploads
from surveys.models import Response
from tests import factories
from tests.accounts.staff import almighty_but, logged_in, member, superuser

pytestmark = pytest.mark.django_db

SCORES = """\
Customer,Date,Score,Comment,Colour
A1,2024-03-01,9,Great,red
A1,2024-04-01,3,,blue
A1,2024-05-01,11,,red
"""
QUALTRICS = (
    "StartDate,EndDate,Finished,ResponseId,nps,Extra\n"
    "Start Date,End Date,Finished,Response ID,Would you recommend us?,Extra\n"
    "2024-03-01 09:00:00,2024-03-01 09:05:00,1,R_1,8,x\n"
)


@pytest.fixture(autouse=True)
def _no_uploads(settings):
    """Each test begins with a storage of its own, and so an empty one."""
    settings.STORAGES = {**settings.STORAGES}


@pytest.fixture
def survey():
    factories.account(external_id="A1")
    return factories.published_survey([factories.NPS, factories.WHY])


@pytest.fixture
def client():
    return logged_in(superuser())


@pytest.fixture
def url(survey):
    return reverse("admin:surveys_survey_import_responses", args=[survey.pk])


def upload(content, name="scores.csv", **fields):
    content = content.encode() if isinstance(content, str) else content
    return {"file": SimpleUploadedFile(name, content), **fields}


def sent_back(page):
    """The fields of the page that shows what would become of a file."""
    fields = re.findall(r'<option value="([^"]*)"\s+selected', page)
    return {"upload": re.search(r'name="upload" value="([^"]+)"', page).group(1), "field": fields}


def figures(page):
    return [int(number) for number in re.findall(r"<dd>\s*(\d+)\s*</dd>", page)]


def test_past_scores_are_guessed_reported_on_and_stored_once_confirmed(client, survey, url):
    page = client.post(url, upload(SCORES)).content.decode()
    assert sent_back(page)["field"] == ["account", "submitted_at", "nps", "why", ""]
    assert figures(page) == [2, 0, 0, 1]
    assert "line 4: nps: &#x27;11&#x27;: the scale goes from 0 to 10" in page
    assert "Colour" in page
    assert not Response.objects.exists()
    done = client.post(url, {**sent_back(page), "run": ""}).content.decode()
    assert figures(done) == [2, 0, 0, 1]
    first, second = survey.responses.order_by("submitted_at")
    assert first.submitted_at == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert (first.account.external_id, first.answers) == ("A1", {"nps": 9, "why": "Great"})
    assert second.answers == {"nps": 3}
    assert default_storage.listdir(FOLDER)[1] == []


def test_the_same_file_again_changes_nothing(client, survey, url):
    for _ in range(2):
        page = client.post(url, upload(SCORES)).content.decode()
        client.post(url, {**sent_back(page), "run": ""})
    assert figures(page) == [0, 0, 2, 1]
    assert survey.responses.count() == 2


def test_a_column_is_chosen_by_hand_and_looked_at_again(client, survey, url):
    page = client.post(url, upload("When;How\n01.03.2024;9\n", date_format="DD.MM.YYYY")).content.decode()
    assert "Say which column answers which question" in page
    assert 'name="run"' not in page
    fields = {**sent_back(page), "field": ["submitted_at", "nps"]}
    looked = client.post(url, {**fields, "look": ""}).content.decode()
    assert figures(looked) == [1, 0, 0, 0]
    assert not Response.objects.exists()
    client.post(url, {**sent_back(looked), "run": ""})
    assert survey.responses.get().answers == {"nps": 9}


def test_an_export_of_another_tool_is_read_as_it_is(client, survey, url):
    page = client.post(url, upload(QUALTRICS)).content.decode()
    assert "is an export of Qualtrics." in page
    assert "Extra" in page
    client.post(url, {**sent_back(page), "run": ""})
    response = survey.responses.get()
    assert response.answers == {"nps": 8}
    assert response.submitted_at == datetime(2024, 3, 1, 9, 5, tzinfo=UTC)


def bomb():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (300 << 20))
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"PK\x03\x04 cut off",
        b"\xd0\xcf\x11\xe0 old",
        b"nps\n\xff\xfe\xfa\n",
        "nps,nps\n1,2\n",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        bomb,  # made by the test: every worker collects all of them
    ],
    ids=["empty", "nul", "cut zip", "old Excel", "no UTF-8", "twice", "DTD", "bomb"],
)
def test_a_hostile_file_is_refused_in_words(client, url, content):
    answer = client.post(url, upload(content() if content is bomb else content))
    assert answer.status_code in {200, 400}
    assert 'role="alert"' in answer.content.decode()
    assert 'name="run"' not in answer.content.decode()
    assert not Response.objects.exists()


def test_what_a_form_says_wrongly_is_said_beside_it(client, url):
    page = client.post(url, upload(SCORES, date_format="%H")).content.decode()
    assert "names no year and month" in page
    assert client.post(url, {}).status_code == 400


def test_a_file_of_another_survey_or_none_is_not_stored(client, survey, url):
    fields = sent_back(client.post(url, upload(SCORES)).content.decode())
    other = reverse("admin:surveys_survey_import_responses", args=[factories.published_survey().pk])
    assert client.post(other, {**fields, "run": ""}).status_code == 403
    assert client.post(url, {**fields, "upload": "forged", "run": ""}).status_code == 302
    discard_uploads(before=timezone.now() + timedelta(days=1))
    assert "upload the file again" in client.post(url, {**fields, "run": ""}, follow=True).content.decode()
    assert not Response.objects.exists()


def test_a_draft_is_published_first(client):
    draft = begin_blank("Draft", programme=factories.programme(), slug="draft")
    url = reverse("admin:surveys_survey_import_responses", args=[draft.pk])
    assert "publish the survey, then import" in client.get(url, follow=True).content.decode()


def test_the_survey_leads_to_it_and_only_who_sees_all_accounts_imports(client, survey, url):
    change = reverse("admin:surveys_survey_change", args=[survey.pk])
    assert url in client.get(change).content.decode()
    for user in (member("analyst"), almighty_but("view_all_accounts"), almighty_but("change_survey")):
        reader = logged_in(user)
        assert url not in reader.get(change).content.decode()
        assert reader.post(url, upload(SCORES)).status_code == 403
