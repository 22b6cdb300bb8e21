"""The last page by what was answered: praise to quote, a wish to be called, an address to go on to."""

from base64 import urlsafe_b64decode
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from surveys.actions.outreach import create_invitation
from surveys.links import read_receipt, receipt_for
from surveys.models import Response
from tests import factories as f
from tests.surveys.respondent import Respondent, open_link

pytestmark = pytest.mark.django_db
ENDINGS = [
    {"key": "fan", "text": "You made our day!", "show_if": {"greater": ["nps", 8]}, "ask": "quote"},
    {"key": "sad", "text": "We are sorry.", "show_if": {"less": ["nps", 7]}, "ask": "call_back"},
    {"key": "onward", "show_if": {"equals": ["nps", 8]}, "redirect_url": "https://example.com/more"},
]


def survey(**texts):
    return f.published_survey([f.NPS, f.WHY], endings=ENDINGS, **texts)


def personal(**texts):
    _, link = create_invitation(survey(**texts), f.contact(f.account()), now=timezone.now())
    return "/r/" + link.rpartition("/r/")[2]


def finished(path, **answers):
    """Return someone on the last page."""
    respondent = Respondent(path).open()
    location = respondent.send(**answers)["Location"]
    respondent.path = urlsplit(location).path
    return respondent.see(respondent.client.get(location))


@pytest.fixture(params=["open", "personal", "anonymous"])
def path(request):
    if request.param == "open":
        return open_link(survey())
    return personal(privacy="anonymous") if request.param == "anonymous" else personal()


@pytest.mark.parametrize(
    ("nps", "said", "asked"),
    [("9", "You made our day!", "May we quote"), ("3", "We are sorry.", "call you back")],
)
def test_the_answers_choose_the_ending_and_what_it_asks_for(path, nps, said, asked):
    respondent = finished(path, nps=nps)
    assert said in respondent.text
    assert asked in respondent.text


def test_where_no_ending_holds_the_survey_thanks(path):
    assert "Thank you!" in finished(path, nps="7").text


def test_praise_is_kept_with_the_sentence_consented_to_and_counts_as_a_change(path):
    respondent = finished(path, nps="9", why="Kind people.")
    page = respondent.send(_text="  Kind people.  ", _consent="yes")
    assert page.status_code == 302
    noted = Client().get(page["Location"]).content.decode()
    assert "We have noted it." in noted
    assert "May we quote" not in noted

    response = Response.objects.quotable().get()
    assert response.afterword == {
        "ask": "quote",
        "text": "Kind people.",
        "consent": "Yes, you may publish these words.",
    }
    assert response.revision == 2
    assert response.answers == {"nps": 9, "why": "Kind people."}


@pytest.mark.parametrize(
    "sent", [{"_text": "Nice."}, {"_consent": "yes"}, {"_text": " ", "_consent": "yes"}, {}]
)
def test_nothing_is_kept_without_words_and_consent(path, sent):
    respondent = finished(path, nps="9")
    page = respondent.send(**sent)
    assert page.status_code == 400
    assert "tick the box" in respondent.text
    assert Response.objects.get().afterword is None
    assert respondent.send(_text="Nice.", _consent="yes").status_code == 302


def test_a_second_afterword_changes_nothing(path):
    respondent = finished(path, nps="9")
    sent = {**respondent.hidden, "_consent": "yes"}
    for text in ("First.", "Second."):
        assert respondent.client.post(respondent.path, {**sent, "_text": text}).status_code == 302
    assert Response.objects.get().afterword["text"] == "First."
    assert Response.objects.get().revision == 2


def test_a_known_contact_need_not_say_how_to_be_reached():
    respondent = finished(personal(), nps="2")
    assert respondent.send(_consent="yes").status_code == 302
    assert Response.objects.get().afterword["ask"] == "call_back"


def test_words_are_escaped_wherever_they_come_back(path):
    respondent = finished(path, nps="9")
    respondent.send(_text="</textarea><script>window.__x=1</script>")
    assert "<script>window" not in respondent.text
    assert "&lt;script&gt;" in respondent.text


@pytest.mark.parametrize(
    "body", [{"_text": "a\x01b", "_consent": "yes"}, {"_text": "x" * 1001, "_consent": "y"}]
)
def test_words_that_cannot_be_kept_are_refused(path, body):
    respondent = finished(path, nps="9")
    assert respondent.send(**body).status_code == 400
    assert Response.objects.get().afterword is None


def test_an_ending_leads_on_by_the_stored_rule_and_carries_nothing_along(path):
    page = finished(path, nps="8").text
    assert 'content="2;url=https://example.com/more"' in page
    assert 'href="https://example.com/more"' in page
    assert "evil" not in Client().get(f"{path}thanks/?leads_to=https://evil.example").content.decode()


@pytest.mark.parametrize("receipt", ["", "x", "A" * 44, "é", "A" * 4000])
def test_a_receipt_cannot_be_made_up(receipt):
    made = survey()
    Respondent(open_link(made)).open().send(nps="9")
    body = {"_r": receipt, "_text": "Not mine.", "_consent": "yes"}
    assert Client().post(f"{open_link(made)}thanks/", body).status_code == 400
    assert Response.objects.get().afterword is None


def test_the_address_beside_a_private_link_says_nothing_of_the_answers():
    """Whoever reads a log beside the tables learns neither which ending nor which row it was."""
    path = personal(privacy="anonymous")
    respondent = Respondent(path).open()
    visited = [respondent.send(nps="2")["Location"]]
    respondent.path = f"{path}thanks/"
    assert "We are sorry." in respondent.see(respondent.client.get(visited[0])).text
    visited.append(respondent.send(_text="Call me.", _consent="yes")["Location"])
    assert "We are sorry." in respondent.see(respondent.client.get(visited[1])).text

    for address in visited:
        (receipt,) = parse_qs(urlsplit(address).query)["r"]
        assert "sad" not in address
        assert Response.objects.get().public_id.bytes not in urlsafe_b64decode(receipt)


def test_a_receipt_is_for_its_survey_and_its_hour():
    mine, other = survey(), survey()
    location = Respondent(open_link(mine)).open().send(nps="9")["Location"]
    receipt = parse_qs(urlsplit(location).query)["r"][0]
    body = {"_r": receipt, "_text": "Nice.", "_consent": "yes"}
    assert Client().post(f"{open_link(other)}thanks/", body).status_code == 400
    response = Response.objects.get()
    now = timezone.now()
    assert read_receipt(receipt_for(response.public_id, now), now) == response.public_id
    assert read_receipt(receipt_for(response.public_id, now), now + timedelta(hours=1)) is None


def test_a_personal_link_that_is_not_answered_gets_no_afterword():
    path = personal()
    page = Client().post(f"{path}thanks/", {"_text": "x", "_consent": "yes"})
    assert page.status_code == 400
    assert not Response.objects.exists()


def test_other_sites_forms_are_refused(path):
    respondent = finished(path, nps="9")
    body = {**respondent.hidden, "_text": "x", "_consent": "yes"}
    assert Client(headers={"Sec-Fetch-Site": "cross-site"}).post(respondent.path, body).status_code == 403


def test_answers_are_changed_where_the_survey_lets_them_be():
    path = personal()
    Respondent(path).open().send(nps="2", why="Slow.")
    assert "Change my answers" not in Client().get(path).content.decode()
    assert 'name="nps"' not in Client().get(f"{path}?change=1").content.decode()

    made = Response.objects.get()
    type(made.survey).objects.update(allows_changes=True)
    assert "Change my answers" in Client().get(path).content.decode()
    respondent = Respondent(path).open("?change=1")
    assert 'value="2" checked' in respondent.text
    sent = {**respondent.hidden, "nps": "9", "why": "They called."}
    for _ in range(2):
        assert respondent.client.post(path, sent).status_code == 302
    changed = Response.objects.get()
    assert changed.answers == {"nps": 9, "why": "They called."}
    assert (changed.revision, changed.submitted_at) == (2, made.submitted_at)


def test_a_change_is_no_way_into_a_survey_that_does_not_let_answers_be_changed():
    path = personal()
    respondent = Respondent(path).open()
    version = respondent.hidden["_version"]
    respondent.send(nps="2")
    page = Client().post(path, {"_change": "1", "_version": version, "nps": "9"})
    assert page.status_code == 409
    assert Response.objects.get().answers == {"nps": 2}
