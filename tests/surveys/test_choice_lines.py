import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.choice_lines import ChoiceLine, LinesRefused, read_lines, write_lines

texts = st.text(min_size=1, max_size=60).map(lambda text: " ".join(text.split())).filter(bool)
keys = st.from_regex(r"[a-z0-9][a-z0-9_]{0,20}", fullmatch=True)


def test_a_plain_list_becomes_choices_with_keys_made_of_the_texts():
    lines = read_lines("Red\n\n  Deep blue \r\n深い青\n", {})
    assert [(line.key, line.text) for line in lines] == [
        ("red", "Red"),
        ("deep_blue", "Deep blue"),
        ("choice", "深い青"),
    ]


def test_a_key_stays_when_the_text_beside_it_is_edited():
    assert read_lines("red | Crimson", {"red": "Red"}) == [ChoiceLine("red", "Crimson")]


def test_a_line_without_a_key_keeps_the_key_of_its_text():
    lines = read_lines("Blue\nRed", {"c1": "Red", "c2": "Blue"})
    assert [line.key for line in lines] == ["c2", "c1"]


def test_a_new_choice_never_inherits_the_key_of_one_that_goes():
    assert read_lines("red!", {"red": "Red"})[0].key == "red_2"


def test_open_and_exclusive_stand_behind_the_text():
    lines = read_lines("Other | open\nnone | None of these | exclusive", {})
    assert lines == [
        ChoiceLine("other", "Other", is_other=True),
        ChoiceLine("none", "None of these", is_exclusive=True),
    ]


def test_a_bar_within_a_text_is_escaped():
    assert read_lines(r"Price \| quality", {})[0].text == "Price | quality"
    assert read_lines(r" | A \| open", {})[0] == ChoiceLine("a_open", "A | open")


@pytest.mark.parametrize("text", ["OPEN", "exclusive", r"\open", r"\\Open"])
def test_a_text_that_reads_like_a_mark_is_a_text(text):
    choices = [ChoiceLine("shop", text), ChoiceLine("till", text, is_other=True)]
    assert read_lines(write_lines(choices), {}) == choices


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Red | Blue", "Line 1: the key “Red”"),
        ("a | A\n\na | B", "Two choices have the key “a”"),
        ("a | b | c", "Line 1: write a bar"),
        ("a |", "Line 1: the choice has no text"),
        ("x" * 501, "at most 500 characters"),
        ("x\n" * 501, "At most 500 choices"),
    ],
)
def test_a_line_that_is_no_choice_is_named(text, words):
    with pytest.raises(LinesRefused, match=words):
        read_lines(text, {})


@given(st.lists(st.builds(ChoiceLine, keys, texts, st.booleans(), st.booleans()), unique_by=lambda c: c.key))
def test_what_is_written_is_read_back(choices):
    assert read_lines(write_lines(choices), {choice.key: choice.text for choice in choices}) == choices
