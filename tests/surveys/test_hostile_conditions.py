"""Conditions and patterns from outside are a tree and a word of ours, and no code (SECURITY T9, T10)."""

import time
from pathlib import Path

import pytest

from surveys.interchange.native import DefinitionRefused, from_json
from surveys.kinds import KINDS, AnswerRefused
from surveys.kinds.texts import PATTERNS

NPS = {"key": "nps", "kind": "nps", "text": "?"}


def with_condition(condition):
    why = {"key": "why", "kind": "long_text", "text": "?", "show_if": condition}
    return {"title": "T", "questions": [NPS, why]}


def thicket():
    condition = {"answered": "nps"}
    return {"all": [{"any": [condition] * 100} for _ in range(100)]}


def deep():
    condition = {"answered": "nps"}
    for _ in range(500):
        condition = {"not": condition}
    return condition


def cycle():
    condition = {}
    condition["not"] = condition
    return condition


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os').system('touch pwned')",
        {"eval": "__import__('os').system('touch pwned')"},
        {"equals": ["nps", {"__class__": 1}]},
        {"equals": ["__import__('os').system('touch pwned')", 1]},
        {"equals": ["other-survey.nps", 1]},
        {"equals": ["nps.constructor", 1]},
        {"answered": "why"},
        {"contains": ["nps", "a" * 501]},
        {"less": ["nps", float("nan")]},
        {"less": ["nps", "7"]},
        {"all": []},
        {"answered": "nps", "not": {"answered": "nps"}},
        thicket(),
        deep(),
        cycle(),
    ],
)
def test_a_hostile_condition_is_refused_at_once_and_runs_nothing(condition, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    begin = time.process_time()
    with pytest.raises(DefinitionRefused, match="show_if"):
        from_json(with_condition(condition))
    assert time.process_time() - begin < 1
    assert not list(Path(tmp_path).iterdir())
    assert from_json(with_condition({"less": ["nps", 7]}))


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|a)*$", ".*", "", 5, ["digits"]])
def test_a_pattern_of_ones_own_is_refused(pattern):
    def with_pattern(value):
        line = {"key": "q", "kind": "short_text", "text": "?", "settings": {"pattern": value}}
        return from_json({"title": "T", "questions": [line]}).questions[0]

    if pattern == "":
        assert "pattern" not in with_pattern(pattern).settings
        return
    with pytest.raises(DefinitionRefused, match="pattern must be one of"):
        with_pattern(pattern)


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
@pytest.mark.parametrize("unit", ["a", "1", "a.", "-", "a@", "https://a.", " ", "+1 "])
def test_no_pattern_takes_long_over_an_answer_made_to_be_slow(pattern, unit):
    question = from_json(
        {
            "title": "T",
            "questions": [
                {
                    "key": "q",
                    "kind": "short_text",
                    "text": "?",
                    "settings": {"pattern": pattern, "max_length": 500},
                }
            ],
        }
    ).questions[0]
    begin = time.process_time()
    for length in (40, 498):
        answer = f"{(unit * length)[:length]} ;"
        with pytest.raises(AnswerRefused):
            KINDS["short_text"].check(question, answer)
    with pytest.raises(AnswerRefused):
        KINDS["email"].check(question, f"{(unit * 250)[:250]} ;")
    assert time.process_time() - begin < 0.25
