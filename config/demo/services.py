"""What projects and consulting brought in and cost: one row a month for accounts that had any."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from accounts.models import ServicesMonth
from config.demo.company import Customer
from config.demo.money import CENT
from config.demo.mood import TROUBLED_PRODUCT
from config.demo.timeline import Timeline, dice

PROJECT_MONTHS = {"Enterprise": 5, "Mid-market": 3, "Small business": 1}
PROJECT_SHARE = 0.16  # of the yearly price
CONSULTING = {"Enterprise": 0.25, "Mid-market": 0.06, "Small business": 0.0}


def services_months(timeline: Timeline, customer: Customer) -> list[ServicesMonth]:
    """Return the account's services by month; projects of the troubled product lose money."""
    throw = dice(f"{customer.account.external_id}/services")
    sums: dict[date, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))

    def add(month: date, revenue: float, cost_share: float) -> None:
        had, spent = sums[month]
        sums[month] = had + revenue, spent + revenue * cost_share

    length = PROJECT_MONTHS[customer.segment.name]
    for product, day in customer.launches:
        budget = PROJECT_SHARE * customer.yearly_dollars(day) / length
        cost = (0.95, 1.25) if product == TROUBLED_PRODUCT else (0.5, 0.7)
        first = timeline.month_of(day)
        for month in range(first, first + length):
            add(timeline.first_of(month), budget * throw.uniform(0.7, 1.3), throw.uniform(*cost))
    for month in timeline.months:
        day = timeline.first_of(month)
        if customer.is_customer(day) and throw.random() < CONSULTING[customer.segment.name]:
            share = throw.uniform(0.005, 0.02) * customer.yearly_dollars(day)
            add(day, share, throw.uniform(0.5, 0.72))
    # The current month is not closed yet.
    return [
        ServicesMonth(account=customer.account, month=month, revenue=_money(revenue), cost=_money(cost))
        for month, (revenue, cost) in sorted(sums.items())
        if month < timeline.today.replace(day=1) and revenue
    ]


def _money(amount: float) -> Decimal:
    return Decimal(amount).quantize(CENT)
