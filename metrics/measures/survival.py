"""How many customers are still there after so many months, young cohorts included (METRICS §1.7)."""

from collections.abc import Mapping

from metrics.formulas.churn import kaplan_meier, survival_interval
from metrics.measures.measure import Measure, Unit
from metrics.measures.revenue import require_revenue
from metrics.measures.scope import Scope
from metrics.measures.tenure import tenures

DEFINITION = (
    "Of those who become customers, the percentage that still is one after 12 months (Kaplan–Meier);"
    " customers not old enough to know count for as long as they have been here."
)
SHOWN_MONTHS = (3, 6, 12, 24, 36, 60)


def survival(scope: Scope) -> Measure:
    """Return the customers left after 12 months (0..100 percent) of all who ever began, None unless known.

    They are watched until the day on which the window closes. Beside it other months, as far as any customer
    was watched. Raises PermissionDenied for whoever may not see revenue.
    """
    require_revenue(scope.viewer)
    durations = [(each.months, each.has_left) for each in tenures(scope).values()]
    curve, watched = kaplan_meier(durations), max((months for months, _ in durations), default=0)
    interval = survival_interval(durations, 12.0) if watched >= 12 else None
    return scope.measure(
        "survival",
        Unit.PERCENT,
        _at(curve, 12) if watched >= 12 else None,
        n=len(durations),
        counted="customers",
        interval=interval,
        definition=DEFINITION,
        beside={f"after_{month}_months": _at(curve, month) for month in SHOWN_MONTHS if month <= watched},
    )


def _at(curve: Mapping[float, float], month: float) -> float:
    """Return the percentage left after so many months, from the steps of the curve."""
    return 100 * next((share for time, share in reversed([*curve.items()]) if time <= month), 1.0)
