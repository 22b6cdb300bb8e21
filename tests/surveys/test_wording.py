"""The interface's own words: every language says everything, with the same blanks to fill in."""

import json
import string

import pytest

from surveys.languages import choose_language, direction
from surveys.wording import FOLDER, LANGUAGES, wording
from surveys.wording.plurals import plural_category

ENGLISH = json.loads((FOLDER / "en.json").read_text("utf-8"))
CATEGORIES = {
    **{language: {"one", "other"} for language in ("de", "en", "es", "fr", "it", "nl", "pt", "tr")},
    "pl": {"one", "few", "many", "other"},
    "ar": {"zero", "one", "two", "few", "many", "other"},
    "he": {"one", "two", "other"},
    "ja": {"other"},
    "zh": {"other"},
}


def blanks(phrase):
    texts = [phrase] if isinstance(phrase, str) else phrase.values()
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def test_twelve_languages_at_least():
    assert {"en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "ar", "he", "zh", "ja"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_phrase_with_the_same_blanks_and_its_own_plurals(language):
    phrases = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    assert list(phrases) == list(ENGLISH)
    for name, phrase in phrases.items():
        assert blanks(phrase) <= blanks(ENGLISH[name]), name
        if isinstance(phrase, dict):
            assert set(phrase) == CATEGORIES[language], name
            assert blanks(phrase["other"]) == blanks(ENGLISH[name]), name
        else:
            assert blanks(phrase) == blanks(ENGLISH[name]), name
            assert phrase.strip() == phrase != "", name


@pytest.mark.parametrize(
    ("language", "numbers"),
    [
        ("en", {"one": [1], "other": [0, 2, 11, 21]}),
        ("fr", {"one": [0, 1], "other": [2, 100]}),
        ("pl", {"one": [1], "few": [2, 3, 4, 22, 104], "many": [0, 5, 11, 12, 14, 21, 112]}),
        (
            "ar",
            {"zero": [0], "one": [1], "two": [2], "few": [3, 10, 103], "many": [11, 99], "other": [100, 102]},
        ),
        ("he", {"one": [1], "two": [2], "other": [0, 3, 20]}),
        ("ja", {"other": [0, 1, 2]}),
        ("tr", {"one": [1], "other": [0, 2]}),
    ],
)
def test_a_number_takes_the_plural_of_its_language(language, numbers):
    for category, examples in numbers.items():
        assert {plural_category(language, number) for number in examples} == {category}


def test_a_phrase_is_filled_in():
    assert wording("en").say("error.too_few_picks", limit=1) == "Please choose at least 1 answer."
    assert wording("pl").say("problems", count=3) == "3 odpowiedzi wymagają poprawy."
    assert wording("ar").say("more_questions", count=2) == "إجاباتك تؤدي إلى سؤالين آخرين."
    assert wording("en")["next"] == "Next"


def test_a_language_without_words_of_its_own_borrows():
    assert wording("pt-BR").language == "pt"
    assert wording("tlh").language == "en"
    assert wording("../../etc/passwd").language == "en"


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        (("en",), (), "en"),
        (("en", "de"), ("de",), "de"),
        (("en", "de"), ("DE-at", "en"), "de"),
        (("en", "pt-BR"), ("pt",), "pt-BR"),
        (("en", "pt-BR", "pt"), ("pt",), "pt"),
        (("en", "pt", "pt-BR"), ("pt-BR",), "pt-BR"),
        (("en", "de"), ("fr", "", "*"), "en"),
    ],
)
def test_the_first_wanted_language_that_is_offered_is_chosen(offered, wanted, chosen):
    assert choose_language(offered, wanted) == chosen


def test_direction_belongs_to_the_language():
    assert [direction(code) for code in ("ar", "he", "ur-PK", "en", "zh")] == [
        "rtl",
        "rtl",
        "rtl",
        "ltr",
        "ltr",
    ]
