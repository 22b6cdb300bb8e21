"""What may be stored: the rules of each kind and of the branches, for forms and for JSON alike."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.answers import check_answers, read_form
from surveys.branching import MAX_DEPTH, ConditionRefused, asked, check_condition
from surveys.interchange.native import from_json
from surveys.kinds import KINDS, AnswerRefused
from surveys.paging import next_page
from tests.surveys.questionnaires import DEFINITIONS, VALUES, sent_forms

CHOICES = [
    {"key": "good", "text": "Good"},
    {"key": "very_good", "text": "Very good"},
    {"key": "none", "text": "None", "is_exclusive": True},
    {"key": "mine", "text": "Other", "is_other": True},
]


def question(kind, **settings):
    document = {"key": "q", "kind": kind, "text": "?", "settings": settings}
    if KINDS[kind].has_choices:
        document["choices"] = CHOICES
    return from_json({"title": "T", "questions": [document]}).questions[0]


@given(sent_forms())
def test_no_form_breaks_the_reader_and_what_it_lets_through_may_be_stored(sent):
    definition, fields = sent
    checked = read_form(definition, fields)
    answers = dict(checked.answers)
    text = json.dumps(answers, ensure_ascii=False)
    assert "\x00" not in text
    text.encode()
    again = check_answers(definition, answers, is_complete=False)
    assert (again.errors, again.answers) == ({}, answers)
    keys = {question.key for question in asked(definition, answers)}
    assert set(answers) | set(checked.errors) <= keys


@given(sent_forms())
def test_an_answer_shown_in_the_form_again_is_the_same_answer(sent):
    definition, fields = sent
    answers = read_form(definition, fields, is_demanding=False, is_complete=False).answers
    shown = {}
    for key, answer in answers.items():
        asked_question = definition.question_by_key[key]
        shown.update(KINDS[asked_question.kind].fields(asked_question, answer))
    again = read_form(definition, shown, is_demanding=False, is_complete=False)
    assert (again.answers, again.errors) == (answers, {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | VALUES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["other", "a", "x"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(DEFINITIONS, st.dictionaries(st.sampled_from([*(f"q{n}" for n in range(6)), "stray"]), JSON))
def test_no_json_breaks_the_checker_and_what_it_lets_through_stays_so(definition, document):
    checked = check_answers(definition, document, is_complete=True)
    again = check_answers(definition, dict(checked.answers), is_complete=False)
    assert (again.answers, again.errors) == (checked.answers, {})


@pytest.mark.parametrize(
    ("kind", "settings", "sent", "stored"),
    [
        ("nps", {}, ["0"], 0),
        ("nps", {}, ["10"], 10),
        ("nps", {}, ["007"], 7),
        ("nps", {}, ["", "7"], 7),
        ("nps", {}, [" "], None),
        ("nps", {"low": 1}, ["1"], 1),
        ("csat", {"points": 2}, ["2"], 2),
        ("ces", {}, ["7"], 7),
        ("ces", {"version": "1.0"}, ["5"], 5),
        ("rating", {"points": 10}, ["10"], 10),
        ("single_choice", {}, ["good"], "good"),
        ("single_choice", {}, ["mine"], {"other": ""}),
        ("single_choice", {}, [""], None),
        ("multiple_choice", {}, ["very_good", "good"], ["good", "very_good"]),
        ("multiple_choice", {"min_picks": 2}, ["none"], ["none"]),
        ("multiple_choice", {}, [], None),
        ("short_text", {}, ["  a\r\nb  "], "a b"),
        ("short_text", {}, ["   "], None),
        ("long_text", {}, ["a\r\n\r\nb\rc"], "a\n\nb\nc"),
        ("long_text", {}, ["tab\tkept"], "tab\tkept"),
        ("long_text", {"max_length": 3}, ["äöü"], "äöü"),
        ("long_text", {"max_length": 2}, ["\U0001f600\U0001f600"], "\U0001f600\U0001f600"),
    ],
)
def test_what_is_sent_is_stored_as_it_is_meant(kind, settings, sent, stored):
    assert KINDS[kind].read(question(kind, **settings), {"q": sent}) == stored


@pytest.mark.parametrize(
    ("kind", "settings", "sent", "code"),
    [
        ("nps", {}, ["11"], "off_scale"),
        ("nps", {"low": 1}, ["0"], "off_scale"),
        ("nps", {}, ["-1"], "not_a_point"),
        ("nps", {}, ["９"], "not_a_point"),
        ("nps", {}, [" 9"], "not_a_point"),
        ("nps", {}, ["9", "9"], "one_answer"),
        ("ces", {"version": "1.0"}, ["6"], "off_scale"),
        ("single_choice", {}, ["bad"], "not_offered"),
        ("single_choice", {}, ["other"], "not_offered"),
        ("single_choice", {}, ["good", "very_good"], "one_answer"),
        ("multiple_choice", {}, ["good", "bad"], "not_offered"),
        ("multiple_choice", {}, ["good", "good"], "picked_twice"),
        ("multiple_choice", {}, ["good", "none"], "exclusive"),
        ("multiple_choice", {"min_picks": 2}, ["good"], "too_few_picks"),
        ("multiple_choice", {"max_picks": 1}, ["good", "very_good"], "too_many_picks"),
        ("short_text", {"max_length": 2}, ["abc"], "too_long"),
        ("long_text", {}, ["a\x00b"], "unprintable"),
        ("long_text", {}, ["\ud800"], "unprintable"),
        ("long_text", {}, ["\x1b[31m"], "unprintable"),
    ],
)
def test_what_a_question_does_not_allow_is_refused_by_name(kind, settings, sent, code):
    with pytest.raises(AnswerRefused) as refused:
        KINDS[kind].read(question(kind, **settings), {"q": sent})
    assert refused.value.code == code


@pytest.mark.parametrize("answer", [True, 9.0, 9.5, "9", None, [9], {"other": "9"}, float("nan"), 2**63])
def test_a_score_in_json_is_a_whole_number_on_the_scale(answer):
    with pytest.raises(AnswerRefused):
        KINDS["nps"].check(question("nps"), answer)
    assert KINDS["nps"].check(question("nps"), 9) == 9


@pytest.mark.parametrize(
    "pick", [5, None, [], {}, {"other": 5}, {"other": "x", "more": 1}, "mine?", ["good"]]
)
def test_a_pick_in_json_is_a_key_or_words_for_the_open_choice(pick):
    with pytest.raises(AnswerRefused):
        KINDS["single_choice"].check(question("single_choice"), pick)
    assert KINDS["single_choice"].check(question("single_choice"), {"other": " x "}) == {"other": "x"}


def test_words_alone_pick_the_open_choice_where_no_button_can_be_taken_back():
    one, many = question("single_choice"), question("multiple_choice")
    fields = {"q.other": ["my words"]}
    assert KINDS["single_choice"].read(one, fields) == {"other": "my words"}
    assert KINDS["multiple_choice"].read(many, fields) is None
    assert KINDS["single_choice"].read(one, {"q": ["good"], **fields}) == "good"


def test_an_answer_reads_like_words_and_counts_under_its_key():
    one, many = question("single_choice"), question("multiple_choice")
    picks = ["good", {"other": "mine"}]
    assert KINDS["multiple_choice"].show(many, picks, "en") == "Good, Other: mine"
    assert KINDS["multiple_choice"].picked(picks) == ("good", "other")
    assert KINDS["single_choice"].show(one, {"other": ""}, "en") == "Other"
    assert KINDS["single_choice"].picked({"other": ""}) == ("other",)
    assert KINDS["nps"].score(9) == 9
    assert KINDS["long_text"].score("words") is None


def branch(show_if, kind="nps"):
    first = {"key": "q", "kind": kind, "text": "?"}
    if KINDS[kind].has_choices:
        first["choices"] = CHOICES
    second = {"key": "then", "kind": "short_text", "text": "?", "show_if": show_if}
    return from_json({"title": "T", "questions": [first, second]})


@pytest.mark.parametrize(
    ("kind", "show_if", "yes", "no"),
    [
        ("nps", {"less": ["q", 7]}, [0, 6], [7, None]),
        ("nps", {"greater": ["q", 8]}, [9, 10], [8, None]),
        ("nps", {"equals": ["q", 5]}, [5], [4, None]),
        ("nps", {"one_of": ["q", [1, 2]]}, [1, 2], [3, None]),
        ("nps", {"answered": "q"}, [0], [None]),
        ("nps", {"not": {"answered": "q"}}, [None], [0]),
        ("nps", {"not": {"less": ["q", 7]}}, [7, None], [6]),
        ("nps", {"all": [{"greater": ["q", 2]}, {"less": ["q", 5]}]}, [3, 4], [2, 5, None]),
        ("nps", {"any": [{"less": ["q", 2]}, {"greater": ["q", 8]}]}, [1, 9], [5, None]),
        ("single_choice", {"equals": ["q", "good"]}, ["good"], ["very_good", {"other": "good"}]),
        ("single_choice", {"contains": ["q", "good"]}, ["good"], ["very_good", {"other": "good"}]),
        ("single_choice", {"equals": ["q", "other"]}, [{"other": ""}], ["good"]),
        ("single_choice", {"equals": ["q", "mine"]}, [{"other": "x"}], ["good"]),
        ("single_choice", {"one_of": ["q", ["mine", "good"]]}, [{"other": "x"}, "good"], ["very_good"]),
        ("multiple_choice", {"contains": ["q", "good"]}, [["good", "very_good"]], [["very_good"], None]),
        ("multiple_choice", {"contains": ["q", "mine"]}, [["good", {"other": ""}]], [["good"]]),
        ("multiple_choice", {"equals": ["q", "good"]}, [["good"]], [["good", "very_good"]]),
        ("long_text", {"contains": ["q", "Price"]}, ["the PRICE"], ["fast", None]),
        ("long_text", {"less": ["q", 3]}, [], ["2"]),
    ],
)
def test_a_question_is_asked_when_its_condition_holds(kind, show_if, yes, no):
    definition = branch(show_if, kind)
    for answers, is_asked in [*((answer, True) for answer in yes), *((answer, False) for answer in no)]:
        given_answers = {} if answers is None else {"q": answers}
        assert (len(asked(definition, given_answers)) == 2) is is_asked, answers


def test_an_answer_that_is_not_asked_for_counts_for_nothing():
    questions = [
        {"key": "a", "kind": "nps", "text": "?"},
        {"key": "b", "kind": "nps", "text": "?", "show_if": {"less": ["a", 5]}},
        {"key": "c", "kind": "nps", "text": "?", "show_if": {"answered": "b"}},
    ]
    definition = from_json({"title": "T", "questions": questions})
    assert [q.key for q in asked(definition, {"a": 9, "b": 1})] == ["a"]
    assert [q.key for q in asked(definition, {"a": 1, "b": 1})] == ["a", "b", "c"]


def nested(depth):
    return {"answered": "q"} if depth <= 1 else {"not": nested(depth - 1)}


@pytest.mark.parametrize(
    "condition",
    [
        None,
        [],
        "nps > 7",
        {"all": []},
        {"all": {"answered": "q"}},
        {"less": ["q"]},
        {"less": ["q", "7"]},
        {"less": ["q", True]},
        {"less": ["q", 10**5000]},
        {"equals": ["q", None]},
        {"equals": ["q", 10**5000]},
        {"equals": ["q", "a\x00"]},
        {"equals": ["q", "x" * 501]},
        {"one_of": ["q", []]},
        {"one_of": ["q", [1] * 201]},
        {"answered": ["q"]},
        {"answered": "q", "not": {"answered": "q"}},
        {"equals": ["choice", "bad"]},
        nested(MAX_DEPTH + 1),
        {"any": [{"answered": "q"}] * 200},
    ],
)
def test_a_condition_out_of_bounds_is_refused(condition):
    earlier = {"q": question("nps"), "choice": question("single_choice")}
    with pytest.raises(ConditionRefused):
        check_condition(condition, earlier)
    check_condition(nested(MAX_DEPTH), earlier)


def test_json_names_what_was_not_asked_and_what_does_not_exist():
    definition = branch({"less": ["q", 7]})
    checked = check_answers(definition, {"q": 9, "then": "why", "stray": 1}, is_complete=True)
    assert {key: error.code for key, error in checked.errors.items()} == {
        "then": "not_asked",
        "stray": "unknown_question",
    }
    assert check_answers(definition, {"q": 9, "then": ""}, is_complete=True).errors == {}
    assert check_answers(definition, {"q": 3, "then": "why"}, is_complete=True).errors == {}


def test_a_page_that_is_not_shown_asks_nothing_and_keeps_nothing():
    survey = from_json(
        {
            "title": "T",
            "questions": [
                {"key": "nps", "kind": "nps", "text": "?"},
                {"key": "why", "kind": "long_text", "text": "?", "page": 2, "required": True},
                {"key": "who", "kind": "short_text", "text": "?", "page": 3, "show_if": {"answered": "why"}},
            ],
            "pages": [{"number": 2, "show_if": {"less": ["nps", 7]}}],
        }
    )
    low = {"nps": 3, "why": "Slow.", "who": "Me"}
    assert check_answers(survey, low, is_complete=True).answers == low
    happy = check_answers(survey, {"nps": 9}, is_complete=True)
    assert (happy.errors, happy.answers) == ({}, {"nps": 9})
    stray = check_answers(survey, {**low, "nps": 9}, is_complete=True)
    assert {key: error.code for key, error in stray.errors.items()} == {
        "why": "not_asked",
        "who": "not_asked",
    }
    assert next_page(survey, {"nps": 9}, 0) is None
    assert next_page(survey, {"nps": 3}, 0) == 1
