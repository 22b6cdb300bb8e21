from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from surveys.privacy import masked
from tests import factories as f
from tests.accounts.staff import almighty_but
from tests.metrics.pages.test_account import XSS

pytestmark = pytest.mark.django_db

BRANCHED = [
    f.NPS,
    {**f.WHY, "show_if": {"less": ["nps", 7]}},
    {"key": "joy", "kind": "long_text", "text": "What delights you?", "show_if": {"greater": ["nps", 8]}},
    {"key": "mail", "kind": "email", "text": "Your address?"},
    {"key": "note", "kind": "statement", "text": "Nearly done."},
    {**f.CSAT, "page": 2},
]


def page_of(response):
    return reverse("response", args=[response.public_id])


def test_it_shows_the_way_through_the_questionnaire(executive):
    survey, at = f.published_survey(BRANCHED), timezone.now()
    person = f.contact(f.account(name="Acme"), name="Jane Roe")
    response = f.respond(
        survey,
        {"nps": 3, "why": "Too slow", "mail": "jane@acme.example"},
        contact=person,
        at=at,
        started_at=at - timedelta(seconds=92),
        flags=["fast"],
        invitation=f.invitation(survey, person),
    )
    absorb_responses(now=at)
    page = executive.get(page_of(response))
    states = {step.question.key: step.state for _, steps in page.context["visit"].pages for step in steps}
    assert states == {
        "nps": "answered",
        "why": "answered",
        "joy": "not asked",
        "mail": "answered",
        "note": "shown",
        "csat": "not answered",
    }
    for words in (
        "Acme",
        "Jane Roe",
        "Too slow",
        "jane@acme.example",
        "1 min 32 s",
        "sent faster than",
        "3 of 4",
        '<span class="counted">of 10</span>',
    ):
        assert words in page.text, words


def test_who_may_not_see_contacts_gets_neither_name_nor_address(seen_by, someone):
    survey = f.published_survey(BRANCHED)
    person = f.contact(f.account(), name="Jane Roe")
    response = f.respond(survey, {"nps": 3, "mail": "jane@acme.example"}, contact=person)
    f.respond(survey, {"nps": 4}, contact=person)
    blind = someone()
    blind.groups.clear()
    blind.user_permissions.add(*_permissions("view_response", "view_all_accounts"))
    text = seen_by(blind).get(page_of(response)).text
    assert "Jane Roe" not in text
    assert "jane@acme" not in text
    assert masked("jane@acme.example") in text


def test_voices_lead_to_it_for_who_may_read_responses(executive, seen_by, manager):
    now, account = timezone.now(), f.account(owner=manager)
    answers, person = {"nps": 10, "why": "Splendid"}, f.contact(account)
    told = f.respond(f.published_survey(), answers, contact=person, at=now)
    hidden = f.respond(f.published_survey(privacy="confidential"), answers, contact=person, at=now)
    absorb_responses(now=now)
    other = seen_by(almighty_but("view_response"))
    for address in ("/admin/", account.get_absolute_url(), "/admin/teams/"):
        page = executive.get(address).text
        assert page.count(page_of(told)) == 1, address
        assert page_of(hidden) not in page
        page = other.get(address).text
        assert "Splendid" in page
        assert "Whole response" not in page, address
    assert executive.get(page_of(told)).status_code == 200


def test_it_does_not_exist_for_who_does_not_see_the_account(client, seen_by, manager, executive):
    mine = f.respond(f.published_survey(), {"nps": 9}, account=f.account(owner=manager))
    foreign = f.respond(f.published_survey(), {"nps": 9, "why": "Foreign"}, account=f.account())
    nobodys = f.respond(f.published_survey(), {"nps": 9})
    limited = seen_by(manager)
    assert limited.get(page_of(mine)).status_code == 200
    for response in (foreign, nobodys):
        assert limited.get(page_of(response)).status_code == 404
        assert executive.get(page_of(response)).status_code == 200
        assert client.get(page_of(response)).url.startswith("/admin/login/")
    assert seen_by(f.user(is_staff=True)).get(page_of(mine)).status_code == 403


@pytest.mark.parametrize("privacy", ["confidential", "anonymous"])
def test_no_single_response_of_a_confidential_survey_shows_however_many_there_are(executive, privacy):
    survey = f.published_survey(privacy=privacy)
    responses = [
        f.respond(survey, {"nps": 0, "why": "My words"}, account=f.account(name="Acme")) for _ in range(9)
    ]
    page = executive.get(page_of(responses[0]))
    assert page.status_code == 403
    assert "promised its respondents" in page.text
    assert "My words" not in page.text
    assert "Acme" not in page.text


def test_whatever_people_wrote_reads_as_text(executive):
    survey = f.published_survey([{**f.WHY, "text": XSS}], title=XSS, hidden=["from"])
    response = f.respond(survey, {"why": XSS}, account=f.account(name=XSS), hidden={"from": XSS})
    text = executive.get(page_of(response)).text
    assert "<svg/onload" not in text
    assert text.count("&lt;svg/onload") >= 5


def test_an_answer_that_no_longer_fits_its_question_shows_as_it_was_stored(executive):
    choices = [{"key": "a", "text": "A"}]
    survey = f.published_survey(
        [{"key": "m", "kind": "multiple_choice", "text": "Which?", "choices": choices}]
    )
    response = f.respond(survey, {"m": 5, "gone": "x"})
    page = executive.get(page_of(response))
    assert page.status_code == 200
    assert "5" in page.text


def _permissions(*codenames):
    return Permission.objects.filter(codename__in=codenames)
