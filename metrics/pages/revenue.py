"""The page of recurring revenue: how it came to be what it is, who keeps it, and what is left of whom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import Account, ExchangeRate, Subscription, Team, User
from metrics.formulas.movements import Bridge, Movement
from metrics.formulas.rounding import whole_steps
from metrics.measures.breakdown import SPLITS, Part, revenue_by, whole
from metrics.measures.cohorts import DEFINITION as COHORTS
from metrics.measures.cohorts import Cohort, Cohorts, revenue_cohorts
from metrics.measures.ledger import Ledger
from metrics.measures.levels import Level, arr_levels
from metrics.measures.measure import Measure
from metrics.measures.memory import remembered
from metrics.measures.movements import Movements, arr_and_movements
from metrics.measures.retention import RevenueRetention
from metrics.measures.scope import Scope
from metrics.pages.charts import Step, bridge_chart, levels_chart, period_name
from metrics.pages.filters import Filters, read_filters
from metrics.pages.windows import MONTHS

NARROWED_BY = ("segment", "tier", "region", "country", "owner", "team", "product", "cohort")
LEVEL_MONTHS = 24
# What the figures are made of: names of owners and teams among them.
BOOKS = (Account, ExchangeRate, Subscription, Team, User)
ROWS = 50
BARS: Mapping[Movement, str] = {
    Movement.NEW: "New",
    Movement.REACTIVATION: "Came back",
    Movement.EXPANSION: "Expansion",
    Movement.CONTRACTION: "Contraction",
    Movement.CHURN: "Churn",
}
SHOWN = {"net": "Revenue, net", "gross": "Revenue, gross", "logos": "Customers"}
PERIODS = {"quarter": "by quarter", "year": "by year"}
# As dark as this share (percent) or better: the eye finds where customers go.
SHADES = (100, 95, 90, 80, 65)


class Figures(NamedTuple):
    """All that the page says of one scope, worked out together."""

    arr: Measure
    movements: Movements | None
    kept: RevenueRetention
    levels: Sequence[Level]
    parts: Sequence[Part]
    cohorts: Cohorts


class Bar(NamedTuple):
    """One line of the bridge: its name, its amount, that in whole units, and its name in the address."""

    name: str
    amount: Decimal
    shown: Decimal
    key: str
    is_level: bool


class Shade(NamedTuple):
    """One cell of the table of cohorts: a percentage, and how dark it is from 0 to 5."""

    percent: float | None
    depth: int


class Row(NamedTuple):
    """One cohort: its name, customers, beginning and shaded cells, and the list of its accounts."""

    name: str
    cohort: Cohort
    cells: Sequence[Shade | None]
    query: str


def revenue(request: HttpRequest) -> TemplateResponse:
    """Show the revenue of the accounts that the user sees."""
    filters = read_filters(request, *NARROWED_BY, default="12m", windows=MONTHS)
    by = _one_of(request, "by", SPLITS)
    period = _one_of(request, "cohorts", PERIODS)
    figures = remembered(_figures, filters.scope, BOOKS, by, period)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Revenue",
        "filters": filters,
        "currency": settings.REPORTING_CURRENCY,
        "arr": figures.arr,
        "kept": figures.kept,
        "levels": levels_chart(figures.levels),
        **_bridge(request, figures.movements),
        "by": by,
        "splits": SPLITS,
        "parts": [(part, _list_of(filters, by, part)) for part in figures.parts],
        **_cohorts(request, figures.cohorts, period),
    }
    return TemplateResponse(request, "metrics/revenue.html", context)


def _figures(scope: Scope, by: str, period: str) -> Figures:
    ledger = Ledger(scope)
    return Figures(
        *arr_and_movements(ledger),
        whole(ledger),
        arr_levels(ledger, LEVEL_MONTHS),
        revenue_by(ledger, by),
        revenue_cohorts(ledger, period),
    )


def _one_of(request: HttpRequest, name: str, choices: Iterable[str]) -> str:
    """Return which of the choices the address names, the first where it names none."""
    said, offered = request.GET.get(name, ""), [*choices]
    return said if said in offered else offered[0]


def _bridge(request: HttpRequest, found: Movements | None) -> dict[str, Any]:
    if found is None:
        return {}
    bars = _bars(found.bridge)
    steps = [Step(bar.name, bar.amount, is_level=bar.is_level) for bar in bars if bar.amount or bar.is_level]
    chart = bridge_chart(steps, "From the ARR of the first day to that of the last; the table has the sums.")
    key = request.GET.get("bar", "")
    chosen = next((movement for movement in BARS if movement.value == key), None)
    context: dict[str, Any] = {
        # The table beside it has every bar.
        "bridge": chart and replace(chart, rows=()),
        "bars": bars,
        "regained": found.regained,
    }
    if chosen:
        amounts = _amounts(found, chosen)
        named = Account.objects.in_bulk([account for account, _ in amounts[:ROWS]])
        context |= {
            "bar": BARS[chosen],
            "moved": [(named[account], amount) for account, amount in amounts[:ROWS] if account in named],
            "moved_count": len(amounts),
            "moved_total": sum((amount for _, amount in amounts), Decimal(0)),
        }
    return context


def _bars(bridge: Bridge) -> list[Bar]:
    moves = (bridge.new, bridge.reactivation, bridge.expansion, bridge.contraction, bridge.churn)
    start, *steps, rates = whole_steps((bridge.opening, *moves, bridge.currency))
    named = zip(BARS.items(), moves, steps, strict=True)
    return [
        Bar("At the start", bridge.opening, start, "", is_level=True),
        *(
            Bar(name, amount, step, movement.value, is_level=False)
            for (movement, name), amount, step in named
        ),
        Bar("Exchange rates", bridge.currency, rates, "", is_level=False),
        Bar("At the end", bridge.closing, sum(steps, start + rates), "", is_level=True),
    ]


def _amounts(found: Movements, chosen: Movement) -> list[tuple[int, Decimal]]:
    """Return the customers behind a bar with what each adds to it, the largest first."""
    sums = {
        account: sum((move.amount for move in moves if move.movement is chosen), Decimal(0))
        for account, moves in found.moves.items()
    }
    return sorted(((key, amount) for key, amount in sums.items() if amount), key=lambda each: -abs(each[1]))


def _list_of(filters: Filters, by: str, part: Part) -> str:
    """Return the address of the list of a part's accounts, '' where the list has no such filter."""
    field = next((field for field in filters.fields if field.name == by), None)
    choices = field.choices if field else ()
    key = next(
        (choice.key for choice in choices if part.group in (choice.key, choice.label, _mail(choice))), ""
    )
    narrowed = {each.name: each.chosen for each in filters.fields if each.chosen} | {by: key}
    return _portfolio(narrowed) if part.group and key else ""


def _mail(choice: Any) -> str:
    return str(getattr(choice.value, "email", ""))


def _portfolio(query: Mapping[str, str]) -> str:
    return reverse("portfolio", query={**query, "state": "all"})


def _cohorts(request: HttpRequest, found: Cohorts, period: str) -> dict[str, Any]:
    show = _one_of(request, "show", SHOWN)
    rows = [
        Row(
            period_name(cohort.start, "quarter") if period == "quarter" else str(cohort.start.year),
            cohort,
            [
                *(_shade(getattr(cell, show)) for cell in cohort.cells),
                *[None] * (found.steps - len(cohort.cells)),
            ],
            _portfolio({"cohort": str(cohort.start.year)}) if period == "year" else "",
        )
        for cohort in found.rows
    ]
    return {
        "cohorts": rows,
        "cohort_steps": range(found.steps),
        "cohort_period": period,
        "cohort_periods": PERIODS,
        "cohort_show": show,
        "cohort_shows": SHOWN,
        "cohort_notes": found.notes,
        "cohort_definition": COHORTS,
    }


def _shade(percent: float | None) -> Shade:
    if percent is None:
        return Shade(None, 0)
    return Shade(percent, sum(percent < edge for edge in SHADES))
