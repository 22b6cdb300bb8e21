"""The page of renewals: what falls due when, what of it is at risk, and how far to believe that."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from accounts.models import Account
from metrics.formulas.days import month_of, months_later, trailing
from metrics.formulas.health import Band
from metrics.formulas.money import total_known
from metrics.measures.backtest import DEFINITION as BACKTEST
from metrics.measures.backtest import LEADS, Tested, health_backtest
from metrics.measures.exchange import rates_on
from metrics.measures.forecast import Forecast, renewal_forecast
from metrics.measures.foretold import is_left_to_worker, kept_of
from metrics.measures.health import Standing, bands, standings
from metrics.measures.measure import Unit
from metrics.measures.memory import remembered
from metrics.measures.renewals import BOOKS, Due, Renewals, coming_renewals, renewals_of
from metrics.measures.scope import Scope
from metrics.pages.charts import Chart, bars_chart, period_name
from metrics.pages.filters import read_filters

NARROWED_BY = ("segment", "tier", "region", "country", "owner", "team")
AHEAD = {"3": 3, "6": 6, "12": 12, "24": 24}
DEFAULT = "12"
BACKTEST_MONTHS = 24
LEAD_DAYS = 90
ROWS = 25
BANDS = (Band.RED, Band.YELLOW, Band.GREY, Band.GREEN)
AT_RISK = (Band.RED, Band.YELLOW)


class Month(NamedTuple):
    """What falls due in one month: accounts, value a year by band and together; None without a rate."""

    start: date
    accounts: int
    by_band: tuple[Decimal | None, ...]
    value: Decimal | None
    noticed: int

    @property
    def parts(self) -> Iterator[tuple[Band, Decimal | None]]:
        """Return each band beside its value a year, in the order of the columns."""
        return zip(BANDS, self.by_band, strict=True)


class Coming(NamedTuple):
    """One renewal: whose, what falls due, and how the account is, None where it has no health."""

    account: Account
    due: Due
    standing: Standing | None


def renewals(request: HttpRequest) -> TemplateResponse:
    """Show the coming renewals of the accounts that the user sees."""
    filters = read_filters(request, *NARROWED_BY)
    scope = replace(filters.scope, **trailing(filters.scope.today)._asdict())
    ahead = request.GET.get("ahead", DEFAULT)
    ahead = ahead if ahead in AHEAD else DEFAULT
    end = months_later(scope.today, AHEAD[ahead])
    found = kept_of(_long_ago(scope), BACKTEST_MONTHS)
    is_tested_now = found is None and not is_left_to_worker(_long_ago(scope))
    dues, rates, tested = remembered(_contracts, scope, BOOKS, (end - scope.today).days, is_tested_now)
    tested = found.health[LEADS.index(LEAD_DAYS)] if found else tested
    known = bands(scope)
    months = by_month(dues, known, scope.today, end)
    forecast = renewal_forecast(dues, known, tested) if tested else None
    risky = [each for each in dues if known.get(each.account, Band.GREY) in AT_RISK or each.is_cancelled]
    month = next((each.start for each in months if str(each.start)[:7] == request.GET.get("month")), None)
    listed = [each for each in dues if _month_of(each) == month] if month else risky
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Renewals",
        "filters": filters,
        "currency": settings.REPORTING_CURRENCY,
        "ahead": ahead,
        "windows": AHEAD,
        "end": end - timedelta(days=1),
        "due": _sum(dues),
        "due_accounts": len({each.account for each in dues}),
        "risky": _sum(risky),
        "risky_accounts": len({each.account for each in risky}),
        "at_stake": _at_stake(forecast),
        "rates": rates,
        "months": months,
        "bands": BANDS,
        "chart": _chart(months),
        "month": month,
        "rows": _named(scope, listed),
        "listed": len(listed),
        "listed_value": _sum(listed),
        "forecast": forecast,
        "found": found,
        "tested": tested,
        "backtest_definition": BACKTEST,
        "lead": LEAD_DAYS,
    }
    return TemplateResponse(request, "metrics/renewals.html", context)


def _contracts(scope: Scope, days: int, is_to_be_tested: bool) -> tuple[list[Due], Renewals, Tested | None]:
    """Return what falls due, the rates of the last year, and where it is asked what the score was worth.

    What was known of health so long before renewals never changes any more, so contracts alone decide it.
    """
    assert scope.start is not None
    rates = renewals_of([scope], {scope.start: rates_on(scope.start)})[0]
    tested = health_backtest(_long_ago(scope), LEAD_DAYS) if is_to_be_tested else None
    return coming_renewals(scope, days), rates, tested


def _long_ago(scope: Scope) -> Scope:
    return scope.between(months_later(scope.today, -BACKTEST_MONTHS), scope.today)


def by_month(dues: Sequence[Due], known: Mapping[int, Band], start: date, end: date) -> list[Month]:
    """Return what falls due in every month from start up to end, empty ones included."""
    members: dict[date, list[Due]] = defaultdict(list)
    for due in dues:
        members[_month_of(due)].append(due)
    months, month = [], month_of(start).start
    while month < end:
        of_one = members[month]
        by_band: dict[Band, list[Due]] = defaultdict(list)
        for due in of_one:
            by_band[known.get(due.account, Band.GREY)].append(due)
        sums = tuple(_sum(by_band[band]) for band in BANDS)
        noticed = sum(due.is_cancelled for due in of_one)
        months.append(Month(month, len({due.account for due in of_one}), sums, _sum(of_one), noticed))
        month = months_later(month, 1)
    return months


def _month_of(due: Due) -> date:
    return due.ends_on.replace(day=1)


def _sum(dues: Sequence[Due]) -> Decimal | None:
    return total_known(due.value for due in dues)


def _at_stake(forecast: Forecast | None) -> Decimal | None:
    return total_known(each.at_stake for each in forecast.bands) if forecast else None


def _chart(months: Sequence[Month]) -> Chart | None:
    if not any(month.accounts for month in months):
        return None
    chart = bars_chart(
        [period_name(month.start, "month") for month in months],
        {band.value: [month.by_band[place] for month in months] for place, band in enumerate(BANDS)},
        Unit.MONEY,
        "What falls due a year, by month and by the health of the accounts; the table has the sums.",
        is_stacked=True,
    )
    # The table beside it says more than the chart's own.
    return replace(chart, rows=())


def _named(scope: Scope, dues: Sequence[Due]) -> list[Coming]:
    """Return the first renewals, those that are worth most first, with their accounts."""
    first = sorted(dues, key=lambda due: (-(due.value or Decimal(0)), due.ends_on))[:ROWS]
    keys = [due.account for due in first]
    accounts = Account.objects.visible_to(scope.viewer).select_related("owner").in_bulk(keys)
    known = standings(scope, keys)
    return [
        Coming(accounts[due.account], due, known.get(due.account)) for due in first if due.account in accounts
    ]
