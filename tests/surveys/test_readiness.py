"""What keeps a survey from going live, each with its place; and that what is called unreachable surely is."""

import time

import pytest
from hypothesis import given, settings

from surveys.answers import read_form
from surveys.branching import asked
from surveys.interchange.native import from_json
from surveys.reachability import Reachability, asked_if
from surveys.readiness import faults_in, remarks_on
from tests.surveys.questionnaires import DEFINITIONS, sent_forms

NPS = {"key": "nps", "kind": "nps", "text": "?"}
RED = {"key": "red", "text": "Red"}
BLUE = {"key": "blue", "text": "Blue"}
ONE = {"key": "one", "kind": "single_choice", "text": "?", "choices": [RED, BLUE]}
MANY = {**ONE, "key": "many", "kind": "multiple_choice"}
COUNT = {"key": "count", "kind": "number", "text": "?", "settings": {"min": 1, "max": 9}}
WHEN = {"key": "when", "kind": "date", "text": "?", "settings": {"min": "2026-01-01"}}
WORDS = {"key": "words", "kind": "short_text", "text": "?"}
SAID = {"key": "said", "kind": "statement", "text": "!"}
GRID = {
    "key": "grid",
    "kind": "matrix",
    "text": "?",
    "choices": [RED, BLUE],
    "settings": {"rows": [{"key": "a", "text": "A"}]},
}
FIRST = [NPS, ONE, MANY, COUNT, WHEN, WORDS, SAID, GRID]


def survey(*questions, **parts):
    return from_json({"title": "T", "questions": [*questions], **parts})


def last(**more):
    return {"key": "last", "kind": "short_text", "text": "?", "page": 2, **more}


@pytest.mark.parametrize(
    ("condition", "is_reachable"),
    [
        ({"less": ["nps", 7]}, True),
        ({"less": ["nps", 0]}, False),
        ({"greater": ["nps", 10]}, False),
        ({"all": [{"less": ["nps", 5]}, {"greater": ["nps", 4]}]}, False),
        ({"all": [{"less": ["nps", 6]}, {"greater": ["nps", 4]}]}, True),
        ({"any": [{"less": ["nps", 0]}, {"equals": ["one", "red"]}]}, True),
        ({"all": [{"equals": ["one", "red"]}, {"equals": ["one", "blue"]}]}, False),
        ({"all": [{"equals": ["one", "red"]}, {"not": {"answered": "one"}}]}, False),
        ({"not": {"one_of": ["one", ["red", "blue"]]}}, True),
        ({"all": [{"answered": "one"}, {"not": {"one_of": ["one", ["red", "blue"]]}}]}, False),
        ({"all": [{"contains": ["many", "red"]}, {"contains": ["many", "blue"]}]}, True),
        ({"all": [{"equals": ["many", "red"]}, {"contains": ["many", "blue"]}]}, False),
        ({"greater": ["count", 8]}, True),
        ({"greater": ["count", 9]}, False),
        ({"all": [{"greater": ["count", 2.5]}, {"less": ["count", 3.5]}]}, True),
        ({"all": [{"greater": ["count", 2]}, {"less": ["count", 3]}]}, False),
        ({"less": ["when", "2026-01-01"]}, False),
        ({"greater": ["when", "2026-01-01"]}, True),
        ({"all": [{"contains": ["words", "a"]}, {"contains": ["words", "b"]}]}, True),
        ({"all": [{"equals": ["words", "a"]}, {"contains": ["words", "b"]}]}, False),
        ({"answered": "said"}, False),
        ({"equals": ["grid.a", "red"]}, True),
        ({"all": [{"equals": ["grid.a", "red"]}, {"equals": ["grid.a", "blue"]}]}, False),
        ({"answered": "grid"}, True),
    ],
)
def test_a_condition_that_can_never_hold_is_found(condition, is_reachable):
    faults = faults_in(survey(*FIRST, last(show_if=condition)))
    assert faults == (
        [] if is_reachable else [("question last", "is never asked: its condition can never hold")]
    )
    as_page = survey(*FIRST, last(), pages=[{"number": 2, "show_if": condition}])
    assert [place for place, _ in faults_in(as_page)] == ([] if is_reachable else ["page 2", "question last"])


def test_who_answered_was_asked():
    why = {"key": "why", "kind": "short_text", "text": "?", "show_if": {"less": ["nps", 7]}}
    both = {"all": [{"answered": "why"}, {"greater": ["nps", 8]}]}
    assert faults_in(survey(NPS, why, last(show_if={"answered": "why"}))) == []
    assert [place for place, _ in faults_in(survey(NPS, why, last(show_if=both)))] == ["question last"]


@given(sent_forms())
def test_what_was_ever_asked_is_reachable(sent):
    definition, fields = sent
    answers = read_form(definition, fields, is_demanding=False, is_complete=False).answers
    reach = Reachability(definition)
    for question in asked(definition, answers):
        assert reach.can_hold(asked_if(definition, question)), question.key


def ending(key, condition=None):
    return {"key": key, "text": "Bye", "show_if": condition}


def test_an_ending_behind_one_that_is_always_taken_is_found():
    low, high = {"less": ["nps", 7]}, {"greater": ["nps", 8]}
    assert faults_in(survey(NPS, endings=[ending("low", low), ending("high", high), ending("rest")])) == []
    cut_off = faults_in(survey(NPS, endings=[ending("rest"), ending("low", low)]))
    assert cut_off == [("ending low", "is never shown: “rest” before it always is")]
    covered = [ending("low", low), ending("lower", {"less": ["nps", 3]})]
    assert [place for place, _ in faults_in(survey(NPS, endings=covered))] == ["ending lower"]


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"intro": "Dear {{contact.first_name|friend}},"}, None),
        ({"intro": "About {{survey.title}}"}, None),
        ({"intro": "{{nps}}"}, "intro"),
        ({"thank_you": "{{nps}} of 10"}, None),
        ({"thank_you": "{{gone}}"}, "thank_you"),
        ({"thank_you": "{{contact.account}}"}, "thank_you"),
        ({"thank_you": "{{contact.email}}"}, "thank_you"),
        ({"thank_you": "{{said}}"}, "thank_you"),
        ({"thank_you": "{{hidden.plan}}", "hidden": ["plan"]}, None),
        ({"thank_you": "{{hidden.plan}}"}, "thank_you"),
        ({"thank_you": "{{contact.name}}", "privacy": "anonymous"}, "thank_you"),
        ({"title": "For {{contact.name}}"}, "title"),
        ({"closed": "{{contact.name}}"}, "closed"),
        ({"pages": [{"number": 2, "title": "{{nps}}"}]}, None),
        ({"pages": [{"number": 2, "title": "{{last}}"}]}, "page 2"),
        ({"endings": [{"key": "bye", "text": "{{last}} {{gone}}"}]}, "ending bye"),
        ({"thank_you": "{{ 7*7 }} {{ settings.SECRET_KEY }} {% debug %}"}, None),
        ({"thank_you": "{{contact.__class__}}"}, "thank_you"),
    ],
)
def test_a_placeholder_names_what_is_known_where_it_stands(parts, place):
    found = faults_in(survey(NPS, SAID, last(), **parts))
    assert [where for where, _ in found] == ([place] if place else [])


def test_a_question_repeats_earlier_answers_only():
    assert faults_in(survey(NPS, last(text="Why {{nps}}?", help="{{one|that}}"), ONE | {"page": 2})) == [
        ("question last", "holds {{one}}, which is not asked before")
    ]
    picked = {**ONE, "choices": [{**RED, "text": "{{nps}}"}, BLUE]}
    assert faults_in(survey(NPS, picked)) == []
    assert [place for place, _ in faults_in(survey(picked, NPS))] == ["question one"]


def test_more_picks_than_choices_are_found():
    settings = {"settings": {"min_picks": 3}}
    assert faults_in(survey({**MANY, **settings})) == [("question many", "asks for 3 picks of 2 choices")]


def test_what_is_hardly_meant_is_remarked_but_goes_live():
    twice = {**ONE, "choices": [RED, {"key": "blue", "text": "red"}]}
    definition = survey(twice, languages=["en", "de", "fr"], title={"en": "T", "de": "T"})
    assert faults_in(definition) == []
    assert remarks_on(definition) == [
        ("question one", "has two choices that read “Red”"),
        ("title", "is not wholly translated into fr"),
        ("question one", "is not wholly translated into de, fr"),
    ]


@settings(max_examples=30)
@given(DEFINITIONS)
def test_any_definition_can_be_judged(definition):
    assert all(place and words for place, words in [*faults_in(definition), *remarks_on(definition)])


def test_a_hostile_thicket_of_conditions_is_judged_in_a_second():
    either = {"any": [{"contains": ["many", "red"]}, {"contains": ["many", "blue"]}]}
    questions = [MANY]
    for number in range(200):
        condition = {"all": [either] * 30 + [{"answered": questions[-1]["key"]}]}
        questions.append({"key": f"q{number}", "kind": "short_text", "text": "?", "show_if": condition})
    definition = survey(*questions)
    begin = time.process_time()
    assert faults_in(definition) == []
    assert time.process_time() - begin < 2
