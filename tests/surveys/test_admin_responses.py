"""What respondents said, as staff read it: whole, as text, and nobody's to change."""

import pytest
from django.urls import reverse

from surveys.models import Invitation, Response
from tests import factories
from tests.accounts.staff import almighty_but, holder_of, logged_in, member, superuser

pytestmark = pytest.mark.django_db

XSS = "\"><svg/onload=fetch('//127.0.0.1:9/x')><script>window.__x=1</script>{{7*7}}"
WORDS = {"key": "words", "kind": "short_text", "text": "In a word?"}
REASONS = {
    "key": "reasons",
    "kind": "multiple_choice",
    "text": "What matters?",
    "choices": [
        {"key": "price", "text": {"en": "Price", "de": "Der Preis"}},
        {"key": "else", "text": "Something else", "is_other": True},
    ],
}


def url_of(row, page="change"):
    return reverse(f"admin:surveys_{row._meta.model_name}_{page}", args=[row.pk])


@pytest.fixture
def survey():
    return factories.published_survey(
        [factories.NPS, REASONS, WORDS, factories.WHY], languages=["en", "de"], title="Spring"
    )


@pytest.fixture
def response(survey):
    contact = factories.contact(factories.account(name="Alpha"), name="Ada")
    answers = {"nps": 9, "reasons": ["price", {"other": XSS}], "why": f"One.\n{XSS}"}
    return factories.respond(survey, answers, contact=contact, language="de", hidden={"source": XSS})


def test_every_answer_is_read_as_a_person_reads_it(response):
    page = logged_in(member("analyst")).get(url_of(response)).content.decode()
    assert "How likely are you to recommend us?" in page
    assert "Der Preis, Something else: " in page
    assert "not answered" in page
    assert "One.<br>" in page
    assert "Alpha" in page
    assert "Ada" in page


def test_an_afterword_is_read_as_text_and_none_as_nothing(response):
    client = logged_in(superuser())
    assert "null" not in client.get(url_of(response)).content.decode().partition("Afterword")[2][:600]
    Response.objects.update(afterword={"ask": "call_back", "text": XSS, "consent": True})
    shown = client.get(url_of(response)).content.decode().partition("Afterword")[2][:600]
    assert "ask: call_back" in shown
    assert "text: &quot;&gt;&lt;svg" in shown


def test_answers_and_what_came_with_them_are_shown_as_text(response):
    client = logged_in(superuser())
    for page in (url_of(response), reverse("admin:surveys_response_changelist")):
        answer = client.get(page)
        html = answer.content.decode()
        assert "<script>window" not in html
        assert "<svg/onload" not in html
        assert "script-src 'self'" in answer["Content-Security-Policy"]
    html = client.get(url_of(response)).content.decode()
    assert html.count("&lt;script&gt;window") == 3


def test_nobody_changes_what_was_said(response):
    client = logged_in(superuser())
    assert client.post(url_of(response), {"answers": "{}"}).status_code == 403
    assert client.post(url_of(response, "delete"), {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:surveys_response_add")).status_code == 403
    version = response.version
    assert client.post(url_of(version), {"definition": "{}"}).status_code == 403
    assert client.post(url_of(version, "delete"), {"post": "yes"}).status_code == 403


def test_the_list_says_who_answered_what_and_marks_tests_and_partial_ones(survey, response):
    factories.respond(survey, {"nps": 1}, is_test=True)
    factories.respond(survey, {"nps": 2}, submitted_at=None)
    page = logged_in(member("builder")).get(reverse("admin:surveys_response_changelist")).content.decode()
    for words in ("Spring", "Alpha", "Ada", "complete", "partial", "test"):
        assert words in page


def test_the_list_takes_as_many_queries_for_many_as_for_few(survey, response, django_assert_max_num_queries):
    client, url = logged_in(superuser()), reverse("admin:surveys_response_changelist")
    with django_assert_max_num_queries(20) as few:
        client.get(url)
    account = factories.account()
    for _ in range(20):
        factories.respond(survey, {"nps": 5}, contact=factories.contact(account))
    with django_assert_max_num_queries(len(few)):
        client.get(url)


def test_a_contact_is_invited_and_the_link_is_shown_once(survey):
    contact = factories.contact(factories.account(), name="Ada")
    client = logged_in(member("builder"))
    assert 'name="survey"' in client.get("/admin/surveys/invitation/add/").content.decode()
    made = client.post("/admin/surveys/invitation/add/", {"survey": survey.pk, "contact": contact.pk})
    invitation = Invitation.objects.get()
    page = made.content.decode()
    link = page.partition('id="personal-link" value="')[2].partition('"')[0]
    assert link.startswith("http://localhost/r/")
    assert invitation.sent_at
    assert "never again" in page
    assert "no-store" in made["Cache-Control"]
    answer = client.get(link.removeprefix("http://localhost"))
    assert "How likely are you to recommend us?" in answer.content.decode()
    for url in (url_of(invitation), reverse("admin:surveys_invitation_changelist")):
        assert "/r/" not in client.get(url).content.decode()


def test_only_contacts_in_sight_are_invited_and_only_to_published_surveys(survey):
    user = almighty_but("view_all_accounts")
    own = factories.contact(factories.account(owner=user))
    foreign = factories.contact(factories.account())
    draft = factories.published_survey()
    draft.live_version = None
    draft.save()
    client = logged_in(user)
    for fields in ({"survey": survey.pk, "contact": foreign.pk}, {"survey": draft.pk, "contact": own.pk}):
        refused = client.post("/admin/surveys/invitation/add/", fields)
        assert "Select a valid choice" in refused.content.decode()
    assert not Invitation.objects.exists()
    client.post("/admin/surveys/invitation/add/", {"survey": survey.pk, "contact": own.pk})
    assert Invitation.objects.get().contact == own


def test_invitations_are_facts_once_made(survey):
    invitation = factories.invitation(survey, factories.contact(factories.account()))
    client = logged_in(superuser())
    assert client.post(url_of(invitation), {"revoked_at_0": "2026-01-01"}).status_code == 403
    assert client.post(url_of(invitation, "delete"), {"post": "yes"}).status_code == 403


def test_secrets_of_links_cannot_be_guessed_by_a_filter(survey):
    client = logged_in(superuser())
    for query in ("token_hash__startswith=a", "nonce=a", "survey__title__startswith=S"):
        assert client.get(f"{reverse('admin:surveys_invitation_changelist')}?{query}").status_code == 400


def test_someone_who_may_only_read_surveys_sees_no_responses(response):
    client = logged_in(holder_of("surveys.view_survey"))
    assert client.get(url_of(response)).status_code == 403
    assert client.get(reverse("admin:surveys_survey_changelist")).status_code == 200
    assert Response.objects.exists()


def test_an_open_link_is_added_and_none_ends_like_a_survey(survey):
    other = factories.published_survey()
    client = logged_in(member("builder"))
    fields = {"survey": survey.pk, "name": "At the till", "channel": "qr"}
    refused = client.post("/admin/surveys/collector/add/", {**fields, "slug": other.slug})
    assert refused.status_code == 200
    assert client.post("/admin/surveys/collector/add/", {**fields, "slug": "till"}).status_code == 302
    listed = client.get(reverse("admin:surveys_collector_changelist")).content.decode()
    assert "http://localhost/s/till/" in listed


@pytest.mark.parametrize("wish", [{}, {"unsubscribed_at": factories.NOON}, {"erased_at": factories.NOON}])
def test_it_invites_only_who_may_be_asked(survey, wish):
    contact = factories.contact(factories.account(), **wish)

    reply = logged_in(superuser()).post(
        reverse("admin:surveys_invitation_add"), {"survey": survey.pk, "contact": contact.pk}
    )

    assert reply.status_code == 200
    assert Invitation.objects.filter(contact=contact).exists() is not bool(wish)
    assert ("does not want to be asked" in reply.text) is bool(wish)


@pytest.mark.parametrize("promise", ["confidential", "anonymous"])
def test_no_single_answer_given_in_confidence_is_listed_searched_filtered_or_opened(response, promise):
    account = response.account
    quiet = factories.published_survey(privacy=promise, title="Quiet")
    kept = [factories.respond(quiet, {"nps": 0}, account=account, language="fr") for _ in range(9)]
    client, url = logged_in(superuser()), reverse("admin:surveys_response_changelist")
    for query in (
        "",
        "?q=Alpha",
        f"?account__id__exact={account.pk}",
        f"?survey__id__exact={quiet.pk}",
        "?language=fr",
    ):
        shown = client.get(url + query).context["cl"].result_list
        assert not {row.pk for row in kept} & {row.pk for row in shown}, query
    assert [row.pk for row in client.get(f"{url}?q=Alpha").context["cl"].result_list] == [response.pk]
    # Django leads to its front page, with a word that there is no such row.
    assert client.get(url_of(kept[0])).status_code == 302
    tried = factories.respond(quiet, {"nps": 0}, is_test=True)
    assert client.get(url_of(tried)).status_code == 200
