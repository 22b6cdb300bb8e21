"""Colours, and how well they stand out from each other by the arithmetic of WCAG 2.2. Pure."""

import re
from typing import NamedTuple, Self

HEX = re.compile(r"#[0-9a-fA-F]{6}")
STEPS = 20


class Colour(NamedTuple):
    """A colour of sRGB, each part 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the colour written as #rrggbb, None when that is not one."""
        if not HEX.fullmatch(text):
            return None
        return cls(*bytes.fromhex(text[1:]))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)


def luminance(colour: Colour) -> float:
    """Return the relative luminance (0 black to 1 white; WCAG 2.2)."""
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio (1 to 21; WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return the first colour with a share (0 to 1) of the other."""
    return Colour(*(round(a + (b - a) * share) for a, b in zip(one, other, strict=True)))


def readable_on(ground: Colour) -> Colour:
    """Return black or white, whichever stands out more: 4.58:1 at least on any ground."""
    return max(WHITE, BLACK, key=lambda colour: contrast(colour, ground))


def towards(colour: Colour, goal: Colour, ground: Colour, ratio: float) -> Colour:
    """Return the colour, moved towards the goal until it stands out from the ground, or the goal itself."""
    steps = (mix(colour, goal, step / STEPS) for step in range(STEPS))
    return next((step for step in steps if contrast(step, ground) >= ratio), goal)
