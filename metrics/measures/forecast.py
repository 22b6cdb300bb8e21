"""What to expect of the coming renewals: those of each band, lost as those of that band were lost before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from metrics.formulas.health import Band
from metrics.formulas.intervals import Interval, wilson
from metrics.formulas.money import total_known
from metrics.measures.backtest import BANDS, Tested, Verdict
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


def renewal_forecast(due: Sequence[Due], bands: Mapping[int, Band], past: Tested) -> Forecast | None:
    """Return how many of the coming renewals are likely to be lost, None before any renewal was decided.

    The loss rates of the bands are used only where the back-test has evidence that bands differ.
    """
    of_all = wilson(past.lost, past.due)
    if of_all is None:
        return None
    is_by_band = past.verdict is Verdict.EVIDENCE
    rates = {loss.band: loss for loss in past.bands if loss.due} if is_by_band else {}
    coming: dict[Band, list[Due]] = defaultdict(list)
    for each in due:
        coming[bands.get(each.account, Band.GREY)].append(each)
    expected = []
    for band in BANDS:
        known = rates.get(band)
        rate = known.lost / known.due if known else past.lost / past.due
        low, high = (known and known.interval) or of_all
        accounts = len({each.account for each in coming[band]})
        value = total_known(each.value for each in coming[band])
        interval = Interval(accounts * low, accounts * high)
        at_stake = None if value is None else value * Decimal(rate)
        expected.append(Expected(band, accounts, accounts * rate, interval, value, at_stake))
    return Forecast(expected, is_by_band)
