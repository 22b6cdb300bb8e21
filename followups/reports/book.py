"""What the sections of one monthly report stand on, read once for one reader."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.urls import reverse

from accounts.models import Account, User
from metrics.formulas.days import Window, months_later, trailing
from metrics.formulas.movements import Bridge
from metrics.measures.answers import Answers, read_each
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.health import Standing, standings_on
from metrics.measures.history import Kept, kept_in
from metrics.measures.ledger import Ledger
from metrics.measures.measure import Measure
from metrics.measures.memory import CONTRACTS, remembered
from metrics.measures.movements import arr_and_movements
from metrics.measures.renewals import Due, coming_renewals, terms_between
from metrics.measures.retention import pairs_of
from metrics.measures.revenue import Arr, require_revenue
from metrics.measures.scope import Scope
from metrics.measures.sentiment import measure_of

MONTHS = 12
COMING_DAYS = 90
# So many accounts are named in each table, and where all are asked for.
ROWS = 8
MOST_ROWS = 1_000
SENTIMENT = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}


class Book:
    """What several sections of one report stand on, read once."""

    def __init__(self, viewer: User, month: Window, rows: int = ROWS) -> None:
        self.viewer, self.month, self.rows = viewer, month, rows
        year = trailing(month.end, MONTHS)
        self.scope = Scope(viewer=viewer, today=month.end, start=year.start, end=year.end)
        self.earlier = _a_month_earlier(self.scope)

    @property
    def whole(self) -> str:
        """Where the report names all the accounts, "" where no report names more."""
        month = f"{self.month.start:%Y-%m}"
        return reverse("monthly_report", args=[month], query={"rows": "all"}) if self.rows == ROWS else ""

    @cached_property
    def confidential(self) -> frozenset[int]:
        """The surveys that promised confidentiality."""
        return confidential_surveys(self.scope)

    @cached_property
    def answers(self) -> Answers:
        """The answers of the year and of what it is compared with, by month."""
        first = months_later(self.month.end, -MONTHS - 1)
        scope = self.scope.between(first, self.month.end)
        return read_each([(scope, ("month",))], SENTIMENT, self.confidential)[0]

    @cached_property
    def _by_month(self) -> Mapping[date, Answers]:
        return self.answers.by("group")

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
    def paid(self) -> "Paid":
        """What contracts say of the year and the month, kept until one of them changes.

        Raises PermissionDenied for a viewer who may not see revenue.
        """
        require_revenue(self.viewer)
        return remembered(_paid, self.scope, CONTRACTS)

    @property
    def arr(self) -> Arr:
        """What accounts pay at the end of the month, at the rates of its beginning."""
        return self.paid.arr

    def sentiment(self, kind: str, window: Window) -> Measure:
        """Return one kind's measure of whole months."""
        cells = [cell for month, own in self._by_month.items() if month in window for cell in own.cells]
        hidden = frozenset(group for group in self.answers.hidden if group in window)
        scope = self.scope.between(window.start, window.end)
        return measure_of(scope, Answers(cells, self.answers.settings, hidden), kind)

    def named(self, accounts: Iterable[int]) -> Mapping[int, Account]:
        """Return those of the accounts that the viewer sees, with their owners."""
        return Account.objects.visible_to(self.viewer).select_related("owner").in_bulk({*accounts})


class Paid(NamedTuple):
    """What contracts say of the year up to the end of a month.

    `before` and `now` are the figures of the years up to a month ago and to the end of the month, `coming`
    what ends in the quarter after it and is not renewed yet. ARR at the end of the month is at the rates of
    its beginning (`arr`) and of its end (`arr_now`); `pairs` is what each customer paid at its beginning
    and pays at its end, None where one is unknown; `bridge` is ARR with the movements of the month beside it.
    """

    before: Kept
    now: Kept
    coming: Sequence[Due]
    arr: Arr
    arr_now: Arr
    pairs: Mapping[int, tuple[Decimal, Decimal]] | None
    bridge: Measure

    @property
    def movements(self) -> Bridge | None:
        """What the month did to recurring revenue, None where a rate of then is missing."""
        if not self.bridge.beside:
            return None
        return Bridge(*(Decimal(self.bridge.beside[name] or 0) for name in Bridge._fields))


def _paid(scope: Scope) -> Paid:
    """Work out what contracts say of a year, its last month and the one before."""
    earlier, month = _a_month_earlier(scope), months_later(scope.end, -1)
    assert earlier.start is not None
    ledger = Ledger(scope)
    terms = terms_between(scope, earlier.start, scope.end + timedelta(days=COMING_DAYS))
    before, now = kept_in(ledger, [earlier, scope], terms)
    opening, closing = ledger.rates(month), ledger.rates(scope.end)
    arr, of_month = ledger.arr(scope.end, opening), ledger.since(month)
    return Paid(
        before,
        now,
        coming_renewals(scope, COMING_DAYS, rates=closing, read=terms),
        arr,
        ledger.arr(scope.end, closing),
        pairs_of(of_month.scope, of_month.arr(month, opening), arr, of_month.takeovers),
        arr_and_movements(of_month)[0],
    )


def _a_month_earlier(scope: Scope) -> Scope:
    """Return the same question as it was asked a month before."""
    assert scope.start is not None
    end = months_later(scope.end, -1)
    return replace(scope, today=end, start=months_later(scope.start, -1), end=end)
