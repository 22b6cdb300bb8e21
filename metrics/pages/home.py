"""The home page of the admin: what the chief customer officer looks at first."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Account, Subscription, User, Viewer
from metrics.formulas.health import Band
from metrics.measures.answers import read_answers
from metrics.measures.exchange import rates_on
from metrics.measures.health import Standing, healthy_accounts, standings
from metrics.measures.lifetime import ASSUMPTIONS, clv
from metrics.measures.outreach import response_rate
from metrics.measures.renewals import Due, coming_renewals, renewal_rates
from metrics.measures.retention import revenue_retention
from metrics.measures.revenue import Arr, arr_on
from metrics.measures.scope import Scope
from metrics.measures.sentiment import by_programme, measure_of, trend
from metrics.measures.voices import newest_comments
from metrics.pages.charts import trend_chart
from surveys.models import Survey

WORST_FIRST = (Band.RED, Band.YELLOW, Band.GREY, Band.GREEN)
ROWS = 8
COMING_DAYS = 90


class AtRisk(NamedTuple):
    """One account that is unwell; its ARR where the viewer may see it."""

    account: Account
    standing: Standing
    arr: Decimal | None


class Coming(NamedTuple):
    """One account's next renewal beside its health, None where it has none."""

    account: Account
    due: Due
    standing: Standing | None


class Share(NamedTuple):
    """How many accounts renew soon in one band, and for how much a year; None where it cannot be known."""

    band: Band
    accounts: int
    value: Decimal | None


class Step(NamedTuple):
    """One thing without which there is nothing to show."""

    key: str
    is_done: bool


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the admin's index context with the numbers of the company, as far as the user may see them."""
    viewer, today = request.user, timezone.localdate()
    if not isinstance(viewer, User):
        raise TypeError("the home page is behind the login")
    said, paid = Scope.of_answers(viewer, today), Scope.of_revenue(viewer, today)
    answers = read_answers(said, ("nps", "csat", "ces"), by="month")
    found = standings(said)
    points = trend(said, answers, "nps", "month")
    context |= {
        "title": "Home",
        "today": today,
        "nps": measure_of(said, answers, "nps"),
        "csat": measure_of(said, answers, "csat"),
        "ces": measure_of(said, answers, "ces"),
        "response_rate": response_rate(said),
        "programmes": by_programme(said, answers, "nps"),
        "points": points,
        "chart": trend_chart(points, "NPS", "month"),
        "health": healthy_accounts(said, found),
        "voices": newest_comments(said, ROWS, unhappy_first=True),
    }
    arr = _revenue(context, paid, found) if viewer.sees_revenue else None
    context["at_risk"] = _at_risk(viewer, found, arr)
    context["steps"] = _steps(
        viewer, has_answers=bool(answers.cells), pays=arr is None or bool(arr.by_account)
    )
    return context


def _revenue(context: dict[str, Any], scope: Scope, found: Mapping[int, Standing]) -> Arr:
    """Add what only those who may see revenue are shown, and return today's ARR."""
    arr = arr_on(scope.today, scope.accounts, rates_on(scope.today))
    retention, renewals = revenue_retention(scope), renewal_rates(scope)
    due = coming_renewals(scope, COMING_DAYS)
    context |= {
        "arr": arr,
        "currency": settings.REPORTING_CURRENCY,
        "retention": retention,
        "renewals": renewals,
        "assumptions": ASSUMPTIONS,
        "clv": clv(scope, retained=retention.grr, arr=arr),
        "coming": _coming(scope.viewer, due, found),
        "coming_more": max(0, len(due) - ROWS),
        "coming_shares": _shares(due, found),
        "coming_days": COMING_DAYS,
    }
    return arr


def _at_risk(viewer: Viewer, found: Mapping[int, Standing], arr: Arr | None) -> list[AtRisk]:
    """Return the accounts in red, then in yellow: those that pay most first, or else the unhealthiest."""
    unwell = [each for each in found.values() if each.band in (Band.RED, Band.YELLOW)]

    def urgency(standing: Standing) -> tuple[int, Decimal, float]:
        paid = (arr.of(standing.account) or Decimal(0)) if arr else Decimal(0)
        return WORST_FIRST.index(standing.band), -paid, standing.score

    worst = sorted(unwell, key=urgency)[:ROWS]
    accounts = _named(viewer, [each.account for each in worst])
    return [
        AtRisk(accounts[each.account], each, arr.of(each.account) if arr else None)
        for each in worst
        if each.account in accounts
    ]


def _coming(viewer: Viewer, due: Sequence[Due], found: Mapping[int, Standing]) -> list[Coming]:
    """Return the first of the coming renewals, those of unwell accounts before the others."""

    def urgency(each: Due) -> tuple[int, date]:
        return WORST_FIRST.index(_band(found.get(each.account))), each.ends_on

    first = sorted(due, key=urgency)[:ROWS]
    accounts = _named(viewer, [each.account for each in first])
    return [
        Coming(accounts[each.account], each, found.get(each.account))
        for each in first
        if each.account in accounts
    ]


def _shares(due: Sequence[Due], found: Mapping[int, Standing]) -> list[Share]:
    shares = []
    for band in WORST_FIRST:
        values = {each for each in due if _band(found.get(each.account)) is band}
        amounts = [each.value for each in values]
        value = None if None in amounts else sum((amount for amount in amounts if amount), Decimal(0))
        shares.append(Share(band, len({each.account for each in values}), value))
    return shares


def _band(standing: Standing | None) -> Band:
    return standing.band if standing else Band.GREY


def _named(viewer: Viewer, accounts: Sequence[int]) -> dict[int, Account]:
    return Account.objects.visible_to(viewer).select_related("owner").in_bulk(accounts)


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
