"""Texts repeat what is known of a visit: escaped, not read twice, not of somebody else (SECURITY T8)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.actions.authoring import SurveyNotReady, create_survey, publish_survey
from surveys.actions.outreach import create_invitation
from surveys.interchange.native import from_json
from tests.factories import NPS, account, contact, programme, published_survey
from tests.surveys.respondent import Respondent, open_link

pytestmark = pytest.mark.django_db

NAME = {"key": "name", "kind": "short_text", "text": "Your product?"}
COLOUR = {
    "key": "colour",
    "kind": "single_choice",
    "text": "Which {{name}}?",
    "help": "Dear {{contact.first_name|friend}} of {{account.name|your company}} ({{hidden.plan}}),",
    "choices": [{"key": "red", "text": "The red {{name|one}}"}, {"key": "blue", "text": "Blue"}],
    "page": 2,
}
PARTS = {
    "intro": "Welcome to {{survey.title}}, {{contact.name|stranger}}!",
    "thank_you": "{{colour}} it is, {{contact.first_name|friend}}.",
    "hidden": ["plan"],
}


def invited(survey, name):
    person = contact(account(name=f"{name} Ltd"), name=name, title="Head of Things")
    _, link = create_invitation(survey, person, now=timezone.now())
    return Respondent("/r/" + link.rpartition("/r/")[2])


def test_an_open_link_repeats_answers_and_hidden_fields_and_knows_no_one():
    survey = published_survey([NAME, COLOUR], **PARTS)
    respondent = Respondent(open_link(survey)).open("?plan=gold")
    assert f"Welcome to {survey.title}, stranger!" in respondent.text
    respondent.send(name="Teapot")
    assert "Which Teapot?" in respondent.text
    assert "The red Teapot" in respondent.text
    assert "Dear friend of your company (gold)," in respondent.text
    thanks = respondent.client.get(respondent.send(colour="red")["Location"])
    assert "The red {{name|one}}" not in thanks.content.decode()
    assert "The red Teapot it is, friend." in thanks.content.decode()


def test_a_personal_link_names_its_own_contact_and_nobody_else():
    survey = published_survey([NAME, COLOUR], **PARTS)
    anna, bob = invited(survey, "Anna Ames"), invited(survey, "Bob Burns")
    for respondent, first, other in ((anna, "Anna", "Bob"), (bob, "Bob", "Anna"), (anna, "Anna", "Bob")):
        respondent.open()
        assert f"{first} " in respondent.text
        assert other not in respondent.text
    anna.send(name="Teapot")
    assert "Dear Anna of Anna Ames Ltd ()," in anna.text
    thanks = anna.client.get(anna.send(colour="blue")["Location"])
    assert "Blue it is, Anna." in thanks.content.decode()
    assert "Anna" not in Respondent(open_link(survey)).open().text


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "{{contact.name}} {{ settings.SECRET_KEY }} {contact.__class__} %(key)s",
        "{% include 'x' %}{% debug %}{{7*7}}",
        "\"><svg/onload=fetch('//127.0.0.1:9/x')>${7*7}",
    ],
)
def test_what_is_repeated_is_text_and_is_not_read_again(attack):
    survey = published_survey([NAME, COLOUR], **PARTS)
    for respondent in (invited(survey, "Anna Ames"), Respondent(open_link(survey))):
        respondent.open()
        respondent.send(name=attack)
        shown = respondent.text.replace("&quot;", '"').replace("&#x27;", "'")
        shown = shown.replace("&lt;", "<").replace("&gt;", ">")
        assert f"Which {attack}?" in shown
        assert "<script>alert" not in respondent.text
        assert "<svg/onload" not in respondent.text
        assert "Which Anna" not in respondent.text


@pytest.mark.parametrize(
    "text",
    ["{{contact.account}}", "{{contact.email}}", "{{contact.__class__}}", "{{later}}", "{{hidden.secret}}"],
)
def test_a_name_that_is_not_on_the_list_is_not_published(text):
    def draft(words):
        document = {"title": "T", "questions": [{**NPS, "text": words}, {**NAME, "key": "later"}]}
        return create_survey(from_json(document), programme=programme(), slug=f"t{len(words)}")

    with pytest.raises(SurveyNotReady) as refused:
        publish_survey(draft(text), by=None, now=timezone.now())
    assert [place for place, _ in refused.value.faults] == ["question nps"]
    assert publish_survey(draft("{{contact.name}}, how likely?"), by=None, now=timezone.now())


def test_filling_costs_a_statement_only_where_a_person_is_named():
    def statements(respondent):
        with CaptureQueriesContext(connection) as asked:
            respondent.open()
        return len(asked)

    plain = statements(invited(published_survey([NAME]), "Anna"))
    answers_only = published_survey([NAME, {**COLOUR, "help": ""}])
    assert statements(invited(answers_only, "Anna")) == plain
    named = published_survey([NAME, COLOUR], **PARTS)
    assert statements(invited(named, "Anna")) == plain + 1
    assert statements(Respondent(open_link(named))) <= plain
