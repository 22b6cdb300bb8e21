"""A survey's look: what a theme may say, and that nothing it leads to is hard to read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.colours import Colour, contrast
from surveys.themes import FONTS, RADII, ThemeRefused, check_theme, contrast_faults, palette, style_of

COLOURS = st.builds(Colour, *[st.integers(0, 255)] * 3)
BLACK_ON_WHITE = {"background": "#ffffff", "text": "#000000"}


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_wcags(one, other, ratio):
    assert contrast(Colour.read(one), Colour.read(other)) == pytest.approx(ratio, abs=0.01)


def test_a_theme_is_kept_without_its_blanks():
    theme = {"accent": " #0D6B5E ", "text": "", "radius": "large", "font": "serif", "logo_text": "Acme"}
    assert check_theme(theme) == {
        "accent": "#0D6B5E",
        "radius": "large",
        "font": "serif",
        "logo_text": "Acme",
    }
    assert check_theme({}) == {}


@pytest.mark.parametrize(
    ("theme", "sentence"),
    [
        ([], "JSON object"),
        ({"css": "body{}"}, "has no setting 'css'"),
        ({"accent": 7}, "accent must be a text"),
        ({"accent": "red"}, "accent must be a colour such as #0d6b5e"),
        ({"accent": "#0d6b5e;}</style><script>"}, "accent must be a colour"),
        ({"accent": "#0d6b5\uff10"}, "accent must be a colour"),
        ({"radius": "1rem"}, "radius must be one of none, small"),
        ({"font": "Comic Sans"}, "font must be one of system"),
        ({"logo": "../../etc/passwd"}, "logo must be the name of a stored image"),
        ({"logo": "0" * 32 + ".svg"}, "logo must be the name of a stored image"),
        ({"logo_text": "x" * 121}, "logo_text must be at most 120"),
        ({"logo_text": "a\x00b"}, "printable"),
        ({"text": "#767676", "background": "#f8f8f8"}, "has a contrast of 4.2:1; people need at least 4.5:1"),
        ({"accent": "#ffcc00"}, "buttons need at least 3:1"),
    ],
)
def test_what_a_theme_may_not_say_is_told_in_a_sentence(theme, sentence):
    with pytest.raises(ThemeRefused, match=re.escape(sentence)):
        check_theme(theme)


def test_the_same_accent_passes_where_it_can_be_made_out():
    theme = {"accent": "#ffcc00", "background": "#101820", "text": "#ffffff"}
    assert check_theme(theme) == theme


def test_a_contrast_just_short_is_not_told_as_enough():
    assert "4.4:1" in contrast_faults({**BLACK_ON_WHITE, "text": "#777777"})["text"]


@given(COLOURS, COLOURS, COLOURS)
def test_whatever_passes_is_readable_everywhere(background, text, accent):
    if contrast_faults({"background": str(background), "text": str(text), "accent": str(accent)}):
        return
    page = palette(background, text, accent)
    for ground in ("paper", "field", "tint"):
        assert contrast(page["ink"], page[ground]) >= 4.5
        assert contrast(page["soft"], page[ground]) >= 4.5
    assert contrast(page["wrong"], page["paper"]) >= 4.5
    assert contrast(page["wrong"], page["wrong-tint"]) >= 4.5
    assert contrast(page["on-accent"], page["accent"]) >= 4.5
    assert contrast(page["edge"], page["paper"]) >= 3
    assert contrast(page["edge"], page["field"]) >= 3


@given(COLOURS)
def test_an_accent_alone_can_be_made_out_by_night_too(accent):
    if contrast_faults({"accent": str(accent)}):
        return
    style = style_of({"accent": str(accent)})
    night = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", style.partition("dark)")[2]))
    assert contrast(Colour.read(night["accent"]), Colour.read(night["paper"])) >= 3


def test_a_background_of_ones_own_is_the_same_by_day_and_by_night():
    assert style_of({"background": "#101820", "text": "#ffffff", "accent": "#ffcc00"}).startswith(
        ":root{color-scheme:dark;"
    )
    assert "@media" not in style_of(BLACK_ON_WHITE)


@given(
    st.fixed_dictionaries(
        {}, optional={"radius": st.sampled_from([*RADII]), "font": st.sampled_from([*FONTS])}
    )
)
def test_a_shape_leaves_the_colours_alone(theme):
    style = style_of(check_theme(theme))
    assert bool(style) == bool(theme)
    assert "--paper" not in style
    assert "<" not in style
