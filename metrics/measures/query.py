"""The one way to ask for a metric: by its name, of a scope, split by a dimension or not.

API, pages and reports ask here, so that one question has one answer:

    scope = Scope(viewer=user, today=today, start=start, end=end, attributes={"segment": "SMB"})
    measure = ask("nps", scope)                     # value, n, interval, window, definition, as_of, notes
    for group, measure in ask_by("grr", scope, "owner"): ...
    comparison = compared("nps", scope, measure)    # comparisons: beside the window as long before
    found = receipt("nps", scope)                   # receipts: the rows behind it; found.page(None, 100)
    target = aim_of(scope, measure)                 # targets: what it is to be, and by when

The viewer decides what is seen: accounts by `visible_to`, revenue by permission (PermissionDenied). A value
of None cannot be known, and `notes` say why; never show it as 0. `METRICS[name].dimensions` are what it may
be narrowed and split by, `is_revenue` who may see it; anything else is NotAsked, in words for whoever asked.
`Scope.of_answers` and `Scope.of_revenue` are the usual twelve months. `replace(scope, ...)` narrows further.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import Min, Model

from accounts.models import Subscription, Team, User
from metrics.formulas.days import month_of, quarter_of
from metrics.measures import (
    lifetime,
    movements,
    outreach,
    reach,
    renewals,
    retention,
    sentiment,
    services,
    survival,
    viewpoints,
)
from metrics.measures.answers import Answers, read_answers
from metrics.measures.dimensions import (
    ALL,
    ANSWERED,
    ATTRIBUTES,
    COMPANY,
    OF_ACCOUNTS,
    OF_ANSWERS,
    PATHS,
    PERIODS,
)
from metrics.measures.health import healthy_accounts
from metrics.measures.measure import Measure
from metrics.measures.memory import CONTRACTS, remembered
from metrics.measures.replay import replayed
from metrics.measures.scope import Scope
from metrics.models import Score, Slice
from surveys.models import Programme, Survey

MAX_PARTS = 60
# Accounts are the one dimension of which there are many.
MAX_ACCOUNTS = 1_000
WINDOWS = {"month": month_of, "quarter": quarter_of}


class NotAsked(ValueError):
    """A metric is asked for by something that it does not know."""


class Part(NamedTuple):
    """The measure of one part: the first day of a period, or what those in it have in common."""

    group: str
    measure: Measure


class Metric(NamedTuple):
    """How a metric is asked, by what it may be narrowed and split, and whether it says amounts of money.

    `reads` are the tables from which alone it is worked out, where it is kept until one of them changes.
    """

    ask: Callable[[Scope], Measure]
    dimensions: frozenset[str]
    is_revenue: bool = False
    reads: tuple[type[Model], ...] = ()


def health(scope: Scope) -> Measure:
    """Return the accounts in green (0..100 percent) on the last day of the window."""
    return healthy_accounts(last_day_of(scope))


def last_day_of(scope: Scope) -> Scope:
    """Return the same question asked on the last day of the window, where that is over."""
    return replace(scope, today=min(scope.today, scope.end - timedelta(days=1)))


_SAID = frozenset({*PERIODS, *OF_ANSWERS})
_ASKED = _SAID - {*ANSWERED}
_KEPT = frozenset({*PERIODS, *OF_ACCOUNTS})

METRICS: Mapping[str, Metric] = {
    "nps": Metric(sentiment.nps, _SAID),
    "nps_clustered": Metric(viewpoints.clustered, _SAID),
    "nps_finite": Metric(viewpoints.finite, _SAID),
    "nps_accounts": Metric(viewpoints.mean_of_accounts, _SAID),
    "nps_revenue": Metric(viewpoints.revenue_weighted, _SAID, is_revenue=True),
    "nps_waterfall": Metric(viewpoints.waterfall, _SAID),
    "nps_weighted": Metric(viewpoints.weighted, _SAID),
    "csat": Metric(sentiment.csat, _SAID),
    "ces": Metric(sentiment.ces, _SAID),
    "response_rate": Metric(outreach.response_rate, _ASKED),
    "completion_rate": Metric(outreach.completion_rate, _SAID),
    "contact_coverage": Metric(reach.contact_coverage, _ASKED),
    "account_coverage": Metric(reach.account_coverage, _ASKED),
    "decision_maker_coverage": Metric(reach.decision_maker_coverage, _ASKED),
    "revenue_coverage": Metric(reach.revenue_coverage, _ASKED, is_revenue=True),
    "health": Metric(health, _KEPT),
    "arr": Metric(movements.arr, _KEPT, is_revenue=True, reads=CONTRACTS),
    "grr": Metric(retention.grr, _KEPT, is_revenue=True, reads=CONTRACTS),
    "nrr": Metric(retention.nrr, _KEPT, is_revenue=True, reads=CONTRACTS),
    "logo_churn": Metric(retention.logo_churn, _KEPT, is_revenue=True, reads=CONTRACTS),
    "renewal_rate": Metric(renewals.renewal_rate, _KEPT, is_revenue=True),
    "net_renewal_rate": Metric(renewals.net_renewal_rate, _KEPT, is_revenue=True),
    "logo_renewal_rate": Metric(renewals.logo_renewal_rate, _KEPT, is_revenue=True),
    "survival": Metric(survival.survival, _KEPT, is_revenue=True, reads=CONTRACTS),
    "clv": Metric(lifetime.clv, _KEPT, is_revenue=True, reads=CONTRACTS),
    "clv_sbg": Metric(lifetime.clv_sbg, _KEPT, is_revenue=True, reads=CONTRACTS),
    "services_margin": Metric(services.services_margin, _KEPT, is_revenue=True),
}
COUNTED = ("nps", "csat", "ces")


def ask(name: str, scope: Scope) -> Measure:
    """Return one metric of a scope, or raise NotAsked where the scope is none of its kind.

    With `known_on` it is what asking on that day said; raises NotClosed where nothing was kept by then.
    """
    with replayed(scope) as known:
        return _ask(name, known)


def _ask(name: str, scope: Scope) -> Measure:
    require_known(name, scope)
    metric = METRICS[name]
    if metric.reads:
        return remembered(metric.ask, scope, metric.reads)
    return metric.ask(scope)


def require_known(name: str, scope: Scope) -> None:
    """Raise NotAsked where a metric does not know by what a scope is narrowed, or was not kept then."""
    if unknown := sorted(scope.narrowings - METRICS[name].dimensions):
        raise NotAsked(f"{name} is not narrowed by {', '.join(unknown)}.")
    if scope.known_on and scope.without_flagged:
        raise NotAsked("What spoke against an answer on a past day is not kept.")


def ask_by(name: str, scope: Scope, by: str) -> list[Part]:
    """Return one metric of every part of a scope, or raise NotAsked.

    The parts of what was said add up to the whole: what has no segment is the part "". Periods are all there,
    answered or not, the first and the last cut to the window.
    """
    if by not in ALL:
        raise NotAsked(f"One of {', '.join(ALL)}.")
    if by not in METRICS[name].dimensions:
        raise NotAsked(f"{name} is not split by {by}.")
    with replayed(scope) as known:
        scopes = parts(known, by)
        if name in COUNTED and (by in PERIODS or by in PATHS) and not known.product:
            return _counted(name, known, by, scopes)
        for part in scopes.values():
            require_known(name, part)
        return [Part(group, METRICS[name].ask(part)) for group, part in scopes.items()]


def parts(scope: Scope, by: str) -> dict[str, Scope]:
    """Return the scope of every part that a dimension makes, in their order, or raise NotAsked."""
    found = dict(_periods(scope, by) if by in PERIODS else _narrowed(scope, by))
    if len(found) > (MAX_ACCOUNTS if by == "account" else MAX_PARTS):
        raise NotAsked(f"There are more than {MAX_PARTS} parts: narrow it down first.")
    return found


def _counted(name: str, scope: Scope, by: str, scopes: Mapping[str, Scope]) -> list[Part]:
    """Return a metric of counted answers by part, from one read of all answers."""
    answers = read_answers(scope, (name,), by).of(name)
    if by == "owner":
        # Of whom the viewer is not told counts as nobody.
        answers = answers.regrouped(lambda group: group if group in scopes else "")
    found = {str(group): each for group, each in answers.by("group").items() if group is not None}
    nothing = Answers([], {}, answers.hidden & {None})
    beside = _shrunk(scope) if (name, by) == ("nps", "account") else {}
    if by in PERIODS:
        groups = list(scopes)
    else:
        filled = {group for group, each in found.items() if each.cells or each.hidden}
        groups = sorted({*scopes, *filled})
    measures = (
        sentiment.measure_of(scopes.get(group, scope), found.get(group, nothing), name) for group in groups
    )
    return [
        Part(group, replace(measure, beside={**measure.beside, **beside.get(group, {})}))
        for group, measure in zip(groups, measures, strict=True)
    ]


def _shrunk(scope: Scope) -> dict[str, dict[str, float]]:
    """Return the score by which each account ranks, with its interval: few answers are not believed alone."""
    return {
        str(account): {"shrunk": each.nps, "shrunk_low": each.interval.low, "shrunk_high": each.interval.high}
        for account, each in viewpoints.shrunk_accounts(scope).items()
    }


def _periods(scope: Scope, by: str) -> Iterator[tuple[str, Scope]]:
    if scope.start is None:
        raise NotAsked("Periods need a first day.")
    period = WINDOWS[by](scope.start)
    while period.start < scope.end:
        yield (
            str(period.start),
            scope.between(max(period.start, scope.start), min(period.end, scope.end)),
        )
        period = WINDOWS[by](period.end)


def _narrowed(scope: Scope, by: str) -> Iterator[tuple[str, Scope]]:
    """Yield each value of a dimension among the accounts in question, and the scope narrowed to it."""
    accounts = scope.accounts
    if by in ATTRIBUTES:
        for value in _texts(accounts, by):
            yield value, replace(scope, attributes={**scope.attributes, by: value})
        return
    paid = Subscription.objects.filter(account__in=accounts, annual_value__gt=0).order_by()
    rows: Any
    if by in COMPANY:
        rows = ((value, value) for value in _texts(accounts, by))
    elif by == "product":
        rows = ((value, value) for value in _texts(paid, "product"))
    elif by == "cohort":
        firsts = paid.values_list("account").annotate(first=Min("starts_on"))
        rows = ((str(year), year) for year in sorted({first.year for _, first in firsts}))
    elif by in ANSWERED:
        slices: Any = Slice.objects.all()
        if not scope.viewer.sees_all_accounts:
            slices = slices.filter(pk__in=Score.objects.visible_to(scope.viewer).order_by().values("slice"))
        rows = ((value, value) for value in _texts(slices, by))
    elif by == "owner":
        owners = User.objects.visible_to(scope.viewer).filter(owned_accounts__in=accounts)
        owners = owners.distinct().order_by("email")
        rows = ((each.email, each) for each in owners)
    elif by == "team":
        rows = ((each.name, each) for each in Team.objects.filter(accounts__in=accounts).distinct())
    elif by == "account":
        rows = ((str(each.pk), each) for each in accounts.order_by("pk")[: MAX_ACCOUNTS + 1])
    else:
        named: Any = Programme if by == "programme" else Survey
        rows = ((each.slug, each) for each in named.objects.order_by("slug"))
    for label, value in rows:
        yield label, replace(scope, **{by: value})


def _texts(rows: Any, name: str) -> list[str]:
    return list(rows.exclude(**{name: ""}).order_by(name).values_list(name, flat=True).distinct())
