"""The table of cohorts on the page of revenue: what is left of those who began together, and of whom."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Account
from metrics.formulas.money import ZERO
from metrics.formulas.rounding import displayed
from metrics.measures.cohorts import DEFINITION, Cohort, Cohorts, Left, left_of
from metrics.measures.ledger import Ledger
from metrics.measures.memory import CONTRACTS, remembered
from metrics.measures.scope import Scope
from metrics.pages.charts import period_name

SHOWN = {"net": "Revenue, net", "gross": "Revenue, gross", "logos": "Customers"}
PERIODS = {"quarter": "by quarter", "year": "by year"}
# As dark as this share (percent) or better: the eye finds where customers go.
SHADES = (100, 95, 90, 80, 65)
ROWS = 50


class Shade(NamedTuple):
    """One cell of the table: a percentage, how dark it is from 0 to 5, and the address of its customers."""

    percent: float | None
    depth: int
    address: str = ""


class Row(NamedTuple):
    """One cohort: its name, customers, beginning and shaded cells, and the list of its accounts."""

    name: str
    cohort: Cohort
    cells: Sequence[Shade | None]
    query: str


class Customer(NamedTuple):
    """One customer of a cell that was opened: what it paid at first, and what of that the cell counts."""

    account: Account
    opening: Decimal
    left: Decimal


def cohorts_of(request: HttpRequest, scope: Scope, found: Cohorts, period: str) -> dict[str, Any]:
    """Return the table as the address asks for it, and the customers of the cell that it names."""
    show = one_of(request, "show", SHOWN)
    rows = [_row(request, cohort, found.steps, period, show) for cohort in found.rows]
    return {
        "cohorts": rows,
        "cohort_steps": range(found.steps),
        "cohort_period": period,
        "cohort_periods": PERIODS,
        "cohort_show": show,
        "cohort_shows": SHOWN,
        "cohort_notes": found.notes,
        "cohort_definition": DEFINITION,
        **_opened(request, scope, rows, period, show),
    }


def one_of(request: HttpRequest, name: str, choices: Iterable[str]) -> str:
    """Return which of the choices the address names, the first where it names none."""
    said, offered = request.GET.get(name, ""), [*choices]
    return said if said in offered else offered[0]


def _row(request: HttpRequest, cohort: Cohort, steps: int, period: str, show: str) -> Row:
    query = request.GET.copy()
    query["began"] = cohort.start.isoformat()
    query.pop("step", None)
    address = f"?{query.urlencode()}&step="
    cells = [
        _shade(getattr(cell, show), f"{address}{cell.step}#cohort" if cohort.opening is not None else "")
        for cell in cohort.cells
    ]
    by_year = reverse("portfolio", query={"cohort": str(cohort.start.year), "state": "all"})
    name = period_name(cohort.start, "quarter") if period == "quarter" else str(cohort.start.year)
    return Row(name, cohort, [*cells, *[None] * (steps - len(cells))], by_year if period == "year" else "")


def _shade(percent: float | None, address: str) -> Shade:
    if percent is None:
        return Shade(None, 0)
    # As people read it: where 100 stands, nothing has gone.
    shown = displayed(percent) or Decimal(0)
    return Shade(percent, sum(shown < edge for edge in SHADES), address)


def _opened(
    request: HttpRequest, scope: Scope, rows: Sequence[Row], period: str, show: str
) -> Mapping[str, Any]:
    """Return the customers of the cell that the address names, nothing where it names none."""
    began, step = request.GET.get("began", ""), request.GET.get("step", "0")
    if not began:
        return {}
    row = next((row for row in rows if row.cohort.start.isoformat() == began), None)
    cell = next((cell for number, cell in enumerate(row.cells if row else ()) if str(number) == step), None)
    if row is None or cell is None or not cell.address:
        return {"cohort_fault": "There is no such cell in the table: none is opened."}
    left = remembered(_left, scope, CONTRACTS, period, row.cohort.start, int(step))
    # Gross counts nobody above its beginning.
    counted = [each._replace(left=min(each.left, each.opening)) if show == "gross" else each for each in left]
    named = Account.objects.in_bulk([each.account for each in counted[:ROWS]])
    return {
        "opened": row,
        "opened_cell": cell,
        "opened_step": int(step),
        "opened_rows": [
            Customer(named[each.account], each.opening, each.left)
            for each in counted[:ROWS]
            if each.account in named
        ],
        "opened_count": len(counted),
        "opened_left": sum(each.left > 0 for each in counted),
        "opened_opening": sum((each.opening for each in counted), ZERO),
        "opened_total": sum((each.left for each in counted), ZERO),
    }


def _left(scope: Scope, period: str, start: date, step: int) -> list[Left]:
    return left_of(Ledger(scope), period, start, step)
