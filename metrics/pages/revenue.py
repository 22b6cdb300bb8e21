"""The page of recurring revenue: how it came to be what it is, who keeps it, and what is left of whom."""

from collections.abc import Iterator, Mapping, Sequence
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
from metrics.measures.breakdown import SPLITS, Part, revenue_by, whole
from metrics.measures.cohorts import Cohorts, revenue_cohorts
from metrics.measures.ledger import Ledger
from metrics.measures.levels import Level, arr_levels
from metrics.measures.measure import Measure
from metrics.measures.memory import remembered
from metrics.measures.movements import Movements, arr_and_movements
from metrics.measures.retention import RevenueRetention
from metrics.measures.scope import Scope
from metrics.pages.charts import Step, bridge_chart, levels_chart
from metrics.pages.cohorts import PERIODS, cohorts_of, one_of
from metrics.pages.filters import UNSAID, Field, Filters, read_filters
from metrics.pages.windows import MONTHS
from metrics.pages.wording import BRIDGE

NARROWED_BY = ("segment", "tier", "region", "country", "owner", "team", "product", "cohort")
LEVEL_MONTHS = 24
# What the figures are made of: names of owners and teams among them.
BOOKS = (Account, ExchangeRate, Subscription, Team, User)
ROWS = 50
CURRENCY = "currency"
BARS: Mapping[Movement, str] = {
    Movement.NEW: BRIDGE["new"],
    Movement.REACTIVATION: BRIDGE["reactivation"],
    Movement.EXPANSION: BRIDGE["expansion"],
    Movement.CONTRACTION: BRIDGE["contraction"],
    Movement.CHURN: BRIDGE["churn"],
}


class Figures(NamedTuple):
    """All that the page says of one scope, worked out together."""

    arr: Measure
    movements: Movements | None
    kept: RevenueRetention
    levels: Sequence[Level]
    parts: Sequence[Part]
    cohorts: Cohorts


class Bar(NamedTuple):
    """One line of the bridge: its name, its amount, and its name in the address."""

    name: str
    amount: Decimal
    key: str
    is_level: bool


def revenue(request: HttpRequest) -> TemplateResponse:
    """Show the revenue of the accounts that the user sees."""
    filters = read_filters(request, *NARROWED_BY, default="12m", windows=MONTHS)
    by = one_of(request, "by", SPLITS)
    period = one_of(request, "cohorts", PERIODS)
    figures = remembered(_figures, filters.scope, BOOKS, by, period)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Revenue",
        "filters": filters,
        "currency": settings.REPORTING_CURRENCY,
        "arr": figures.arr,
        "kept": figures.kept,
        "levels": figures.levels,
        "levels_chart": levels_chart(figures.levels),
        **_bridge(request, figures.movements),
        "by": by,
        "splits": SPLITS,
        "parts": [
            (part, name, key, _list_of(filters, by, key))
            for part, name, key in _named(filters, by, figures.parts)
        ],
        **cohorts_of(request, filters.scope, figures.cohorts, period),
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


def _bridge(request: HttpRequest, found: Movements | None) -> dict[str, Any]:
    if found is None:
        return {}
    bars = _bars(found.bridge)
    steps = [Step(bar.name, bar.amount, is_level=bar.is_level) for bar in bars if bar.amount or bar.is_level]
    chart = bridge_chart(steps, "From the ARR of the first day to that of the last; the table has the sums.")
    key = request.GET.get("bar", "")
    context: dict[str, Any] = {
        # The table beside it has every bar.
        "bridge": chart and replace(chart, rows=()),
        "bars": bars,
        "regained": found.regained,
    }
    if amounts := _amounts(found, key):
        named = Account.objects.in_bulk([account for account, _ in amounts[:ROWS]])
        context |= {
            "bar": next(bar.name for bar in bars if bar.key == key),
            "moved": [(named[account], amount) for account, amount in amounts[:ROWS] if account in named],
            "moved_count": len(amounts),
            "moved_total": sum((amount for _, amount in amounts), Decimal(0)),
        }
    return context


def _bars(bridge: Bridge) -> list[Bar]:
    moves = (bridge.new, bridge.reactivation, bridge.expansion, bridge.contraction, bridge.churn)
    named = zip(BARS.items(), moves, strict=True)
    return [
        Bar(BRIDGE["opening"], bridge.opening, "", is_level=True),
        *(Bar(name, amount, movement.value, is_level=False) for (movement, name), amount in named),
        Bar(BRIDGE[CURRENCY], bridge.currency, CURRENCY, is_level=False),
        Bar(BRIDGE["closing"], bridge.closing, "", is_level=True),
    ]


def _amounts(found: Movements, key: str) -> list[tuple[int, Decimal]]:
    """Return the customers behind a bar with what each adds to it, the largest first; none of no bar."""
    sums = (
        found.by_rates
        if key == CURRENCY
        else {
            account: sum((move.amount for move in moves if move.movement.value == key), Decimal(0))
            for account, moves in found.moves.items()
        }
    )
    return sorted(((key, amount) for key, amount in sums.items() if amount), key=lambda each: -abs(each[1]))


def _named(filters: Filters, by: str, parts: Sequence[Part]) -> Iterator[tuple[Part, str, str]]:
    """Yield each part with its name in words and in the address, '' where the page has no such filter."""
    field = next((field for field in filters.fields if field.name == by), None)
    for part in parts:
        group = part.group or UNSAID
        key, words, _ = next((said for said in _said(field) if group in said), ("", group, ""))
        yield part, words, key


def _said(field: Field | None) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each choice in the address, in words, and the address that people log in by."""
    for choice in field.choices if field else ():
        yield choice.key, choice.label, str(getattr(choice.value, "email", ""))


def _list_of(filters: Filters, by: str, key: str) -> str:
    """Return the address of the list of a part's accounts, '' where the list has no such filter."""
    narrowed = {each.name: each.chosen for each in filters.fields if each.chosen} | {by: key}
    return reverse("portfolio", query={**narrowed, "state": "all"}) if key else ""
