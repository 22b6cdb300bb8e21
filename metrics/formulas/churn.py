"""Customers and revenue lost: rates, their yearly equivalents, and survival of incomplete cohorts."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from math import exp, fsum, log, sqrt
from typing import NamedTuple

from metrics.formulas.intervals import Interval, critical_value
from metrics.formulas.money import ZERO, percent_of


class MrrChurn(NamedTuple):
    """Monthly recurring revenue lost, before and after what existing customers added; percent."""

    gross_percent: float
    net_percent: float


def logo_churn(customers: int, churned: int) -> float | None:
    """Return the percentage (0..100) of the customers at the start who left, or None without customers."""
    if not 0 <= churned <= customers:
        raise ValueError(f"{churned} of {customers} customers cannot have left")
    return 100 * churned / customers if customers else None


def mrr_churn(
    start: Decimal,
    *,
    churn: Decimal,
    contraction: Decimal = ZERO,
    expansion: Decimal = ZERO,
    reactivation: Decimal = ZERO,
) -> MrrChurn | None:
    """Return gross and net MRR churn, or None without starting MRR (help.chartmogul.com, B2B setting)."""
    gross = percent_of(churn + contraction, start)
    net = percent_of(churn + contraction - expansion - reactivation, start)
    return None if gross is None or net is None else MrrChurn(gross, net)


def revenue_churn(start: Decimal, lost: Decimal) -> float | None:
    """Return the percentage of the starting revenue that was lost, or None without any."""
    return percent_of(lost, start)


def daily_net_churn(days: Iterable[tuple[Decimal, Decimal, Decimal]]) -> float | None:
    """Return the sum of daily net churn rates (percent) from (MRR at start, at end, new business) per day.

    Shopify's way, an option beside the standard one (help.chartmogul.com, B2C setting). Days that start
    with nothing have no rate; None when no day has one.
    """
    rates = [percent_of(start - (end - new), start) for start, end, new in days]
    known = [rate for rate in rates if rate is not None]
    return fsum(known) if known else None


def compounded_retention(churn: float, periods: float) -> float:
    """Return the share (0..1) still there after this many periods of constant churn (0..1)."""
    _require_share(churn)
    return float((1 - churn) ** periods)


def annualised(churn: float, years: float) -> float:
    """Return the yearly churn (0..1) that compounds to this churn over a term of years.

    1 - (1 - c)^(1 / years): 27 percent lost on three-year terms is 10 a year (Kellblog 2018-07-23). A
    month is 1/12 of a year.
    """
    _require_share(churn)
    if years <= 0:
        raise ValueError(f"a term lasts some time, not {years} years")
    return float(1 - (1 - churn) ** (1 / years))


def kaplan_meier(durations: Iterable[tuple[float, bool]]) -> dict[float, float]:
    """Return the share (0..1) of customers surviving each time at which some left (Kaplan & Meier 1958).

    Each pair is (time observed, whether the customer left then); the others were censored and count as
    at risk until then. Empty without departures.
    """
    left: Counter[float] = Counter()
    gone: Counter[float] = Counter()
    for time, has_left in durations:
        gone[time] += 1
        if has_left:
            left[time] += 1
    at_risk = gone.total()
    survival, curve = 1.0, {}
    for time in sorted(gone):
        if left[time]:
            survival *= 1 - left[time] / at_risk
            curve[time] = survival
        at_risk -= gone[time]
    return curve


def survival_interval(
    durations: Iterable[tuple[float, bool]], time: float, confidence: float = 0.95
) -> Interval | None:
    """Return the interval (0..100 percent) of the share surviving a time, or None without departures by then.

    Greenwood's (1926) variance on the log-log scale (Kalbfleisch & Prentice 1980), which stays inside 0..1.
    """
    pairs = list(durations)
    share = next((s for t, s in reversed(kaplan_meier(pairs).items()) if t <= time), None)
    if share is None or not 0 < share < 1:
        return None
    greenwood, times = 0.0, sorted(t for t, _ in pairs)
    for step, left in Counter(t for t, has_left in pairs if has_left and t <= time).items():
        at_risk = len(times) - bisect_left(times, step)
        greenwood += left / (at_risk * (at_risk - left))
    reach = critical_value(confidence) * sqrt(greenwood) / log(share)
    low, high = sorted((share ** exp(reach), share ** exp(-reach)))
    return Interval(100 * low, 100 * high)


def _require_share(value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"a churn rate lies between 0 and 1, not {value}")
