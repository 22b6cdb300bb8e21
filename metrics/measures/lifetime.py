"""What a customer is worth over its lifetime: at one retention for all, and one for each (METRICS §1.8)."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from metrics.formulas import lifetime
from metrics.formulas.lifetime import multiple, value
from metrics.measures.exchange import rates_on
from metrics.measures.measure import Measure, Unit
from metrics.measures.retention import grr
from metrics.measures.revenue import Arr, arr_of, require_revenue
from metrics.measures.scope import Scope
from metrics.measures.tenure import tenures, yearly_cohorts


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a lifetime value takes for granted; printed wherever one is shown."""

    discount: float = 0.10
    gross_margin: Decimal = Decimal("0.80")

    @property
    def gross_margin_percent(self) -> float:
        """The gross margin in percent (0..100)."""
        return float(100 * self.gross_margin)


ASSUMPTIONS = Assumptions()


DEFINITION = (
    "Revenue that an average customer still brings, seen just before its next renewal: yearly revenue per"
    " customer × r(1 + d) / (1 + d − r), where r is the GRR and d a discount of"
    f" {ASSUMPTIONS.discount:.0%} a year; no growth, no end date."
)


def clv(scope: Scope, *, retained: Measure | None = None, arr: Arr | None = None) -> Measure:
    """Return the revenue (money) that an average customer still brings, just before its next renewal.

    Level 1: ARR per customer at the end of the window, in the money of that day, x the multiple at the
    window's GRR (Gupta & Lehmann 2003). None without customers or retention. Takes GRR and ARR
    where they were asked already; raises PermissionDenied for whoever may not see revenue.
    """
    require_revenue(scope.viewer)
    retained = retained or grr(scope)
    arr = arr or arr_of(scope, scope.closes_on, rates_on(scope.closes_on))
    customers, total = len(arr.by_account), arr.total
    amount, beside = None, {}
    if customers and total is not None and retained.value is not None:
        per_customer = total / customers
        times = multiple(float(retained.value) / 100, ASSUMPTIONS.discount, "existing")
        amount = value(per_customer, times)
        beside = {
            "arr": total,
            "arr_per_customer": per_customer,
            "multiple": times,
            "margin": amount * ASSUMPTIONS.gross_margin,
        }
    return scope.measure(
        "clv",
        Unit.MONEY,
        amount,
        n=customers,
        counted="customers",
        definition=DEFINITION,
        currency=settings.REPORTING_CURRENCY,
        notes=arr.notes + tuple(note for note in retained.notes if note not in arr.notes),
        beside=beside,
    )


SBG = (
    "Revenue that an average customer still brings, seen just before its next renewal: yearly revenue per"
    " customer × the discounted renewals to come of customers as old as ours, by the shifted beta-geometric"
    f" model (Fader and Hardie) of our own yearly cohorts; {ASSUMPTIONS.discount:.0%} a year, at most"
    f" {lifetime.HORIZON_YEARS} years."
)


def clv_sbg(scope: Scope) -> Measure:
    """Return the revenue (money) that an average customer still brings, level 2: the loyal ones stay longer.

    None below three renewals observed or a hundred customers. Beside it the model, and how many of the
    oldest cohort it says are left against how many are. Raises PermissionDenied as `clv` does.
    """
    require_revenue(scope.viewer)
    known = tenures(scope)
    cohorts = yearly_cohorts(known)
    arr = arr_of(scope, scope.closes_on, rates_on(scope.closes_on))
    customers, total = len(arr.by_account), arr.total
    amount, beside, notes = None, {}, arr.notes
    if not lifetime.is_enough(cohorts):
        notes += (
            f"Needs {lifetime.LEAST_RENEWALS} renewals observed and {lifetime.LEAST_CUSTOMERS} customers.",
        )
    elif customers and total is not None:
        model = lifetime.fit(cohorts)
        ages = Counter(each.years for each in known.values() if not each.has_left)
        times = sum(
            count * lifetime.capped_residual_lifetime(model, ASSUMPTIONS.discount, age)
            for age, count in ages.items()
        ) / max(1, ages.total())
        oldest = max(cohorts, key=len)
        amount = value(total / customers, times)
        beside = {
            "arr_per_customer": total / customers,
            "multiple": times,
            "margin": amount * ASSUMPTIONS.gross_margin,
            "alpha": model.alpha,
            "beta": model.beta,
            "oldest_cohort": oldest[0],
            "oldest_cohort_left": 100 * oldest[-1] / oldest[0],
            "oldest_cohort_left_by_model": 100 * lifetime.survival(model, len(oldest) - 1),
        }
    return scope.measure(
        "clv_sbg",
        Unit.MONEY,
        amount,
        n=customers,
        counted="customers",
        definition=SBG,
        currency=settings.REPORTING_CURRENCY,
        notes=notes,
        beside=beside,
    )
