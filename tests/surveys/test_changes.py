from typing import Any

from surveys.changes import changes_between
from surveys.interchange.native import from_json
from tests.factories import CSAT, NPS, WHY

COLOUR: dict[str, Any] = {
    "key": "colour",
    "kind": "single_choice",
    "text": "Which?",
    "choices": [{"key": "red", "text": "Red"}, {"key": "blue", "text": "Blue"}],
}


def survey(*questions, **texts):
    return from_json({"title": "T", **texts, "questions": list(questions)})


def test_nothing_changed_is_no_change():
    assert changes_between(survey(NPS, COLOUR), survey(NPS, COLOUR)) == []


def test_new_and_removed_questions_are_named():
    assert changes_between(survey(NPS, WHY), survey(NPS, CSAT)) == [
        "New: question 2, “How satisfied are you?”.",
        "Gone: question 2 as it was, “What is the main reason?”. Its answers so far are kept.",
    ]


def test_what_differs_in_a_question_is_said_in_one_sentence():
    after = {**NPS, "text": "Would you recommend us?", "required": True, "settings": {"detractor_max": 5}}
    assert changes_between(survey(NPS), survey(after)) == [
        "Question 1, “Would you recommend us?”, changes its text, to required and its settings."
    ]


def test_choices_pages_and_conditions_count():
    other = {**COLOUR, "choices": COLOUR["choices"][:1], "page": 2, "show_if": {"less": ["nps", 7]}}
    assert changes_between(survey(NPS, COLOUR), survey(NPS, other)) == [
        "Question 2, “Which?”, changes to page 2, its choices and when it is asked."
    ]


def test_only_the_question_that_moved_is_said_to_move():
    assert changes_between(survey(NPS, CSAT, WHY), survey(WHY, NPS, CSAT)) == [
        "Question 1, “What is the main reason?”, changes its place."
    ]


def test_the_surveys_own_texts_and_languages_count():
    before = survey(NPS)
    after = survey(NPS, thank_you="Thanks!", languages=["en", "de"])
    assert changes_between(before, after) == ["The thank-you text changes.", "The languages become en, de."]
