"""What a customer is worth over its lifetime: level 1, at constant retention (METRICS §1.8)."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from metrics.formulas.lifetime import multiple, value
from metrics.measures.exchange import rates_on
from metrics.measures.measure import Measure, Unit
from metrics.measures.retention import grr
from metrics.measures.revenue import Arr, arr_on, require_revenue
from metrics.measures.scope import Scope


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
    arr = arr or arr_on(scope.end, scope.accounts, rates_on(scope.end))
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
