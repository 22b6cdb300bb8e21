"""What to expect of the coming renewals: those of each band, lost as those of that band were lost before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from metrics.formulas.health import Band
from metrics.formulas.intervals import Interval, wilson
from metrics.formulas.money import ZERO
from metrics.measures.backtest import BANDS, BandLoss, Tested, Verdict
from metrics.measures.health import Standing
from metrics.measures.renewals import Due


@dataclass(frozen=True, slots=True)
class Expected:
    """The coming renewals of one band: how many accounts, and how many of them are likely to be lost.

    `value` is what falls due a year, None where a rate is missing; `at_stake` is the part likely to be lost.
    """

    band: Band
    accounts: int
    lost: float
    interval: Interval
    value: Decimal | None
    at_stake: Decimal | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The coming renewals by band; without evidence not `is_by_band`: all are taken at the rate of all."""

    bands: Sequence[Expected]
    is_by_band: bool


def renewal_forecast(due: Sequence[Due], found: Mapping[int, Standing], past: Tested) -> Forecast | None:
    """Return how many of the coming renewals are likely to be lost, None before any renewal was decided.

    The loss rates of the bands are used only where the back-test has evidence that bands differ.
    """
    of_all = pooled(past.bands)
    if of_all is None:
        return None
    is_by_band = past.verdict is Verdict.EVIDENCE
    rates = {loss.band: loss for loss in past.bands} if is_by_band else {}
    coming: dict[Band, list[Due]] = defaultdict(list)
    for each in due:
        standing = found.get(each.account)
        coming[standing.band if standing else Band.GREY].append(each)
    expected = []
    for band in BANDS:
        known = rates.get(band)
        rate, interval = (known.rate, known.interval) if known and known.due else of_all
        accounts = len({each.account for each in coming[band]})
        values = [each.value for each in coming[band]]
        value = None if None in values else sum((each for each in values if each), ZERO)
        assert rate is not None
        assert interval is not None
        expected.append(
            Expected(
                band,
                accounts,
                accounts * rate,
                Interval(accounts * interval.low, accounts * interval.high),
                value,
                None if value is None else value * Decimal(rate),
            )
        )
    return Forecast(expected, is_by_band)


def pooled(bands: Sequence[BandLoss]) -> tuple[float, Interval] | None:
    """Return the share (0..1) of all renewals that was lost, with Wilson's interval, None without any."""
    due, lost = sum(band.due for band in bands), sum(band.lost for band in bands)
    interval = wilson(lost, due)
    return (lost / due, interval) if interval else None
