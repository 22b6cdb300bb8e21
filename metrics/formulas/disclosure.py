"""Which groups of a confidential survey may be shown without giving away who said what."""

from collections.abc import Hashable, Iterator, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

_Group = TypeVar("_Group", bound=Hashable)

NEVER_BELOW = 3
LEAST_SHOWN = 5


class Block(NamedTuple):
    """Months in a row, by the first day of the first one and of the last one."""

    first: date
    last: date


def is_low(n: int) -> bool:
    """Return whether a result deserves the words "low n" beside it."""
    return n < LEAST_SHOWN


def shown(groups: Mapping[_Group, int], least: int = LEAST_SHOWN) -> frozenset[_Group]:
    """Return the groups that may be shown beside their total, by the number of people in each.

    Groups below the least are hidden, and as many of the next smallest as it takes for the hidden together
    to reach it: otherwise the total less the shown would reveal the rest (SECURITY T22). Of groups alike the
    first by name is hidden, however they are listed: asked twice, the same ones are.
    """
    least = max(least, NEVER_BELOW)
    filled = sorted((n, str(group), group) for group, n in groups.items() if n > 0)
    hidden = 0
    visible = []
    for n, _, group in filled:
        if n < least or 0 < hidden < least:
            hidden += n
        else:
            visible.append(group)
    return frozenset(visible) if hidden == 0 or hidden >= least else frozenset()


def blocks(people: Mapping[date, int], least: int = LEAST_SHOWN) -> Iterator[Block]:
    """Yield the months in a row that are shown together or not at all, by how many people answered in each.

    Every block holds the least, so windows made of whole blocks cannot be told apart by fewer: neither by the
    difference of two, nor by what three of them leave between (SECURITY T22). They depend on no window; what
    the last months lack to a block of their own waits for later ones.
    """
    least = max(least, NEVER_BELOW)
    first, held = None, 0
    for month, count in sorted(people.items()):
        first, held = first or month, held + count
        if held >= least:
            yield Block(first, month)
            first, held = None, 0
