"""The colours of accounts, which remember the days before: a band is left only on the third day beyond it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from metrics.actions.scorecards import card_of
from metrics.evidence.among import among
from metrics.formulas.days import reporting_day
from metrics.formulas.health import CUTOFFS, Band, Cutoffs, band
from metrics.models import Health, Scorecard
from metrics.models.health import first_replay

# Scores are remembered for a week. After a longer gap nobody can say how long a score has been where it is:
# the band before is then left on the first day beyond the margin, and forgotten after a month.
MEMORY_DAYS, BAND_DAYS = 7, 31
# How many days are looked through at once for colours that an earlier day changes.
STRETCH = timedelta(days=BAND_DAYS)


@dataclass(slots=True)
class Past:
    """An account's scores in the days before, oldest first, and its newest band and the day of it."""

    scores: list[tuple[date, float]] = field(default_factory=list)
    band: Band | None = None
    is_overridden: bool = False
    seen_on: date | None = None

    def next_band(
        self, day: date, score: float, confidence: float, cutoffs: Cutoffs, *, is_overridden: bool
    ) -> Band:
        """Return the band of the day, and remember it."""
        since = day - timedelta(days=MEMORY_DAYS)
        self.scores = [(on, each) for on, each in self.scores if on >= since]
        if self.seen_on is None or self.seen_on < day - timedelta(days=BAND_DAYS):
            self.band, self.is_overridden = None, False
        self.band = band(
            score,
            confidence,
            self.band,
            [each for _, each in self.scores],
            is_overridden=self.is_overridden or is_overridden,
            cutoffs=cutoffs if self.scores else cutoffs._replace(days=1),
        )
        self.scores.append((day, score))
        self.is_overridden, self.seen_on = is_overridden, day
        return self.band


def past_of(accounts: Sequence[int], day: date) -> Mapping[int, Past]:
    """Return what the colours of a day remember of each account."""
    past: dict[int, Past] = defaultdict(Past)
    since = day - timedelta(days=MEMORY_DAYS)
    for row in _rows(accounts, since, day):
        past[row.account_id].scores.append((row.day, row.score / 100))
        _remember(past[row.account_id], row)
    unseen = [account for account in accounts if account not in past]
    if unseen:
        for row in _rows(unseen, day - timedelta(days=BAND_DAYS), since):
            _remember(past[row.account_id], row)
    return past


def _remember(past: Past, row: Any) -> None:
    past.band, past.is_overridden, past.seen_on = Band(row.band), row.is_overridden, row.day


def recolour_after(accounts: Sequence[int], day: date, now: datetime) -> None:
    """Make the colours of later days what they would be had this day been scored before them.

    Days that have ended keep the colour that was known then; those still open, and replays, follow.
    """
    later = Health.objects.filter(among(accounts), day__gt=day)
    if not later.exists():
        return
    today = reporting_day(now, settings.REPORTING_ZONE)
    cutoffs = {card.pk: card_of(card).cutoffs for card in Scorecard.objects.all()}
    touched = list(later.values_list("account_id", flat=True).distinct())
    start = day + timedelta(days=1)
    while touched:
        past = past_of(touched, start)
        changed = []
        for row in _rows(touched, start, start + STRETCH):
            known = Band(row.band)
            colour = past[row.account_id].next_band(
                row.day,
                row.score / 100,
                row.confidence / 10_000,
                cutoffs.get(row.scorecard_id, CUTOFFS),
                is_overridden=row.is_overridden,
            )
            is_open = row.day >= today or row.computed_at >= first_replay(row.day)
            if colour is not known and is_open:
                row.band = colour
                changed.append(row)
            else:
                past[row.account_id].band = known
        Health.objects.bulk_update(changed, ["band"], batch_size=1000)
        touched = sorted({row.account_id for row in changed})
        start += STRETCH


def _rows(accounts: Sequence[int], start: date, end: date) -> Iterable[Any]:
    """Return the healths of days in `[start, end)`, told whether something overrode them."""
    is_overridden = ExpressionWrapper(Q(parts__contains=[{"is_binding": True}]), BooleanField())
    days = Health.objects.filter(among(accounts), day__gte=start, day__lt=end)
    rows: QuerySet[Any] = days.by_day().annotate(is_overridden=is_overridden).defer("parts")
    return rows.iterator()
