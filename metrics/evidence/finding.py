from collections.abc import Mapping
from typing import NamedTuple

from metrics.formulas.health_components import Measure


class Finding(NamedTuple):
    """What one component says of one account, and the facts that explain it in words.

    Facts are JSON: numbers of things, dates, and shares or changes in hundredths of a percent. Amounts of
    money are never among them: whoever sees an account sees its health, but not every reader sees revenue.
    """

    measure: Measure
    facts: Mapping[str, object]


# What was found of each account, by component.
Findings = dict[str, dict[int, Finding]]


def hundredths(number: float) -> int:
    """Return a number in whole hundredths."""
    return round(number * 100)
