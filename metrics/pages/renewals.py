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
from django.http import HttpRequest
from django.template.response import TemplateResponse

from metrics.formulas.days import month_of, months_later, trailing
from metrics.formulas.health import Band
from metrics.formulas.money import total_known
from metrics.measures.backtest import DEFINITION as BACKTEST
from metrics.measures.backtest import Tested, health_backtest
from metrics.measures.exchange import rates_on
from metrics.measures.forecast import renewal_forecast
from metrics.measures.foretold import Foretold, is_left_to_worker, kept_of
from metrics.measures.health import bands
from metrics.measures.measure import Unit
from metrics.measures.memory import remembered
from metrics.measures.renewals import BOOKS, Due, Renewals, coming_renewals, renewals_of
from metrics.measures.scope import Scope
from metrics.measures.tested import newest_health
from metrics.pages.basis import Basis, read_basis
from metrics.pages.charts import Chart, bars_chart, period_name
from metrics.pages.filters import Filters, read_filters
from metrics.pages.renewal_rows import BANDS, Listing, band_of, month_of_due, read_listing, rows_of
from metrics.pages.windows import chosen_day

NARROWED_BY = ("segment", "tier", "region", "country", "owner", "team")
AHEAD = {"3": 3, "6": 6, "12": 12, "24": 24}
DEFAULT = "12"
ROWS = 25


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


def renewals(request: HttpRequest) -> TemplateResponse:
    """Show the coming renewals of the accounts that the user sees."""
    filters, faults = read_filters(request, *NARROWED_BY), list[str]()
    as_of = chosen_day(request.GET, filters.scope.today, faults)
    # The day itself included, as wherever else twelve months are told.
    scope = replace(filters.scope, today=as_of, **trailing(as_of + timedelta(days=1))._asdict())
    ahead = request.GET.get("ahead", DEFAULT)
    ahead = ahead if ahead in AHEAD else DEFAULT
    end = months_later(scope.today, AHEAD[ahead])
    basis, unlearnt = read_basis(request.GET)
    past = _long_ago(scope, basis)
    found = kept_of(past, basis.months, with_replays=basis.with_replays)
    is_tested_now = found is None and not is_left_to_worker(past)
    days, learnt_from = (end - scope.today).days, None
    if is_tested_now:
        learnt_from = basis, newest_health() if basis.with_replays else None
    dues, rates, tested = remembered(_contracts, scope, BOOKS, days, learnt_from)
    tested = found.health[basis.place] if found else tested
    known = bands(scope)
    months = by_month(dues, known, scope.today, end)
    forecast = renewal_forecast(dues, known, tested) if tested else None
    risky = Listing().of(dues, known, scope.today)
    listing, unlisted = read_listing(request.GET, [each.start for each in months])
    listed = listing.of(dues, known, scope.today)
    # Those that are worth most first.
    ranked = sorted(listed, key=lambda due: (-(due.value or Decimal(0)), due.ends_on, due.account))
    page = Paginator(ranked, ROWS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Renewals",
        "filters": replace(filters, faults=(*filters.faults, *faults, *unlearnt, *unlisted)),
        "as_of": as_of if as_of < filters.scope.today else None,
        "currency": settings.REPORTING_CURRENCY,
        "ahead": ahead,
        "windows": AHEAD,
        "end": end - timedelta(days=1),
        "due": _sum(dues),
        "due_accounts": _accounts(dues),
        "risky": _sum(risky),
        "risky_accounts": _accounts(risky),
        "at_stake": forecast and forecast.at_stake,
        "rates": rates,
        "months": months,
        "together": _summed(scope.today, dues, known),
        "bands": BANDS,
        "chart": _chart(months),
        "listing": listing,
        "page": page,
        "rows": rows_of(scope, [*page.object_list], known, forecast),
        "listed": len(listed),
        "listed_accounts": _accounts(listed),
        "listed_value": _sum(listed),
        "listed_loss": forecast and forecast.among(listed, known),
        "forecast": forecast,
        "found": found,
        "tested": tested,
        "backtest_definition": BACKTEST,
        "basis": basis,
        "tested_of": _tested_of(filters, as_of, found, basis),
    }
    return TemplateResponse(request, "metrics/renewals.html", context)


def _contracts(
    scope: Scope, days: int, learnt_from: tuple[Basis, int | None] | None
) -> tuple[list[Due], Renewals, Tested | None]:
    """Return what falls due, the rates of the last year, and where a basis is given what the score was worth.

    What was known of health so long before renewals never changes any more, so contracts alone decide it;
    where days scored later are let in, the newest health does as well.
    """
    assert scope.start is not None
    rates = renewals_of([scope], {scope.start: rates_on(scope.start)})[0]
    tested = None
    if learnt_from:
        basis, _ = learnt_from
        past = _long_ago(scope, basis)
        tested = health_backtest(past, basis.lead, with_replays=basis.with_replays)
    return coming_renewals(scope, days), rates, tested


def _tested_of(filters: Filters, as_of: date, found: Foretold | None, basis: Basis) -> dict[str, object]:
    """Return what the renewals behind the back-test are asked by: those of the accounts on the page."""
    narrowed = {field.name: field.chosen for field in filters.fields}
    day = (found and found.as_of) or as_of
    return {"as_of": day, "months": basis.months, "replays": int(basis.with_replays), **narrowed}


def _long_ago(scope: Scope, basis: Basis) -> Scope:
    return scope.between(months_later(scope.today, -basis.months), scope.today)


def by_month(dues: Sequence[Due], known: Mapping[int, Band], start: date, end: date) -> list[Month]:
    """Return what falls due in every month from start up to end, empty ones included."""
    members: dict[date, list[Due]] = defaultdict(list)
    for due in dues:
        members[month_of_due(due)].append(due)
    months, month = [], month_of(start).start
    while month < end:
        months.append(_summed(month, members[month], known))
        month = months_later(month, 1)
    return months


def _summed(start: date, dues: Sequence[Due], known: Mapping[int, Band]) -> Month:
    by_band: dict[Band, list[Due]] = defaultdict(list)
    for due in dues:
        by_band[band_of(due, known)].append(due)
    sums = tuple(_sum(by_band[band]) for band in BANDS)
    return Month(start, _accounts(dues), sums, _sum(dues), sum(due.is_cancelled for due in dues))


def _accounts(dues: Sequence[Due]) -> int:
    return len({each.account for each in dues})


def _sum(dues: Sequence[Due]) -> Decimal | None:
    return total_known(due.value for due in dues)


def _chart(months: Sequence[Month]) -> Chart | None:
    """Return the months as stacked bars, None where nothing falls due or an amount is unknown."""
    # A month that lacks one would stand too low, as if that were all.
    if not any(month.accounts for month in months) or any(month.value is None for month in months):
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
