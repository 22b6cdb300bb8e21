"""What services leave over (METRICS §1.9)."""

from django.conf import settings
from django.db.models import Count, Sum

from accounts.models import ServicesMonth
from metrics.formulas.money import ZERO
from metrics.formulas.services import gross_margin
from metrics.measures.exchange import rates_on
from metrics.measures.measure import Measure, Unit
from metrics.measures.revenue import require_revenue
from metrics.measures.scope import Scope

DEFINITION = (
    "Services revenue of the months that begin in the window less what it cost to deliver, in percent of that"
    " revenue; a loss is negative."
)


def services_margin(scope: Scope) -> Measure:
    """Return the gross margin of services (percent, negative for a loss), None without revenue.

    Each account's amounts are in its own currency, converted at the rates of the window's last month. Raises
    PermissionDenied for whoever may not see revenue.
    """
    require_revenue(scope.viewer)
    rates = rates_on(scope.closes_on)
    rows = (
        ServicesMonth.objects.filter(scope.days("month"), account__in=scope.accounts)
        .order_by()
        .values_list("account__currency")
        .annotate(Sum("revenue"), Sum("cost"), Count("pk"))
    )
    revenue, cost, months, currencies, is_known = ZERO, ZERO, 0, set(), True
    for own_currency, earned, spent, count in rows:
        currency = own_currency or settings.REPORTING_CURRENCY
        currencies.add(currency)
        months += count
        is_known = is_known and rates.knows(currency)
        revenue += rates.convert(earned, currency) or ZERO
        cost += rates.convert(spent, currency) or ZERO
    return scope.measure(
        "services_margin",
        Unit.PERCENT,
        gross_margin(revenue, cost) if is_known else None,
        n=months,
        counted="months of services",
        definition=DEFINITION,
        currency=settings.REPORTING_CURRENCY,
        notes=rates.notes(currencies),
        beside={"revenue": revenue, "cost": cost} if is_known else {},
    )
