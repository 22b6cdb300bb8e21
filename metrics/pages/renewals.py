"""The page of renewals: what falls due when, what of it is at risk, and how far to believe that."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, QueryDict
from django.template.response import TemplateResponse

from accounts.models import Account
from metrics.formulas.days import month_of, months_later, trailing
from metrics.formulas.health import Band
from metrics.formulas.money import total_known
from metrics.measures.backtest import DEFINITION as BACKTEST
from metrics.measures.backtest import LEADS, Tested, health_backtest
from metrics.measures.exchange import rates_on
from metrics.measures.forecast import Forecast, renewal_forecast
from metrics.measures.foretold import Foretold, is_left_to_worker, kept_of
from metrics.measures.health import Standing, bands, standings
from metrics.measures.measure import Unit
from metrics.measures.memory import remembered
from metrics.measures.renewals import BOOKS, Due, Renewals, coming_renewals, renewals_of
from metrics.measures.scope import Scope
from metrics.pages.charts import Chart, bars_chart, period_name
from metrics.pages.filters import Filters, read_filters
from metrics.pages.windows import chosen_day

NARROWED_BY = ("segment", "tier", "region", "country", "owner", "team")
AHEAD = {"3": 3, "6": 6, "12": 12, "24": 24}
DEFAULT = "12"
BACKTEST_MONTHS = 24
LEAD_DAYS = 90
ROWS = 25
WITHIN = {"30": 30, "90": 90, "180": 180, "365": 365}
BANDS = (Band.RED, Band.YELLOW, Band.GREY, Band.GREEN)
AT_RISK = (Band.RED, Band.YELLOW)
# What the address names to list those of which notice was given, and to list all.
FLAGS = {"notice": "given", "list": "all"}


class Month(NamedTuple):
    """What falls due in a month, or in all: accounts and value a year, by band too; None without a rate."""

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


class Listing(NamedTuple):
    """Which of the coming renewals are listed: those at risk, or all of a month, of bands, within days.

    `noticed` are those of which notice was given.
    """

    month: date | None = None
    bands: tuple[Band, ...] = ()
    within: int | None = None
    noticed: bool = False
    is_all: bool = False

    @property
    def is_at_risk(self) -> bool:
        """Whether nothing else is asked for than what is at risk."""
        return not any(self)

    def of(self, dues: Sequence[Due], known: Mapping[int, Band], today: date) -> list[Due]:
        """Return those of the renewals that are meant, by the band of each account."""
        if self.is_at_risk:
            return [each for each in dues if _band(each, known) in AT_RISK or each.is_cancelled]
        end = today + timedelta(days=self.within) if self.within else date.max
        return [
            each
            for each in dues
            if each.ends_on < end
            and self.month in (None, _month_of(each))
            and (not self.bands or _band(each, known) in self.bands)
            and (each.is_cancelled or not self.noticed)
        ]


def renewals(request: HttpRequest) -> TemplateResponse:
    """Show the coming renewals of the accounts that the user sees."""
    filters, faults = read_filters(request, *NARROWED_BY), list[str]()
    as_of = chosen_day(request.GET, filters.scope.today, faults)
    scope = replace(filters.scope, today=as_of, **trailing(as_of)._asdict())
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
    risky = Listing().of(dues, known, scope.today)
    listing, unlisted = _read_listing(request.GET, months)
    listed = listing.of(dues, known, scope.today)
    # Those that are worth most first.
    ranked = sorted(listed, key=lambda due: (-(due.value or Decimal(0)), due.ends_on, due.account))
    page = Paginator(ranked, ROWS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Renewals",
        "filters": replace(filters, faults=(*filters.faults, *faults, *unlisted)),
        "as_of": as_of if as_of < filters.scope.today else None,
        "currency": settings.REPORTING_CURRENCY,
        "ahead": ahead,
        "windows": AHEAD,
        "end": end - timedelta(days=1),
        "due": _sum(dues),
        "due_accounts": _accounts(dues),
        "risky": _sum(risky),
        "risky_accounts": _accounts(risky),
        "at_stake": _at_stake(forecast),
        "rates": rates,
        "months": months,
        "together": _summed(scope.today, dues, known),
        "bands": BANDS,
        "chart": _chart(months),
        "listing": listing,
        "page": page,
        "rows": _named(scope, [*page.object_list]),
        "listed": len(listed),
        "listed_accounts": _accounts(listed),
        "listed_value": _sum(listed),
        "forecast": forecast,
        "found": found,
        "tested": tested,
        "backtest_definition": BACKTEST,
        "lead": LEAD_DAYS,
        "tested_of": _tested_of(filters, as_of, found),
    }
    return TemplateResponse(request, "metrics/renewals.html", context)


def _read_listing(asked: QueryDict, months: Sequence[Month]) -> tuple[Listing, list[str]]:
    """Return which renewals the address asks for, and what of that there is not."""
    month, within = asked.get("month", ""), asked.get("within", "")
    names = asked.getlist("band")
    first = next((each.start for each in months if str(each.start)[:7] == month), None)
    bands = tuple(band for band in BANDS if band.value in names)
    faults = []
    if month and not first:
        faults.append(f"There is no month “{month[:60]}” among those shown: left out.")
    if within and within not in WITHIN:
        faults.append(f"There is no renewal within “{within[:60]}” days: left out.")
    faults += [f"There is no band “{name[:60]}”: left out." for name in names if name not in [*BANDS]]
    for name, value in FLAGS.items():
        if asked.get(name, value) not in ("", value):
            faults.append(f"There is no {name} “{asked[name][:60]}”: left out.")
    noticed, is_all = (asked.get(name) == value for name, value in FLAGS.items())
    return Listing(first, bands, WITHIN.get(within), noticed, is_all), faults


def _contracts(scope: Scope, days: int, is_to_be_tested: bool) -> tuple[list[Due], Renewals, Tested | None]:
    """Return what falls due, the rates of the last year, and where it is asked what the score was worth.

    What was known of health so long before renewals never changes any more, so contracts alone decide it.
    """
    assert scope.start is not None
    rates = renewals_of([scope], {scope.start: rates_on(scope.start)})[0]
    tested = health_backtest(_long_ago(scope), LEAD_DAYS) if is_to_be_tested else None
    return coming_renewals(scope, days), rates, tested


def _tested_of(filters: Filters, as_of: date, found: Foretold | None) -> dict[str, object]:
    """Return what the renewals behind the back-test are asked by: those of the accounts on the page."""
    narrowed = {field.name: field.chosen for field in filters.fields}
    return {"as_of": (found and found.as_of) or as_of, "months": BACKTEST_MONTHS, **narrowed}


def _long_ago(scope: Scope) -> Scope:
    return scope.between(months_later(scope.today, -BACKTEST_MONTHS), scope.today)


def by_month(dues: Sequence[Due], known: Mapping[int, Band], start: date, end: date) -> list[Month]:
    """Return what falls due in every month from start up to end, empty ones included."""
    members: dict[date, list[Due]] = defaultdict(list)
    for due in dues:
        members[_month_of(due)].append(due)
    months, month = [], month_of(start).start
    while month < end:
        months.append(_summed(month, members[month], known))
        month = months_later(month, 1)
    return months


def _summed(start: date, dues: Sequence[Due], known: Mapping[int, Band]) -> Month:
    by_band: dict[Band, list[Due]] = defaultdict(list)
    for due in dues:
        by_band[_band(due, known)].append(due)
    sums = tuple(_sum(by_band[band]) for band in BANDS)
    return Month(start, _accounts(dues), sums, _sum(dues), sum(due.is_cancelled for due in dues))


def _band(due: Due, known: Mapping[int, Band]) -> Band:
    return known.get(due.account, Band.GREY)


def _accounts(dues: Sequence[Due]) -> int:
    return len({each.account for each in dues})


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
    """Return renewals with their accounts and how those are."""
    keys = [due.account for due in dues]
    accounts = Account.objects.visible_to(scope.viewer).select_related("owner").in_bulk(keys)
    known = standings(scope, keys)
    return [
        Coming(accounts[due.account], due, known.get(due.account)) for due in dues if due.account in accounts
    ]
