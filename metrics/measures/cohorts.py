"""What became of customers by when they began: revenue and customers left after each quarter or year."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from metrics.formulas.days import months_later, quarter_of
from metrics.formulas.money import ZERO, percent_of
from metrics.measures.ledger import Ledger, PaidRow, currencies_of

MONTHS = {"quarter": 3, "year": 12}
# A wider table says no more: what is older is in the last column of its row.
MOST_STEPS = 12
DEFINITION = (
    "Customers by when they first paid. Each column is as long after each customer’s own first day; what they"
    " paid on that day is 100%. A cell is filled once every customer of its row has been here that long."
)


class Cell(NamedTuple):
    """What is left after so many steps, in percent of the beginning; None where it cannot be known."""

    step: int
    gross: float | None
    net: float | None
    logos: float | None


class Left(NamedTuple):
    """One customer: what it paid a year on its first day, and what is left of that after some steps."""

    account: int
    opening: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers that began within a quarter or year: what they paid on their first days, and what is left."""

    start: date
    customers: int
    opening: Decimal | None
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Cohorts:
    """The cohorts, the oldest first, how many steps the widest has, and what is to be said of rates."""

    rows: Sequence[Cohort]
    steps: int
    notes: tuple[str, ...]


def revenue_cohorts(ledger: Ledger, by: str) -> Cohorts:
    """Return the cohorts by `quarter` or `year` of those who ever paid, watched up to the window's end.

    Gross counts nobody above its beginning. All at the rates of the end.
    """
    members, unknown = _members(ledger, by)
    found = [
        _cohort(start, list(of_one.values()), is_known=unknown.isdisjoint(of_one))
        for start, of_one in sorted(members.items())
    ]
    steps = max((len(cohort.cells) for cohort in found), default=0)
    rates = ledger.rates(ledger.scope.closes_on)
    return Cohorts(found, steps, rates.notes(currencies_of(ledger.rows)))


def left_of(ledger: Ledger, by: str, start: date, step: int) -> list[Left]:
    """Return what each customer of a cohort paid at first and after so many steps, the largest first."""
    members, _ = _members(ledger, by)
    left = [Left(who, levels[0], levels[step]) for who, levels in members[start].items()]
    return sorted(left, key=lambda each: (-each.opening, each.account))


def _members(ledger: Ledger, by: str) -> tuple[dict[date, dict[int, list[Decimal]]], set[int]]:
    """Return the levels of each customer by cohort and account, and those with amounts that are unknown."""
    scope, rows, customer = ledger.scope, ledger.rows, ledger.customers
    rates, months = ledger.rates(scope.closes_on), MONTHS[by]
    held: dict[int, list[PaidRow]] = defaultdict(list)
    for row in rows:
        amount = rates.convert(row.value, row.currency)
        held[customer[row.account]].append(row._replace(value=amount) if amount is not None else row)
    unknown = {customer[row.account] for row in rows if not rates.knows(row.currency)}
    members: dict[date, dict[int, list[Decimal]]] = defaultdict(dict)
    for who, of_one in held.items():
        began = min(row.starts_on for row in of_one)
        start = quarter_of(began).start if by == "quarter" else date(began.year, 1, 1)
        members[start][who] = _levels(of_one, began, scope.closes_on, months)
    return members, unknown


def _levels(rows: Sequence[PaidRow], began: date, end: date, months: int) -> list[Decimal]:
    """Return what a customer paid on its first day and after each step, as far as it was watched."""
    levels = []
    for step in range(MOST_STEPS + 1):
        day = months_later(began, step * months)
        if day > end:
            break
        levels.append(sum((row.value for row in rows if row.is_in_force(day)), ZERO))
    return levels


def _cohort(start: date, levels: Sequence[list[Decimal]], *, is_known: bool) -> Cohort:
    opening = sum((each[0] for each in levels), ZERO) if is_known else None
    cells = []
    for step in range(min(len(each) for each in levels)):
        gross = sum((min(each[step], each[0]) for each in levels), ZERO)
        net = sum((each[step] for each in levels), ZERO)
        left = sum(each[step] > 0 for each in levels)
        cells.append(
            Cell(
                step,
                percent_of(gross, opening) if opening is not None else None,
                percent_of(net, opening) if opening is not None else None,
                100 * left / len(levels),
            )
        )
    return Cohort(start, len(levels), opening, cells)
