"""The home page of the admin: what the chief customer officer looks at first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain, islice
from operator import attrgetter
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest

from accounts.admin.visibility import user_of
from accounts.models import Account, Subscription, Viewer
from metrics.formulas.days import month_of
from metrics.formulas.health import Band
from metrics.formulas.money import ZERO, total_known
from metrics.measures.answers import Answers, read_each
from metrics.measures.comparisons import Comparison, between, former
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.health import Standing, healthy_accounts, healthy_on, standings
from metrics.measures.history import Books, Kept, books
from metrics.measures.lifetime import ASSUMPTIONS
from metrics.measures.measure import Measure, Point
from metrics.measures.portfolio import silent_accounts
from metrics.measures.query import last_day_of
from metrics.measures.renewals import Due
from metrics.measures.scope import Scope
from metrics.measures.sentiment import measure_of, trend
from metrics.measures.targets import Aim, aims_of
from metrics.measures.voices import newest_moods
from metrics.pages.charts import Chart, bars_chart, sparkline
from metrics.pages.filters import read_filters
from metrics.pages.panels import home_panels
from metrics.pages.windows import MONTHS
from metrics.pages.wording import CAPTIONS, name_of
from surveys.models import Response, Survey

WORST_FIRST = (Band.RED, Band.YELLOW, Band.GREY, Band.GREEN)
UNWELL = (Band.RED, Band.YELLOW)
# The two lists that stand side by side end at about one height: renewals have a chart and a table above them.
AT_RISK_SHOWN, SILENT_SHOWN, RENEWALS_SHOWN = 12, 8, 5
VOICES = 5
SOON, LATER = 90, 180
FILTERS = ("segment", "tier", "region", "team", "owner")


@dataclass(frozen=True, slots=True)
class Headline:
    """One number: its value, aim and change since the window before, and the way there as a chart."""

    measure: Measure
    points: Sequence[Point]
    by: str
    change: Comparison | None
    chart: Chart | None
    aim: Aim | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return name_of(self.measure.metric)

    @property
    def caption(self) -> str:
        """What the number is of."""
        return CAPTIONS[self.measure.metric]


class Row(NamedTuple):
    """One account beside its health; ARR and what ends next where the viewer may see them."""

    account: Account
    standing: Standing | None
    arr: Decimal | None = None
    due: Due | None = None


class Share(NamedTuple):
    """How many accounts of one band renew soon and somewhat later, and for how much a year."""

    band: Band
    accounts: tuple[int, int]
    values: tuple[Decimal | None, Decimal | None]


class Step(NamedTuple):
    """One thing without which there is nothing to show."""

    key: str
    is_done: bool


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the admin's index context with the numbers of the company, as far as the user may see them."""
    viewer = user_of(request)
    filters = read_filters(request, *FILTERS, default="12m", windows=MONTHS)
    scope = filters.scope
    confidential = confidential_surveys(scope)
    found = standings(scope)
    paid = books(scope) if viewer.sees_revenue else None
    kinds = ("nps", "csat", "ces")
    now, before = read_each([(scope, ("month",)), (former(scope), ())], kinds, confidential)
    headlines = [*_of_revenue(scope, paid), _of_health(scope, found), _of_answers(scope, now, before, "nps")]
    beside = [_of_answers(scope, now, before, kind) for kind in ("csat", "ces")]
    aims = aims_of(scope, [each.measure for each in (*headlines, *beside)])
    unhappy, happy = newest_moods(scope, VOICES, confidential, now.settings)
    arr = paid.arr if paid else None
    has_answers = bool(now.cells) or Response.objects.visible_to(viewer).counted().exists()
    steps = _steps(viewer, has_answers=has_answers, pays=arr is None or bool(arr.by_account))
    context |= {
        "title": "Home",
        "today": scope.today,
        "filters": filters,
        "headlines": [_aimed(each, aims) for each in headlines],
        "beside": [_aimed(each, aims) for each in beside],
        "health": healthy_accounts(scope, found),
        "is_past": scope.end <= scope.today,
        "assumptions": ASSUMPTIONS,
        "currency": settings.REPORTING_CURRENCY,
        "arr": arr,
        "unhappy": unhappy,
        "happy": happy,
        "steps": steps,
        "panels": home_panels(request, scope),
        "is_first_day": bool(steps) and not any(step.is_done for step in steps),
        **_lists(scope, found, paid),
    }
    return context


def _of_revenue(scope: Scope, paid: Books | None) -> list[Headline]:
    """Return retention, renewals and lifetime value, nothing for who may not see revenue."""
    if paid is None:
        return []
    trails = zip(*(_figures(kept) for kept in paid.history), strict=True)
    ends = [kept.window.end - timedelta(days=1) for kept in paid.history]
    return [
        _headline(trail[-1], [*map(Point, ends, trail)], "day", before)
        for trail, before in zip(trails, _figures(paid.former(scope)), strict=True)
    ]


def _figures(kept: Kept) -> tuple[Measure, ...]:
    return kept.retention.grr, kept.retention.nrr, kept.renewals.gross, kept.clv


def _of_health(scope: Scope, found: Mapping[int, Standing]) -> Headline:
    """Return the accounts in green on the window's last day, at the ends of months, and on its first known.

    What is found is how accounts are today.
    """
    assert scope.start is not None
    last = last_day_of(scope)
    now = healthy_accounts(last, found if last.today == scope.today else None)
    then = former(scope).end - timedelta(days=1)
    days = {then, *_month_ends(scope.start, last.today)}
    points = healthy_on(scope, days)
    shown = [point for point in points if point.measure.is_known]
    before = shown[0].measure if shown else points[0].measure
    return _headline(now, [*shown, Point(last.today, now)] if shown else [], "day", before)


def _of_answers(scope: Scope, now: Answers, before: Answers, kind: str) -> Headline:
    points = trend(scope, now, kind, "month")
    return _headline(measure_of(scope, now, kind), points, "month", measure_of(former(scope), before, kind))


def _headline(measure: Measure, points: Sequence[Point], by: str, before: Measure) -> Headline:
    change = between(measure, before) if measure.is_known else None
    return Headline(measure, points, by, change, sparkline(points, name_of(measure.metric), by))


def _aimed(headline: Headline, aims: Mapping[str, Aim]) -> Headline:
    return replace(headline, aim=aims.get(headline.measure.metric))


def _month_ends(start: date, today: date) -> list[date]:
    """Return the last day of every month from the start on that is over by today."""
    ends, month = [], month_of(start)
    while month.end <= today:
        ends.append(month.end - timedelta(days=1))
        month = month_of(month.end)
    return ends


def _lists(scope: Scope, found: Mapping[int, Standing], paid: Books | None) -> dict[str, Any]:
    """Return the accounts to look at: unwell, silent, and those that renew next, unwell ones first."""
    arr = paid.arr if paid else None
    known = _by_band(((key, key) for key in found), found)
    silent = list(silent_accounts(scope).values_list("pk", flat=True))
    due = _by_band(((each.account, each) for each in (paid.due if paid else ())), found)

    def urgency(key: int) -> tuple[Decimal, float]:
        """Those that pay most first, or else the unhealthiest."""
        standing = found.get(key)
        return -((arr.of(key) if arr else None) or ZERO), standing.score if standing else 0

    unwell = _worst([known[band] for band in UNWELL], urgency, AT_RISK_SHOWN)
    quiet = _worst(_by_band(((key, key) for key in silent), found).values(), urgency, SILENT_SHOWN)
    soonest = _worst(due.values(), attrgetter("ends_on"), RENEWALS_SHOWN)
    named = {*unwell, *quiet, *(each.account for each in soonest)}
    accounts = Account.objects.visible_to(scope.viewer).select_related("owner").in_bulk(named)

    def row(key: int, due: Due | None = None) -> Row:
        return Row(accounts[key], found.get(key), arr.of(key) if arr else None, due)

    lists: dict[str, Any] = {
        "at_risk": [row(key) for key in unwell if key in accounts],
        "silent": [row(key) for key in quiet if key in accounts],
        "silent_count": len(silent),
    }
    if paid is None:
        return lists
    shares = _shares(scope, due)
    return lists | {
        "silent_arr": paid.arr.among({*silent}).total,
        "risk": [(band, len(known[band]), paid.arr.among({*known[band]}).total) for band in UNWELL],
        "risk_notes": paid.arr.among({key for band in UNWELL for key in known[band]}).notes,
        "coming": [row(each.account, each) for each in soonest if each.account in accounts],
        "coming_count": len(paid.due),
        "shares": shares,
        "soon": SOON,
        "later": LATER,
        "coming_chart": _coming_chart(shares),
    }


def _by_band(rows: Iterable[tuple[int, Any]], found: Mapping[int, Standing]) -> dict[Band, list[Any]]:
    """Return what stands beside the number of an account by the band of the account, the worst first."""
    by_band: dict[Band, list[Any]] = {band: [] for band in WORST_FIRST}
    for account, row in rows:
        standing = found.get(account)
        by_band[standing.band if standing else Band.GREY].append(row)
    return by_band


def _worst(by_band: Iterable[Sequence[Any]], urgency: Callable[[Any], Any], most: int) -> list[Any]:
    """Return the first rows, one band after the other; no more bands are sorted than are shown."""
    in_order = chain.from_iterable(sorted(rows, key=urgency) for rows in by_band)
    return list(islice(in_order, most))


def _shares(scope: Scope, due: Mapping[Band, Sequence[Due]]) -> list[Share]:
    """Return what renews within 90 days and within 180, those within 90 included, by band."""
    shares = []
    for band, of_band in due.items():
        near = [each for each in of_band if each.ends_on < scope.today + timedelta(days=SOON)]
        counts = tuple(len({each.account for each in part}) for part in (near, of_band))
        values = tuple(total_known(each.value for each in part) for part in (near, of_band))
        shares.append(Share(band, (counts[0], counts[1]), (values[0], values[1])))
    return shares


def _coming_chart(shares: Sequence[Share]) -> Chart | None:
    """Return what renews by health as stacked bars, None where nothing does or an amount is unknown."""
    if not any(share.accounts[1] for share in shares) or any(None in share.values for share in shares):
        return None
    labels = [f"within {SOON} days", f"within {LATER} days"]
    series = {share.band.value: share.values for share in shares}
    words = "Yearly value of the contracts that end soon, by health; the table has the numbers."
    chart = bars_chart(labels, series, None, words, is_stacked=True)
    return Chart(chart.data, chart.options, chart.words)


def _steps(viewer: Viewer, *, has_answers: bool, pays: bool) -> list[Step]:
    """Return what a new company has done and has still to do, nothing once all is done."""
    if has_answers and pays:
        return []
    accounts = Account.objects.visible_to(viewer)
    steps = [Step("accounts", accounts.exists())]
    if viewer.sees_revenue:
        steps.append(Step("subscriptions", Subscription.objects.visible_to(viewer).exists()))
    steps += [Step("survey", Survey.objects.published().exists()), Step("answers", has_answers)]
    return [] if all(step.is_done for step in steps) else steps
