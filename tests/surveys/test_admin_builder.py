"""A survey is built, changed and kept whole by its page in the admin."""

import pytest
from django.urls import reverse

from surveys.actions.authoring import compile_definition
from surveys.actions.drafts import draft_json
from surveys.models import Collector, Question, Survey
from tests import factories
from tests.accounts.staff import logged_in, member
from tests.surveys.builder import saved, sent

pytestmark = pytest.mark.django_db

ADD = "/admin/surveys/survey/add/"


@pytest.fixture
def client():
    return logged_in(member("builder"))


@pytest.fixture
def programme():
    return factories.programme()


@pytest.fixture
def survey():
    choices = [{"key": "red", "text": {"en": "Red", "de": "Rot"}}, {"key": "blue", "text": "Blue"}]
    colour = {"key": "colour", "kind": "single_choice", "text": "Which colour?", "choices": choices}
    return factories.published_survey([factories.NPS, colour, factories.WHY], languages=["en", "de"])


def url_of(survey, page="change"):
    return reverse(f"admin:surveys_survey_{page}", args=[survey.pk])


def change(client, survey, questions, **fields):
    own = {"programme": survey.programme_id, "title": survey.title, "languages": "de"}
    return client.post(url_of(survey), sent(questions, **own, **fields))


def test_a_survey_of_three_questions_is_built_in_one_form(client, programme):
    questions = [
        {"kind": "nps", "text": "Would you recommend us?", "key": "nps", "setting_high_label": "Gladly"},
        {
            "kind": "multiple_choice",
            "text": "What matters?",
            "choices": "Price\nThe people\nElse | open",
            "setting_max_picks": 2,
        },
        {"kind": "long_text", "text": "Why?", "page": 2, "is_required": "on", "setting_max_length": 500},
    ]
    answer = client.post(ADD, sent(questions, title="Spring survey", programme=programme.pk))
    made = Survey.objects.get()
    assert answer["Location"] == url_of(made)
    assert made.slug == "spring-survey"
    definition = compile_definition(made)
    assert [(one.key, one.kind, one.page, one.is_required) for one in definition] == [
        ("nps", "nps", 1, False),
        ("what_matters", "multiple_choice", 1, False),
        ("why", "long_text", 2, True),
    ]
    nps, matters, why = definition
    assert nps.settings["high_label"] == {"en": "Gladly"}
    assert nps.settings["detractor_max"] == 6
    assert [(choice.key, str(choice.text), choice.is_other) for choice in matters.choices] == [
        ("price", "Price", False),
        ("the_people", "The people", False),
        ("other", "Else", True),
    ]
    assert matters.settings["max_picks"] == 2
    assert why.settings["max_length"] == 500


def test_a_blank_question_is_no_question(client, programme):
    blank = {"kind": "nps", "text": "", "position": 1}
    client.post(ADD, sent([{"text": "Only one?"}, blank], programme=programme.pk))
    assert [question.text for question in Question.objects.all()] == ["Only one?"]


def test_what_a_page_sends_back_unchanged_changes_nothing(client, survey):
    before = draft_json(survey)
    assert change(client, survey, saved(survey)).status_code == 302
    survey.refresh_from_db()
    after = draft_json(survey)
    for question in before["questions"]:
        question.pop("settings")
    for question in after["questions"]:
        question.pop("settings")
    assert after["questions"] == [
        {
            **question,
            "choices": [{**choice, "text": {"en": choice["text"]["en"]}} for choice in question["choices"]],
        }
        for question in before["questions"]
    ]


def test_rewording_a_choice_keeps_its_key(client, survey):
    questions = saved(survey)
    questions[1]["choices"] = "blue | Navy\nred | Red\nGreen"
    assert change(client, survey, questions).status_code == 302
    colour = survey.questions.get(key="colour")
    assert [(choice.key, choice.text) for choice in colour.choices.all()] == [
        ("blue", "Navy"),
        ("red", "Red"),
        ("green", "Green"),
    ]


def test_translations_of_a_question_and_its_choices_are_kept_together(client, survey):
    page = client.get(url_of(survey)).content.decode()
    assert "&quot;red&quot;: &quot;Rot&quot;" in page
    questions = saved(survey)
    questions[1]["translations"] = '{"de": {"text": "Welche?", "choices": {"red": "Rot", "blue": "Blau"}}}'
    assert change(client, survey, questions).status_code == 302
    colour = compile_definition(survey).question_by_key["colour"]
    assert colour.text.into("de") == "Welche?"
    assert [choice.text.into("de") for choice in colour.choices] == ["Rot", "Blau"]


def test_the_order_sent_is_the_order_saved(client, survey):
    questions = saved(survey)
    for question, position in zip(questions, (2, 0, 1), strict=True):
        question["position"] = position
    change(client, survey, [*questions, {"text": "Last?", "position": None}])
    assert [question.key for question in compile_definition(survey)] == ["colour", "why", "nps", "last"]


def test_a_question_is_deleted(client, survey):
    questions = saved(survey)
    questions[1]["DELETE"] = "on"
    assert change(client, survey, questions).status_code == 302
    assert [question.key for question in compile_definition(survey)] == ["nps", "why"]


def test_a_new_question_never_takes_the_key_of_one_that_goes(client, survey):
    questions = saved(survey)
    questions[2]["DELETE"] = "on"
    change(client, survey, [*questions, {"kind": "long_text", "text": "Why"}])
    assert [question.key for question in compile_definition(survey)] == ["nps", "colour", "why_2"]


def test_another_kind_takes_its_own_settings_and_leaves_choices_behind(client, survey):
    questions = saved(survey)
    questions[1] |= {"kind": "csat", "setting_points": 7, "setting_shape": "faces"}
    assert change(client, survey, questions).status_code == 302
    colour = survey.questions.get(key="colour")
    assert colour.settings == {"points": 7, "shape": "faces"}
    assert not colour.choices.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": ""}, "This field is required."),
        ({"key": "Not A Key"}, "Lower-case letters, digits and _, beginning with a letter."),
        ({"key": "why"}, "Another question has this key."),
        ({"setting_detractor_max": 9}, "Must be a whole number from 0 to 8."),
        ({"kind": "csat", "setting_points": 99}, "Must be a whole number from 2 to 10."),
        ({"kind": "single_choice", "choices": "a | A\na | B"}, "Two choices have the key “a”."),
        ({"show_if": "{"}, "Enter a valid JSON."),
        ({"show_if": '{"less": ["why", 7]}'}, "There is no earlier question"),
        ({"show_if": '{"eval": "1"}'}, "There is no operator"),
        ({"show_if": "[" * 5000}, "Enter a valid JSON."),
        ({"translations": '{"de": {"nothing": "x"}}'}, "there is no text “nothing”"),
        ({"translations": '{"German!": {}}'}, "is no language"),
        ({"page": 0}, "Ensure this value is greater than or equal to 1."),
        ({"kind": "essay"}, "Select a valid choice."),
        ({"text": "nul \x00"}, "Null characters are not allowed."),
    ],
)
def test_a_fault_is_said_beside_its_field_and_nothing_is_lost(client, survey, fields, words):
    questions = saved(survey)
    questions[0] |= fields
    answer = change(client, survey, [*questions, {"text": "Typed and not saved"}])
    page = answer.content.decode()
    assert answer.status_code == 200
    assert words in page
    assert "Typed and not saved" in page
    assert survey.questions.count() == 3


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"languages": "de, Klingon!"}, "is no language"),
        ({"language": "xx_xx"}, "Write a code such as en or pt-BR."),
        ({"translations": '{"de": "x"}'}, "must be an object of texts"),
        ({"title": ""}, "This field is required."),
    ],
)
def test_a_fault_in_the_surveys_own_fields_is_said(client, survey, fields, words):
    own = {"programme": survey.programme_id, "title": survey.title}
    answer = client.post(url_of(survey), sent(saved(survey), **{**own, **fields}))
    assert answer.status_code == 200
    assert words in answer.content.decode()


def test_two_surveys_of_one_title_get_links_of_their_own(client, programme):
    for _ in range(2):
        client.post(ADD, sent([{"text": "One?"}], title="Same", programme=programme.pk))
    assert sorted(Survey.objects.values_list("slug", flat=True)) == ["same", "same-2"]


def test_a_link_that_another_survey_uses_is_refused(client, programme, survey):
    Collector.objects.create(survey=survey, name="QR", slug="shop")
    answer = client.post(ADD, sent([{"text": "One?"}], slug="shop", programme=programme.pk))
    assert "Another survey or open link ends like this." in answer.content.decode()


@pytest.mark.parametrize("role", ["analyst", "executive", "account manager"])
def test_who_only_reads_changes_nothing(survey, role):
    reader = logged_in(member(role))
    assert reader.get(url_of(survey)).status_code == 200
    assert change(reader, survey, saved(survey)).status_code == 403
    assert reader.get(ADD).status_code == 403


def test_published_surveys_are_not_deleted_and_drafts_are(client, survey, programme):
    assert client.post(url_of(survey, "delete"), {"post": "yes"}).status_code == 403
    client.post(ADD, sent([{"text": "One?"}], title="Draft", programme=programme.pk))
    draft = Survey.objects.get(title="Draft")
    assert client.post(url_of(draft, "delete"), {"post": "yes"}).status_code == 302


def test_the_page_asks_as_many_queries_for_thirty_questions_as_for_three(
    client, django_assert_max_num_queries, survey
):
    big = factories.published_survey(
        [
            {"key": f"q{n}", "kind": "single_choice", "text": "?", "choices": [{"key": "a", "text": "A"}]}
            for n in range(30)
        ]
    )
    with django_assert_max_num_queries(30) as few:
        client.get(url_of(survey))
    with django_assert_max_num_queries(len(few)):
        client.get(url_of(big))
