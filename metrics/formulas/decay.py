"""Weights that fade with age by half-lives."""

from collections.abc import Iterable, Sequence
from datetime import date


def remaining(age_days: float, half_life: float) -> float:
    """Return what is left (0..1) of a weight after so many days."""
    if age_days < 0 or half_life <= 0:
        raise ValueError(f"{age_days} days with a half-life of {half_life} make no sense")
    return float(2 ** (-age_days / half_life))


def decayed_mean(
    observations: Iterable[tuple[date, float | None]], as_of: date, half_life: float
) -> float | None:
    """Return the mean of what was observed up to a day, each value halved per half-life, or None.

    Missing values carry no weight. Equals pandas' ewm(halflife=..., times=...).
    """
    weighted = weight = 0.0
    for day, value in observations:
        if value is not None and day <= as_of:
            share = remaining((as_of - day).days, half_life)
            weighted += share * value
            weight += share
    return weighted / weight if weight else None


def decayed_means(observations: Sequence[tuple[date, float | None]], half_life: float) -> list[float | None]:
    """Return the decayed mean as of each observation's own day."""
    return [decayed_mean(observations, day, half_life) for day, _ in observations]
