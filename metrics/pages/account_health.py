"""The health on the page of an account: its parts, what moved it, and a person's word on it."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from metrics.formulas.health import CUTOFFS, Band
from metrics.formulas.scorecards import from_json
from metrics.measures.explanation import explained
from metrics.measures.health import health_trend
from metrics.measures.moves import TREND_DAYS, moved_in, snapshots, trend_in
from metrics.measures.scope import Scope
from metrics.models import HealthOverride
from metrics.pages.charts import level_chart
from metrics.pages.forms import OverrideForm
from metrics.pages.windows import EARLIEST
from metrics.templatetags.figures import day, number

HEALTH_DAYS = 180
SINCE = (7, TREND_DAYS, 90, 365)
ARROWS = {"up": "north_east", "flat": "east", "down": "south_east"}


def health_of(
    request: HttpRequest, scope: Scope, *, has_overrides: bool, form: OverrideForm | None = None
) -> dict[str, Any]:
    """Return what the page of the account in question shows of its health, and of an override refused."""
    account, today = scope.account, scope.today
    assert account is not None
    since = _day(request.GET.get("since", ""), today) or today - timedelta(days=TREND_DAYS)
    on = _day(request.GET.get("on", ""), today) or today
    known = snapshots(account, since, today, on)
    health, then = known.now, known.on
    levels = health_trend(scope.between(today - timedelta(days=HEALTH_DAYS), scope.end))
    cutoffs = from_json(then.scorecard.weights, then.scorecard.rules).cutoffs if then else CUTOFFS
    trend, with_revenue = trend_in(known), scope.viewer.sees_revenue
    rows = HealthOverride.objects.filter(account=account).select_related("author", "withdrawn_by")
    overrides = list(rows) if has_overrides else []
    return {
        "health": health,
        "explanation": health and explained(health, with_revenue=with_revenue),
        "on": on,
        "scored": then,
        "parts": then and explained(then, with_revenue=with_revenue),
        "cutoffs": cutoffs,
        "least_known": 100 * cutoffs.least_confidence,
        "trend": trend,
        "trend_arrow": trend and ARROWS[trend],
        "moved": moved_in(known, with_revenue=with_revenue),
        "since": since,
        "since_choices": [(days, today - timedelta(days=days)) for days in SINCE],
        "override": next((each for each in overrides if each.starts_on <= today < each.ends_on), None),
        "overrides": overrides,
        "override_form": form or OverrideForm(today),
        "health_rows": _rows(reversed(levels)),
        "health_chart": level_chart([(on, score) for on, score, _ in levels], "Health"),
    }


def _rows(levels: Iterable[tuple[date, float, Band]]) -> SafeString:
    """Return the rows of the table beside the chart: as a template they took a sixth of the whole page."""
    row = '<tr><th scope="row">{}</th><td class="num"><a href="?on={}#health">{}</a></td><td>{}</td></tr>\n'
    shown = ((day(on), on.isoformat(), number(score, 1), band) for on, score, band in levels)
    return format_html_join("", row, shown)


def _day(text: str, today: date) -> date | None:
    """Return the day that the address names, today at the latest; None where it names none."""
    try:
        return max(EARLIEST, min(date.fromisoformat(text), today))
    except ValueError:
        return None
