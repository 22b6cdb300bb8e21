"""The look of one survey: a few checked values, and the colours that follow from them. Pure.

A theme is a JSON object with any of `accent`, `background` and `text` (colours such as #0d6b5e), `radius`,
`font`, `logo` (the name of a stored image) and `logo_text` (what a screen reader says of it). There is no
custom CSS: every value that reaches a page's style is one of ours or six hexadecimal digits (SECURITY T3).
"""

import re
from collections.abc import Mapping
from typing import Any

from surveys.colours import STEPS, WHITE, Colour, contrast, luminance, mix, readable_on, towards

RADII: Mapping[str, str] = {"none": "0", "small": ".35rem", "medium": ".75rem", "large": "1.15rem"}
FONTS: Mapping[str, str] = {
    "system": 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", sans-serif',
    "humanist": 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", source-sans-pro, sans-serif',
    "geometric": 'Avenir, Montserrat, Corbel, "URW Gothic", source-sans-pro, sans-serif',
    "rounded": 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Comfortaa, Manjari, sans-serif',
    "serif": 'Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, "Noto Serif", serif',
    "mono": 'ui-monospace, "Cascadia Code", "Source Code Pro", Menlo, "DejaVu Sans Mono", monospace',
}
COLOURS = ("accent", "background", "text")
NAMES = (*COLOURS, "radius", "font", "logo", "logo_text")
LOGO = re.compile(r"[0-9a-f]{32}\.(png|jpg|webp)")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
MAX_LOGO_TEXT = 120

# WCAG 2.2 AA: 1.4.3 for what is read, 1.4.11 for what is pressed.
READ, PRESSED = 4.5, 3.0

# The product's own colours, by day and by night.
DAY = {
    "background": Colour(0xFB, 0xFA, 0xF8),
    "text": Colour(0x1C, 0x1A, 0x17),
    "accent": Colour(0x0D, 0x6B, 0x5E),
}
NIGHT = {"background": Colour(0x15, 0x15, 0x14), "text": Colour(0xF2, 0xEF, 0xEA)}
ALARM, ALARM_BY_NIGHT = Colour(0xB3, 0x26, 0x1E), Colour(0xFF, 0xB4, 0xAB)


class ThemeRefused(Exception):
    """A theme with something that no page may show, in a sentence for who builds the survey."""


def check_theme(theme: object) -> dict[str, str]:
    """Return the theme without its blanks, or raise ThemeRefused with the first thing that is wrong."""
    if not isinstance(theme, Mapping):
        raise ThemeRefused("must be a JSON object")
    for name, value in theme.items():
        if name not in NAMES:
            raise ThemeRefused(f"has no setting {str(name)[:60]!r}: there are {', '.join(NAMES)}")
        if not isinstance(value, str):
            raise ThemeRefused(f"{name} must be a text")
    kept = {name: theme[name].strip() for name in NAMES if theme.get(name, "").strip()}
    for name in COLOURS:
        if name in kept and Colour.read(kept[name]) is None:
            raise ThemeRefused(f"{name} must be a colour such as #0d6b5e")
    for name, allowed in (("radius", RADII), ("font", FONTS)):
        if name in kept and kept[name] not in allowed:
            raise ThemeRefused(f"{name} must be one of {', '.join(allowed)}")
    if "logo" in kept and not LOGO.fullmatch(kept["logo"]):
        raise ThemeRefused("logo must be the name of a stored image")
    words = kept.get("logo_text", "")
    if len(words) > MAX_LOGO_TEXT or UNPRINTABLE.search(words):
        raise ThemeRefused(f"logo_text must be at most {MAX_LOGO_TEXT} printable characters")
    for sentence in contrast_faults(kept).values():
        raise ThemeRefused(sentence)
    return kept


def contrast_faults(theme: Mapping[str, str]) -> dict[str, str]:
    """Return what cannot be read or made out (WCAG 2.2 AA), by the colour to change; empty when all can."""
    colours = _given(theme)
    faults = {}
    read = contrast(colours["text"], colours["background"])
    if read < READ:
        faults["text"] = (
            f"The text {colours['text']} on the background {colours['background']} has a contrast of"
            f" {_ratio(read)}:1; people need at least {READ}:1 to read it."
        )
    pressed = contrast(colours["accent"], colours["background"])
    if pressed < PRESSED:
        faults["accent"] = (
            f"The accent {colours['accent']} on the background {colours['background']} has a contrast of"
            f" {_ratio(pressed)}:1; buttons need at least {PRESSED:.0f}:1 to be made out."
        )
    return faults


def style_of(theme: Mapping[str, Any]) -> str:
    """Return the CSS that a checked theme adds to the page's own, '' for none.

    Who sets a background or a text colour gets that one page by day and by night; who sets an accent alone
    keeps both, with the accent made lighter in the dark until it can be made out there.
    """
    shape = []
    if "radius" in theme:
        shape.append(f"--radius:{RADII[theme['radius']]}")
    if "font" in theme:
        shape.append(f"--font:{FONTS[theme['font']]}")
    own = _tokens(**_given(theme)) if any(name in theme for name in COLOURS) else []
    if "background" in theme or "text" in theme:
        given = _given(theme)
        scheme = "dark" if _is_dark(given["background"], given["text"]) else "light"
        return _root([f"color-scheme:{scheme}", *own, *shape])
    if not own:
        return _root(shape)
    accent = towards(_given(theme)["accent"], WHITE, NIGHT["background"], PRESSED * 2)
    night = _root(_tokens(**NIGHT, accent=accent))
    return f"{_root([*own, *shape])}@media(prefers-color-scheme:dark){{{night}}}"


def _given(theme: Mapping[str, str]) -> dict[str, Colour]:
    return {name: Colour.read(theme.get(name, "")) or DAY[name] for name in COLOURS}


def palette(background: Colour, text: Colour, accent: Colour) -> dict[str, Colour]:
    """Return every colour of a page that follows from the three, each as readable as it has to be."""
    is_dark = _is_dark(background, text)

    def ground(colour: Colour, most: float) -> Colour:
        """Return the background with a share of the colour, as large as leaves the text readable on it."""
        shares = (most * (STEPS - step) / STEPS for step in range(STEPS))
        tints = (mix(background, colour, share) for share in shares)
        return next((tint for tint in tints if contrast(tint, text) >= READ), background)

    field, tint = ground(WHITE, 0.06 if is_dark else 0.7), ground(accent, 0.16 if is_dark else 0.1)
    wrong = ALARM_BY_NIGHT if is_dark else ALARM
    wrong_tint = ground(wrong, 0.14 if is_dark else 0.07)
    soft = mix(text, background, 0.34)
    for where in (background, field, tint):
        soft = towards(soft, text, where, READ)
    return {
        "paper": background,
        "ink": text,
        "accent": accent,
        "on-accent": readable_on(accent),
        "field": field,
        "tint": tint,
        "soft": soft,
        "line": mix(background, text, 0.13),
        "edge": towards(towards(mix(text, background, 0.5), text, field, PRESSED), text, background, PRESSED),
        "wrong": towards(towards(wrong, text, wrong_tint, READ), text, background, READ),
        "wrong-tint": wrong_tint,
    }


def _is_dark(background: Colour, text: Colour) -> bool:
    return luminance(background) < luminance(text)


def _tokens(background: Colour, text: Colour, accent: Colour) -> list[str]:
    return [f"--{name}:{colour}" for name, colour in palette(background, text, accent).items()]


def _root(declarations: list[str]) -> str:
    return f":root{{{';'.join(declarations)}}}" if declarations else ""


def _ratio(value: float) -> str:
    # Rounded down: 4.499 is not enough, and must not be told as 4.5.
    return f"{int(value * 10) / 10:.1f}"
