"""Customer lifetime value: constant retention (level 1) and the shifted beta-geometric model (level 2)."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import scipy

from metrics.formulas.money import require_money

Timing = Literal["new", "existing", "gupta_lehmann"]

# A mean lifetime is infinite when alpha <= 1, so a value is never carried further than this (METRICS 1.8).
HORIZON_YEARS = 20
LEAST_RENEWALS = 3
LEAST_CUSTOMERS = 100
# Cohorts that nobody leaves, or all at one rate, have their maximum at infinity.
_LOGS = (-12.0, 12.0)


class ShiftedBetaGeometric(NamedTuple):
    """Each customer has its own constant churn, spread over customers as Beta(alpha, beta)."""

    alpha: float
    beta: float


class InfiniteValue(ValueError):
    """Retention and growth outrun the discount rate: the sum has no end."""


def multiple(retention: float, discount: float, timing: Timing, growth: float = 0.0) -> float:
    """Return how many periods' margin a customer is worth, all rates (0..1) per the same period.

    With r' = r(1 + g): new (first payment now) (1+d)/(1+d-r'); gupta_lehmann (first margin one period on)
    r'/(1+d-r'); existing (just before a renewal) r'(1+d)/(1+d-r'). Gupta & Lehmann (2003).
    """
    if not 0 <= retention <= 1 or discount < 0 or growth <= -1:
        raise ValueError(f"retention {retention}, discount {discount}, growth {growth} make no sense")
    kept = retention * (1 + growth)
    if kept >= 1 + discount:
        raise InfiniteValue(f"retention x growth {kept:g} reaches {1 + discount:g}")
    numerators = {"new": 1 + discount, "gupta_lehmann": kept, "existing": kept * (1 + discount)}
    return numerators[timing] / (1 + discount - kept)


def value(payment: Decimal, multiple_: float) -> Decimal:
    """Return payment per period x multiple in money, to the cent; margin in gives margin CLV."""
    require_money(payment)
    return (payment * Decimal(repr(multiple_))).quantize(Decimal("0.01"))


def fit(cohorts: Sequence[Sequence[int]]) -> ShiftedBetaGeometric:
    """Return the maximum-likelihood model of cohorts, each its customers counted year by year.

    Fader & Hardie (2007). Cohorts of different length are fitted together.
    """
    for cohort in cohorts:
        _require_cohort(cohort)

    def loss(logs: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        alpha, beta = np.exp(logs)
        return -log_likelihood(ShiftedBetaGeometric(float(alpha), float(beta)), cohorts)

    found = scipy.optimize.minimize(
        loss,
        x0=np.zeros(2),
        method="Nelder-Mead",
        bounds=[_LOGS, _LOGS],
        options={"xatol": 1e-9, "fatol": 1e-9},
    )
    alpha, beta = np.exp(found.x)
    return ShiftedBetaGeometric(float(alpha), float(beta))


def is_enough(cohorts: Sequence[Sequence[int]]) -> bool:
    """Return whether a fit may be shown: three renewals observed and a hundred customers (METRICS 1.8)."""
    renewals = max((len(cohort) - 1 for cohort in cohorts), default=0)
    return renewals >= LEAST_RENEWALS and sum(cohort[0] for cohort in cohorts) >= LEAST_CUSTOMERS


def log_likelihood(model: ShiftedBetaGeometric, cohorts: Sequence[Sequence[int]]) -> float:
    """Return the log-likelihood (<= 0) of the cohorts under the model (Fader & Hardie 2007, eq. 7)."""
    alpha, beta = model
    total = 0.0
    for cohort in cohorts:
        counts = np.asarray(cohort, dtype=float)
        years = np.arange(1, len(counts))
        lost = counts[:-1] - counts[1:]
        total += float(
            lost @ (scipy.special.betaln(alpha + 1, beta + years - 1) - scipy.special.betaln(alpha, beta))
        )
        total += float(
            counts[-1]
            * (scipy.special.betaln(alpha, beta + len(counts) - 1) - scipy.special.betaln(alpha, beta))
        )
    return total


def survival(model: ShiftedBetaGeometric, renewals: float) -> float:
    """Return the share (0..1) of a cohort still there after this many renewals: B(a, b+t) / B(a, b)."""
    alpha, beta = model
    return float(np.exp(scipy.special.betaln(alpha, beta + renewals) - scipy.special.betaln(alpha, beta)))


def retention_rate(model: ShiftedBetaGeometric, renewal: int) -> float:
    """Return the share (0..1) who make their t-th renewal (t >= 1) of those who made the one before.

    (b + t - 1) / (a + b + t - 1): it rises with age, because the restless have left.
    """
    if renewal < 1:
        raise ValueError(f"renewals are counted from 1, not {renewal}")
    alpha, beta = model
    return (beta + renewal - 1) / (alpha + beta + renewal - 1)


def expected_tenure(model: ShiftedBetaGeometric) -> float | None:
    """Return the mean lifetime in periods (>= 1), or None where it is infinite (alpha <= 1)."""
    alpha, beta = model
    return (alpha + beta - 1) / (alpha - 1) if alpha > 1 else None


def expected_lifetime(
    model: ShiftedBetaGeometric, discount: float, *, first_payment_now: bool = True
) -> float:
    """Return a new customer's discounted expected lifetime in payments (Fader & Hardie 2010, DEL).

    Sum of S(t) / (1+d)^t over t >= 0; without the first payment over t >= 1.
    """
    _require_discount(discount)
    alpha, beta = model
    lifetime = float(scipy.special.hyp2f1(1, beta, alpha + beta, 1 / (1 + discount)))
    return lifetime if first_payment_now else lifetime - 1


def expected_residual_lifetime(model: ShiftedBetaGeometric, discount: float, renewals_made: int) -> float:
    """Return the discounted expected residual lifetime in payments, just before the next renewal decision.

    Fader & Hardie (2010), eq. 6 with n = renewals made + 1, the usual off-by-one trap.
    """
    _require_discount(discount)
    if renewals_made < 0:
        raise ValueError(f"renewals made cannot be {renewals_made}")
    alpha, beta = model
    n = renewals_made + 1
    next_renewal = retention_rate(model, n)
    return float(next_renewal * scipy.special.hyp2f1(1, beta + n, alpha + beta + n, 1 / (1 + discount)))


def capped_residual_lifetime(
    model: ShiftedBetaGeometric, discount: float, renewals_made: int, horizon: int = HORIZON_YEARS
) -> float:
    """Return the discounted expected payments of the next `horizon` renewals, the first one due now."""
    if discount < 0 or renewals_made < 0:
        raise ValueError("neither a discount rate nor a number of renewals is negative")
    here = survival(model, renewals_made)
    return sum(survival(model, renewals_made + 1 + t) / here / (1 + discount) ** t for t in range(horizon))


def _require_cohort(cohort: Sequence[int]) -> None:
    falls = all(later <= earlier for earlier, later in pairwise(cohort))
    if len(cohort) < 2 or cohort[0] < 1 or cohort[-1] < 0 or not falls:
        raise ValueError(f"a cohort starts with customers and only shrinks: {list(cohort)}")


def _require_discount(discount: float) -> None:
    if discount <= 0:
        raise InfiniteValue("a lifetime without discount may have no end")
