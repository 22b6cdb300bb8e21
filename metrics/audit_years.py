"""What accounts said in a year, worked out once more from what every response should count for."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Max

from metrics.formulas.days import Window, trailing
from metrics.models import AccountYear
from metrics.models.years import VALUES

Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def counted_year() -> Window | None:
    """Return the days of which answers are counted by account, None where none are."""
    last: date | None = AccountYear.objects.aggregate(last=Max("day"))["last"]
    return trailing(last + timedelta(days=1)) if last else None


def said_within(year: Window | None, rows: Rows) -> Iterator[tuple[Any, ...]]:
    """Yield account, question, role and value of each score of an account that lies in the year."""
    for name, row in rows.items():
        if year and name[0] == "score":
            survey, kind, _, day, value, account, _, role = row
            if account and day in year:
                yield account, survey, name[-1], kind, role, value


def expected_years(year: Window | None, said: Mapping[tuple[Any, ...], int]) -> Rows:
    """Return the rows that hold how often which value was given, by their names."""
    counts: dict[tuple[Any, ...], dict[int, int]] = defaultdict(dict)
    for (*named, value), count in said.items():
        counts["account year", *named][value] = count
    last = year and year.end - timedelta(days=1)
    return {name: (last, tuple(own.get(value, 0) for value in VALUES)) for name, own in counts.items()}


def stored_years() -> Rows:
    """Return the rows as they are kept, by their names."""
    fields = ("account", "survey", "question_key", "kind", "contact_role", "day", "counts")
    rows = AccountYear.objects.values_list(*fields).iterator()
    return {("account year", *named): (day, tuple(counts)) for *named, day, counts in rows}
