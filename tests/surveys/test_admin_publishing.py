"""Preview, publish, close and reopen from a survey's page."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from surveys.actions.authoring import create_survey
from surveys.interchange.native import from_json
from surveys.models import Question, Survey, Version
from tests import factories
from tests.accounts.staff import almighty_but, logged_in, member

pytestmark = pytest.mark.django_db

XSS = "\"><svg/onload=fetch('//127.0.0.1:9/x')><script>window.__x=1</script>{{31337*31337}}"


def url_of(survey, page="change"):
    return reverse(f"admin:surveys_survey_{page}", args=[survey.pk])


@pytest.fixture
def client():
    return logged_in(member("builder"))


@pytest.fixture
def draft():
    survey = Survey.objects.create(programme=factories.programme(), slug="fresh", title="Fresh")
    Question.objects.create(survey=survey, key="nps", kind="nps", text="Would you?", position=0)
    return survey


def test_publishing_asks_first_and_makes_the_draft_live(client, draft):
    asked = client.get(url_of(draft, "publish")).content.decode()
    assert "1 question on 1 page" in asked
    assert not Version.objects.exists()
    page = client.post(url_of(draft, "publish"), follow=True).content.decode()
    assert "Version 1 is live." in page
    assert "/s/fresh/" in page
    draft.refresh_from_db()
    assert draft.status(timezone.now()) == "live"
    assert [question["key"] for question in draft.live_version.definition["questions"]] == ["nps"]


def test_publishing_again_lists_what_changes(client, draft):
    client.post(url_of(draft, "publish"))
    assert "nothing has changed" in client.get(url_of(draft, "publish")).content.decode()
    draft.questions.update(text="Would you really?")
    assert "unpublished changes" in client.get(url_of(draft)).content.decode()
    asked = client.get(url_of(draft, "publish")).content.decode()
    assert "Question 1, “Would you really?”, changes its text." in asked
    client.post(url_of(draft, "publish"))
    assert Version.objects.count() == 2
    assert "unpublished changes" not in client.get(url_of(draft)).content.decode()


def test_what_is_hardly_meant_is_remarked_with_its_place_and_goes_live(client, draft):
    assert "Worth a look" not in client.get(url_of(draft, "publish")).content.decode()
    Survey.objects.filter(pk=draft.pk).update(languages=["de"])
    asked = client.get(url_of(draft, "publish")).content.decode()
    assert "is not wholly translated into de" in asked
    assert f"{url_of(draft, 'build')}?open=question&amp;name=nps" in asked
    assert "Version 1 is live." in client.post(url_of(draft, "publish"), follow=True).content.decode()


def test_what_can_never_be_asked_is_refused_with_its_place(client, draft):
    never = {"less": ["nps", 0]}
    Question.objects.create(survey=draft, key="why", kind="long_text", text="Why?", position=1, show_if=never)
    page = client.post(url_of(draft, "publish")).content.decode()
    assert "is never asked: its condition can never hold" in page
    assert f"{url_of(draft, 'build')}?open=question&amp;name=why" in page
    assert not Version.objects.exists()
    draft.questions.update(show_if=None)
    assert "Version 1 is live." in client.post(url_of(draft, "publish"), follow=True).content.decode()


def test_publishing_is_refused_with_each_fault_and_its_place(client, draft):
    Question.objects.create(survey=draft, key="which", kind="single_choice", text="Which?", position=1)
    for answer in (client.get(url_of(draft, "publish")), client.post(url_of(draft, "publish"))):
        page = answer.content.decode()
        assert "cannot be published yet" in page
        assert "Question 2 “Which?”</a>:" in page
        assert "has no choices" in page
        assert "build/?open=question&amp;name=which" in page
    assert not Version.objects.exists()
    assert "Before it can be published" in client.get(url_of(draft)).content.decode()


def test_a_scale_is_not_changed_under_its_key(client, draft):
    client.post(url_of(draft, "publish"))
    draft.questions.update(settings={"detractor_max": 5})
    assert "give it a new key" in client.get(url_of(draft, "publish")).content.decode()


def test_who_may_not_publish_is_refused_and_not_offered_it(draft):
    client = logged_in(almighty_but("publish_survey"))
    for page in ("publish", "close", "reopen"):
        assert client.get(url_of(draft, page)).status_code == 403
        assert client.post(url_of(draft, page)).status_code == 403
    assert url_of(draft, "publish") not in client.get(url_of(draft)).content.decode()
    assert not Version.objects.exists()


def test_closing_and_reopening(client, draft):
    client.post(url_of(draft, "publish"))
    assert "Close survey" in client.get(url_of(draft)).content.decode()
    client.get(url_of(draft, "close"))
    draft.refresh_from_db()
    assert draft.is_open(timezone.now())
    client.post(url_of(draft, "close"))
    draft.refresh_from_db()
    closed_at = draft.closes_at
    assert not draft.is_open(timezone.now())
    client.post(url_of(draft, "close"))
    draft.refresh_from_db()
    assert draft.closes_at == closed_at
    assert "Reopen survey" in client.get(url_of(draft)).content.decode()
    client.post(url_of(draft, "reopen"))
    draft.refresh_from_db()
    assert draft.is_open(timezone.now())


@pytest.mark.parametrize("page", ["publish", "close", "reopen"])
def test_a_post_without_the_token_is_refused(draft, page):
    user = member("builder")
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(url_of(draft, page)).status_code == 403
    assert not Version.objects.exists()


def test_the_preview_is_the_real_page_and_only_we_may_frame_it(client, draft):
    answer = client.get(url_of(draft, "preview"))
    assert "Would you?" in answer.content.decode()
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in client.get(url_of(draft))["Content-Security-Policy"]
    assert Client().get(url_of(draft, "preview")).status_code == 302


def test_a_draft_that_is_not_ready_says_so_in_the_preview(client, draft):
    draft.questions.all().delete()
    answer = client.get(url_of(draft, "preview"))
    assert "must be a list of at least one question" in answer.content.decode()
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("page", ["preview", "publish", "close", "reopen", "change"])
def test_a_survey_that_is_not_there_is_not_found(client, page):
    url = reverse(f"admin:surveys_survey_{page}", args=[999])
    assert client.get(url).status_code == (302 if page == "change" else 404)


def test_texts_of_staff_are_shown_as_text(client):
    choices = [{"key": "a", "text": XSS}]
    questions = [
        {"key": "nps", "kind": "nps", "text": XSS},
        {"key": "one", "kind": "single_choice", "text": "?", "choices": choices},
    ]
    document = {"title": f"</script>{XSS}", "intro": XSS, "questions": questions}
    made = create_survey(from_json(document), programme=factories.programme(), slug="made")
    pages = [
        url_of(made),
        url_of(made, "publish"),
        url_of(made, "preview"),
        url_of(made, "history"),
        url_of(made, "delete"),
    ]
    pages += ["/admin/surveys/survey/", "/admin/surveys/programme/"]
    client.post(url_of(made, "publish"))
    version = reverse("admin:surveys_version_change", args=[made.versions.get().pk])
    made.questions.update(help="changed")
    for page in [*pages, url_of(made, "close"), version, "/admin/surveys/version/"]:
        html = client.get(page).content.decode()
        assert "<script>window" not in html, page
        assert "<svg/onload" not in html, page
        assert "982007569" not in html, page
    assert "&lt;script&gt;window" in client.get(url_of(made)).content.decode()
