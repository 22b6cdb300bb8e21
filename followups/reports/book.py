"""What the sections of one monthly report stand on, read once for one reader."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from accounts.models import Account, User
from metrics.formulas.days import Window, months_later, trailing
from metrics.measures.answers import Answers, read_answers
from metrics.measures.exchange import rates_on
from metrics.measures.health import Standing, standings
from metrics.measures.measure import Measure
from metrics.measures.revenue import Arr, arr_of
from metrics.measures.scope import Scope
from metrics.measures.sentiment import measure_of

MONTHS = 12
SENTIMENT = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}


class Book:
    """What several sections of one report stand on, read once."""

    def __init__(self, viewer: User, month: Window) -> None:
        self.viewer, self.month = viewer, month
        year = trailing(month.end, MONTHS)
        self.scope = Scope(viewer=viewer, today=month.end, start=year.start, end=year.end)
        before = months_later(month.end, -1)
        self.earlier = replace(self.scope, today=before, start=months_later(year.start, -1), end=before)

    @cached_property
    def answers(self) -> Answers:
        """The answers of the year and of what it is compared with, by month."""
        first = months_later(self.month.end, -MONTHS - 1)
        return read_answers(self.scope.between(first, self.month.end), SENTIMENT, by="month")

    @cached_property
    def health(self) -> Mapping[int, Standing]:
        """How accounts are at the end of the month."""
        return standings(self.scope)

    @cached_property
    def health_before(self) -> Mapping[int, Standing]:
        """How accounts were when the month began."""
        return standings(self.earlier)

    @cached_property
    def arr(self) -> Arr:
        """What accounts pay at the end of the month, at the rates of its beginning."""
        return arr_of(self.scope, self.month.end, rates_on(self.month.start))

    def sentiment(self, kind: str, window: Window) -> Measure:
        """Return one kind's measure of whole months."""
        cells = [cell for cell in self.answers.cells if cell.group in window]
        hidden = frozenset(group for group in self.answers.hidden if group in window)
        scope = self.scope.between(window.start, window.end)
        return measure_of(scope, Answers(cells, self.answers.settings, hidden), kind)

    def named(self, accounts: Sequence[int]) -> Mapping[int, Account]:
        """Return those of the accounts that the viewer sees, with their owners."""
        return Account.objects.visible_to(self.viewer).select_related("owner").in_bulk(accounts)
