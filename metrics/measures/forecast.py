"""What to expect of the coming renewals: those of each band, lost as those of that band were lost before.

Who gave notice has said what comes: it is taken as lost in full, whatever the band.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from metrics.formulas.health import Band
from metrics.formulas.intervals import Interval, wilson
from metrics.formulas.money import total_known
from metrics.measures.backtest import BANDS, Tested, Verdict
from metrics.measures.renewals import Due


@dataclass(frozen=True, slots=True)
class Expected:
    """The coming renewals of one band: how many accounts, and how many of them are likely to be lost.

    Of no band are those of which notice was given. `value` is what falls due a year, None where a rate is
    missing; `at_stake` is the part likely to be lost.
    """

    band: Band | None
    accounts: int
    lost: float
    interval: Interval
    value: Decimal | None
    at_stake: Decimal | None


class Chance(NamedTuple):
    """How likely a renewal of a band is lost: a rate (0..1) with its 95 % interval."""

    rate: float
    interval: Interval


NOTICED = Chance(1.0, Interval(1.0, 1.0))


@dataclass(frozen=True, slots=True)
class Forecast:
    """The coming renewals by band, and those of which notice was given, where there are any.

    Without evidence not `is_by_band`: all without notice are taken at the rate of all.
    """

    bands: Sequence[Expected]
    is_by_band: bool
    chances: Mapping[Band, Chance]

    @property
    def lost(self) -> float:
        """How many accounts are likely to be lost."""
        return sum(each.lost for each in self.bands)

    @property
    def at_stake(self) -> Decimal | None:
        """What of the value a year is likely to be lost, None where an exchange rate is missing."""
        return total_known(each.at_stake for each in self.bands)

    def among(self, due: Sequence[Due], bands: Mapping[int, Band]) -> "Forecast":
        """Return what to expect of some of the renewals."""
        return replace(self, bands=_expected(due, bands, self.chances))

    def chance(self, due: Due, band: Band) -> float:
        """Return how likely (0..1) it is that one of the renewals, of an account of the band, is lost."""
        return (NOTICED if due.is_cancelled else self.chances[band]).rate


def renewal_forecast(due: Sequence[Due], bands: Mapping[int, Band], past: Tested) -> Forecast | None:
    """Return how many of the coming renewals are likely to be lost, None before any renewal was decided.

    The loss rates of the bands are used only where the back-test has evidence that bands differ.
    """
    of_all = wilson(past.lost, past.due)
    if of_all is None:
        return None
    is_by_band = past.verdict is Verdict.EVIDENCE
    rates = {loss.band: loss for loss in past.bands if loss.due} if is_by_band else {}
    chances = {band: Chance(past.lost / past.due, of_all) for band in BANDS} | {
        band: Chance(known.lost / known.due, known.interval or of_all) for band, known in rates.items()
    }
    return Forecast(_expected(due, bands, chances), is_by_band, chances)


def _expected(
    due: Sequence[Due], bands: Mapping[int, Band], chances: Mapping[Band, Chance]
) -> list[Expected]:
    coming: dict[Band | None, list[Due]] = defaultdict(list)
    for each in due:
        coming[None if each.is_cancelled else bands.get(each.account, Band.GREY)].append(each)
    expected = []
    for band in (*BANDS, None) if None in coming else BANDS:
        rate, (low, high) = chances[band] if band else NOTICED
        accounts = len({each.account for each in coming[band]})
        value = total_known(each.value for each in coming[band])
        interval = Interval(accounts * low, accounts * high)
        at_stake = None if value is None else value * Decimal(rate)
        expected.append(Expected(band, accounts, accounts * rate, interval, value, at_stake))
    return expected
