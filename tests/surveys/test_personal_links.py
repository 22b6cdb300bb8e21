"""/r/<token>/: one contact answers once, and the link alone says who it is."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from surveys.actions.authoring import publish_survey
from surveys.actions.outreach import create_invitation
from surveys.links import token_hash
from surveys.models import Invitation, Response, Survey
from tests.factories import CSAT, NPS, WHY, account, contact, published_survey
from tests.surveys.respondent import Respondent

pytestmark = pytest.mark.django_db
PAGES = [{**NPS, "required": True}, {**CSAT, "page": 2}, {**WHY, "page": 3}]


def invited(questions=(NPS, CSAT, WHY), **texts):
    """A respondent with the link of an invitation, not yet opened, and the invitation."""
    survey = published_survey(questions, **texts)
    invitation, link = create_invitation(survey, contact(account()), now=timezone.now())
    return Respondent("/r/" + link.rpartition("/r/")[2]), invitation


def test_an_invitation_holds_the_hash_of_its_secret_and_not_the_secret():
    survey, person = published_survey(), contact(account())
    sent_at = timezone.now()
    invitation, link = create_invitation(survey, person, now=sent_at, sent_at=sent_at)
    token = link.removesuffix("/").rpartition("/")[2]

    assert link.startswith("http://localhost/r/")
    assert len(token) == 22
    assert bytes(invitation.token_hash) == token_hash(token)
    assert token.encode() not in bytes(invitation.nonce)
    assert Invitation.objects.delivered().get() == invitation


def test_the_response_is_the_contacts_and_its_accounts():
    respondent, invitation = invited()
    page = respondent.open().send(nps="9", contact="999", account="999", invitation="999")

    assert page.status_code == 302
    response = Response.objects.get()
    assert (response.invitation, response.contact) == (invitation, invitation.contact)
    assert response.account == invitation.contact.account
    assert (response.channel, response.collector) == ("personal", None)
    assert response.answers == {"nps": 9}


def test_a_link_is_answered_once():
    respondent, _ = invited()
    other_tab = Respondent(respondent.path).open()
    assert respondent.open().send(nps="9").status_code == 302

    page = other_tab.send(nps="2")
    assert page.status_code == 409
    assert "You have already answered" in other_tab.text
    assert Response.objects.get().answers == {"nps": 9}

    again = Client().get(respondent.path)
    assert again.status_code == 200
    assert "You have already answered" in again.content.decode()
    assert 'name="nps"' not in again.content.decode()


def test_the_same_page_sent_twice_gives_the_same_result_and_other_answers_a_conflict():
    respondent, _ = invited()
    sent = {**respondent.open().hidden, "nps": "9"}
    pages = [respondent.client.post(respondent.path, sent) for _ in range(2)]
    changed = respondent.client.post(respondent.path, {**sent, "nps": "1"})

    assert [page.status_code for page in pages] == [302, 302]
    assert changed.status_code == 409
    assert "Your first answers stand" in changed.content.decode()
    assert Response.objects.get().revision == 1


def test_the_thanks_are_for_who_has_answered():
    respondent, _ = invited(thank_you="Anna reads every answer.")
    early = respondent.client.get(respondent.path + "thanks/")
    assert (early.status_code, early["Location"]) == (302, respondent.path)
    thanks = respondent.client.get(respondent.open().send(nps="9")["Location"])
    assert "Anna reads every answer." in thanks.content.decode()


def test_unknown_revoked_and_expired_links_are_one_page():
    now = timezone.now()
    dead = []
    for fields in ({"revoked_at": now}, {"expires_at": now - timedelta(seconds=1)}):
        respondent, invitation = invited()
        respondent.open()
        Invitation.objects.filter(pk=invitation.pk).update(**fields)
        assert respondent.send(nps="9").status_code == 404
        dead.append(respondent.client.get(respondent.path))
    dead += [Client().get(path) for path in ("/r/AAAAAAAAAAAAAAAAAAAAAA/", "/r/x/", "/r/%F0%9F%90%88/")]

    assert {page.status_code for page in dead} == {404}
    assert len({page.content for page in dead}) == 1
    assert Response.objects.count() == 0


def test_other_spellings_of_a_link_are_other_links():
    respondent, _ = invited()
    token = respondent.path.split("/")[2]
    respondent.open().send(nps="9")
    for path in (f"/r/{token.swapcase()}/", f"/r/{token}%2e/", f"/r/{token}=/", f"/r/{token}%20/"):
        assert Client().post(path, {"nps": "1"}).status_code == 404
    assert Response.objects.get().answers == {"nps": 9}


def test_a_key_of_another_response_gives_nothing_away_and_takes_nothing_over():
    first, _ = invited()
    key = first.open().hidden["_key"]
    first.send(nps="9")
    survey = Response.objects.get().survey
    _, link = create_invitation(survey, contact(account()), now=timezone.now())
    second = Respondent("/r/" + link.rpartition("/r/")[2]).open()
    page = second.send(_key=key, nps="1")

    assert page.status_code == 302
    assert sorted(row.answers["nps"] for row in Response.objects.all()) == [1, 9]


def test_a_begun_survey_goes_on_where_it_stopped_on_any_device():
    respondent, invitation = invited(PAGES)
    assert respondent.open().send(nps="7").status_code == 200
    partial = Response.objects.get()
    assert (partial.submitted_at, partial.answers, partial.revision) == (None, {"nps": 7}, 1)

    phone = Respondent(respondent.path).open()
    assert "Welcome back" in phone.text
    assert "Page 2 of 3" in phone.text
    phone.send(csat="4")
    assert phone.send(why="On the train.").status_code == 302

    whole = Response.objects.get()
    assert whole.answers == {"nps": 7, "csat": 4, "why": "On the train."}
    assert (whole.pk, whole.invitation, whole.started_at) == (partial.pk, invitation, partial.started_at)
    assert whole.revision == 3
    assert whole.submitted_at == whole.changed_at > partial.changed_at


def test_what_was_begun_goes_on_with_the_version_it_was_begun_with():
    respondent, invitation = invited(PAGES)
    respondent.open().send(nps="7")
    seen = Response.objects.get().version_id
    survey = invitation.survey
    survey.questions.filter(key="csat").update(text="A newer wording")
    publish_survey(survey, by=None, now=timezone.now())

    phone = Respondent(respondent.path).open()
    assert phone.hidden["_version"] == str(seen)
    assert "A newer wording" not in phone.text


def test_a_late_page_of_an_answered_link_changes_nothing():
    respondent, _ = invited(PAGES)
    first_page = dict(respondent.open().hidden)
    respondent.send(nps="7")
    respondent.send(csat="4")
    respondent.send(why="Done.")
    late = respondent.client.post(respondent.path, {**first_page, "nps": "1", "_go": "next"})

    assert late.status_code == 409
    assert Response.objects.get().answers == {"nps": 7, "csat": 4, "why": "Done."}


def test_answered_before_the_close_is_answered_and_not_closed():
    respondent, invitation = invited()
    respondent.open().send(nps="9")
    Survey.objects.filter(pk=invitation.survey_id).update(closes_at=timezone.now())
    assert respondent.client.get(respondent.path).status_code == 200


def test_an_invitation_to_a_draft_is_too_early():
    survey = published_survey()
    Survey.objects.filter(pk=survey.pk).update(live_version=None)
    _, link = create_invitation(survey, contact(account()), now=timezone.now())
    path = "/r/" + link.rpartition("/r/")[2]
    assert Client().get(path).status_code == 403
    assert Client().post(path, {"nps": "9"}).status_code == 403


def test_a_random_order_is_the_same_when_a_visit_goes_on():
    many = [{"key": f"c{number}", "text": f"Choice {number}"} for number in range(12)]
    which = {
        "key": "which",
        "kind": "single_choice",
        "text": "Which?",
        "choices": many,
        "settings": {"random_order": True},
        "page": 2,
    }
    respondent, _ = invited([NPS, which])

    def order(page):
        return re.findall(r'name="which"\s+value="(c\d+)"', page.text)

    respondent.open().send(nps="9")
    first = order(respondent)
    elsewhere = Respondent(respondent.path).open()
    assert sorted(first) == sorted(choice["key"] for choice in many)
    assert order(elsewhere) == first
    assert elsewhere.send(which="c3").status_code == 302
    others = [order(other) for other in _opened_at_the_second_page([NPS, which], 4)]
    assert any(other != first for other in others)


def _opened_at_the_second_page(questions, count):
    for _ in range(count):
        respondent, _ = invited(questions)
        respondent.open().send(nps="9")
        yield respondent


def test_answers_on_several_pages_are_changed_from_the_first_page_on():
    respondent, invitation = invited(PAGES)
    respondent.open().send(nps="7")
    respondent.send(csat="4")
    respondent.send(why="Slow.")
    Survey.objects.filter(pk=invitation.survey_id).update(allows_changes=True)

    respondent.open("?change=1")
    assert 'name="nps"' in respondent.text
    respondent.send(nps="9")
    respondent.send(csat="5")
    assert respondent.send(why="They called.").status_code == 302
    assert Response.objects.get().answers == {"nps": 9, "csat": 5, "why": "They called."}
