"""What the sections of one monthly report stand on, read once for one reader."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property

from accounts.models import Account, User
from metrics.formulas.days import Window, months_later, trailing
from metrics.measures.answers import Answers, read_each
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.health import Standing, standings_on
from metrics.measures.history import Kept, kept_in
from metrics.measures.ledger import Ledger
from metrics.measures.measure import Measure
from metrics.measures.renewals import Due, Terms, coming_renewals, terms_between
from metrics.measures.revenue import Arr
from metrics.measures.scope import Scope
from metrics.measures.sentiment import measure_of

MONTHS = 12
COMING_DAYS = 90
# So many accounts are named in each table.
ROWS = 8
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
    def confidential(self) -> frozenset[int]:
        """The surveys that promised confidentiality."""
        return confidential_surveys(self.scope)

    @cached_property
    def answers(self) -> Answers:
        """The answers of the year and of what it is compared with, by month."""
        first = months_later(self.month.end, -MONTHS - 1)
        scope = self.scope.between(first, self.month.end)
        return read_each([(scope, "month")], SENTIMENT, self.confidential)[0]

    @cached_property
    def _healths(self) -> Sequence[Mapping[int, Standing]]:
        return standings_on(self.scope, (self.month.start, self.month.end))

    @property
    def health(self) -> Mapping[int, Standing]:
        """How accounts are at the end of the month."""
        return self._healths[1]

    @property
    def health_before(self) -> Mapping[int, Standing]:
        """How accounts were when the month began."""
        return self._healths[0]

    @cached_property
    def ledger(self) -> Ledger:
        """What accounts paid over the year."""
        return Ledger(self.scope)

    @cached_property
    def _terms(self) -> Terms:
        assert self.earlier.start is not None
        return terms_between(self.scope, self.earlier.start, self.month.end + timedelta(days=COMING_DAYS))

    @cached_property
    def kept(self) -> Sequence[Kept]:
        """What was kept of revenue in the year up to a month ago, and up to the end of the month."""
        return kept_in(self.ledger, [self.earlier, self.scope], self._terms)

    @cached_property
    def coming(self) -> Sequence[Due]:
        """What ends in the quarter after the month and is not renewed yet."""
        rates = self.ledger.rates(self.month.end)
        return coming_renewals(self.scope, COMING_DAYS, rates=rates, read=self._terms)

    @cached_property
    def arr(self) -> Arr:
        """What accounts pay at the end of the month, at the rates of its beginning."""
        return self.ledger.arr(self.month.end, self.ledger.rates(self.month.start))

    def sentiment(self, kind: str, window: Window) -> Measure:
        """Return one kind's measure of whole months."""
        cells = [cell for cell in self.answers.cells if cell.group in window]
        hidden = frozenset(group for group in self.answers.hidden if group in window)
        scope = self.scope.between(window.start, window.end)
        return measure_of(scope, Answers(cells, self.answers.settings, hidden), kind)

    def named(self, accounts: Iterable[int]) -> Mapping[int, Account]:
        """Return those of the accounts that the viewer sees, with their owners."""
        return Account.objects.visible_to(self.viewer).select_related("owner").in_bulk({*accounts})
