"""The gross margin of services."""

from decimal import Decimal

from metrics.formulas.money import percent_of


def gross_margin(revenue: Decimal, cost: Decimal) -> float | None:
    """Return (revenue - cost) / revenue in percent, or None without revenue; a loss is negative.

    Cost is loaded delivery staff, subcontractors and unbilled travel; customer success, renewals and
    presales are not (METRICS 1.9).
    """
    return percent_of(revenue - cost, revenue)
