"""Conditions as lines: whatever the lines can say they say again, and each line fits its question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.branching import check_condition
from surveys.condition_rows import (
    Group,
    Line,
    askable,
    condition_of,
    first_line,
    fitted,
    in_words,
    operators_for,
    rows_of,
)
from surveys.interchange.native import from_json
from tests.surveys.questionnaires import DEFINITIONS

DEFINITION = from_json(
    {
        "title": "T",
        "questions": [
            {"key": "nps", "kind": "nps", "text": "Would you?"},
            {
                "key": "many",
                "kind": "multiple_choice",
                "text": "Which?",
                "choices": [{"key": "a", "text": "A"}],
            },
            {"key": "sure", "kind": "yes_no", "text": "Sure?"},
            {"key": "day", "kind": "date", "text": "When?"},
            {"key": "said", "kind": "statement", "text": "Read this."},
            {
                "key": "grid",
                "kind": "matrix",
                "text": "Rate",
                "settings": {"rows": [{"key": "speed", "text": "Speed"}]},
                "choices": [{"key": "good", "text": "Good"}],
            },
        ],
    }
)
QUESTIONS = DEFINITION.question_by_key


def test_every_question_that_is_answered_can_be_asked_about_each_row_of_a_matrix_apart():
    assert list(askable(QUESTIONS)) == ["nps", "many", "sure", "day", "grid.speed"]
    assert operators_for(QUESTIONS["said"]) == ()


@given(DEFINITIONS)
def test_the_first_line_on_any_question_is_a_condition_that_is_taken(definition):
    for question in askable(definition.question_by_key).values():
        condition = condition_of(Group("all", (first_line(question),)))
        if condition is not None:
            check_condition(condition, definition.question_by_key)


@given(DEFINITIONS)
def test_conditions_that_lines_can_show_come_back_the_same(definition):
    for question in definition:
        group = rows_of(question.show_if) if question.show_if else None
        if group and len(group.parts) > 1 and all(isinstance(part, Line) for part in group.parts):
            assert condition_of(group) == question.show_if


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"less": ["nps", 7]}, "“Would you?” is below 7"),
        ({"not": {"contains": ["many", "a"]}}, "“Which?” does not include A"),
        (
            {"all": [{"answered": "nps"}, {"not": {"answered": "day"}}]},
            "“Would you?” was answered and “When?” was not answered",
        ),
        (
            {"any": [{"equals": ["sure", "yes"]}, {"one_of": ["nps", [9, 10]]}]},
            "“Sure?” is Yes or “Would you?” is one of 9 or 10",
        ),
        (None, ""),
    ],
)
def test_a_condition_is_said_in_words(condition, words):
    assert in_words(condition, QUESTIONS) == words
    group = rows_of(condition)
    assert condition_of(group) == condition


def test_what_lines_cannot_show_is_left_alone():
    inner = {"any": [{"answered": "nps"}, {"all": [{"answered": "day"}, {"answered": "sure"}]}]}
    assert rows_of({"all": [inner, {"answered": "nps"}]}) is None
    assert rows_of({"not": {"all": [{"answered": "nps"}, {"answered": "day"}]}}) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (Line("nps", "contains", 99), Line("nps", "equals", 7)),
        (Line("nps", "one_of", [9, 99]), Line("nps", "one_of", [9])),
        (Line("many", "less", "b"), Line("many", "contains", "a")),
        (Line("sure", "answered", "x"), Line("sure", "answered")),
        (Line("day", "less", "soon"), Line("day", "less", None)),
        (Line("day", "less", "2026-01-31"), Line("day", "less", "2026-01-31")),
    ],
)
def test_a_line_is_made_to_fit_the_kind_of_its_question(line, expected):
    assert fitted(line, QUESTIONS[line.question]) == expected


@given(st.lists(st.sampled_from(["nps", "day", "sure"]), max_size=3))
def test_unfinished_lines_do_not_count(keys):
    lines = tuple(Line(key, "equals", None) for key in keys)
    assert condition_of(Group("all", lines)) is None
