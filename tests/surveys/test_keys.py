import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.interchange.native import KEY
from surveys.keys import suggest_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("How likely are you to recommend us?", "how_likely_are_you_to_recommend_us"),
        ("Über uns: Größe & Güte", "uber_uns_groe_gute"),
        ("3 things", "question_3_things"),
        ("満足度", "question"),
        ("a " * 60, "a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a_a"),
    ],
)
def test_a_key_is_made_of_the_first_words(text, key):
    assert suggest_key(text, (), fallback="question") == key


def test_a_taken_key_gets_a_number():
    assert suggest_key("Why?", {"why", "why_2"}, fallback="question") == "why_3"


@given(st.text(max_size=300), st.sets(st.text(max_size=5)))
def test_every_suggestion_is_a_key_that_is_free(text, taken):
    key = suggest_key(text, taken, fallback="question")
    assert KEY.fullmatch(key)
    assert key not in taken
