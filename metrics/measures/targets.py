"""A number beside what it is to be: the nearest target ahead, and whether chance alone explains the gap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from accounts.models import User
from metrics.formulas.targets import Track, gap, progress, track
from metrics.measures.measure import Measure
from metrics.measures.query import METRICS
from metrics.measures.scope import Scope
from metrics.measures.together import Question, ask_each
from metrics.models import Target

LOWER_IS_BETTER = frozenset({"logo_churn"})
# Between what values a metric lies: percent of a whole where nothing else is said, None without an end.
PERCENT_OF_A_WHOLE = (0, 100)
ENDS: Mapping[str, tuple[int | None, int | None]] = {
    **{name: (-100, 100) for name in METRICS if name.startswith("nps")},
    **dict.fromkeys(("arr", "clv", "clv_sbg", "nrr", "net_renewal_rate"), (0, None)),
    "services_margin": (None, 100),
}
# What a target calls a part, and what a scope calls it.
DIMENSIONS: Mapping[str, str] = {
    "segment": "segment",
    "team": "team",
    "account_owner": "owner",
    "programme": "programme",
}


class Aim(NamedTuple):
    """A target, by when, and value less target in the unit; None while there is no value.

    `goal` is its number where the page of goals says the same gap, of the same days.
    """

    value: Decimal
    by: date
    gap: float | None
    is_within_interval: bool | None
    is_missed: bool = False
    goal: int | None = None


class Goal(NamedTuple):
    """A target beside the value now: gap, part of the way gone (percent) and how it stands."""

    target: Target
    measure: Measure
    aim: Aim
    progress: float | None
    track: Track


def ends_of(metric: str) -> tuple[int | None, int | None]:
    """Return the least and the greatest that a metric can be, in its unit; None without an end."""
    return ENDS.get(metric, PERCENT_OF_A_WHOLE)


def aim_of(scope: Scope, measure: Measure) -> Aim | None:
    """Return the nearest target of the company, or of the one part in question; None elsewhere or without.

    A gap inside the interval may be chance.
    """
    return aims_of(scope, [measure]).get(measure.metric)


def aims_of(scope: Scope, measures: Iterable[Measure]) -> dict[str, Aim]:
    """Return the aim of each measure of one scope that has one, by metric, in one query."""
    known = {measure.metric: measure for measure in measures}
    part = _part_of(scope)
    if part is None:
        return {}
    rows = Target.objects.of(**part).filter(metric__in=known).ahead_on(scope.today)
    nearest: dict[str, Target] = {}
    for target in rows:
        nearest.setdefault(target.metric, target)
    usual = Scope.of_answers(scope.viewer, scope.today)
    is_usual = (scope.start, scope.end) == (usual.start, usual.end)
    return {
        name: _aim(target, known[name])._replace(goal=target.pk if is_usual else None)
        for name, target in nearest.items()
    }


def goals(viewer: User, today: date) -> list[Goal]:
    """Return every target that the viewer may see beside the value of the last twelve months.

    The nearest first; their values are read together, in as many queries however many there are.
    """
    rows = Target.objects.visible_to(viewer).select_related(
        "team", "account_owner", "programme", "responsible"
    )
    targets = [
        target
        for target in rows.order_by("by", "metric", "pk")
        if target.metric in METRICS and (viewer.sees_revenue or not METRICS[target.metric].is_revenue)
    ]
    measures = measured_on(today, targets, viewer)
    return [_goal(target, measure, today) for target, measure in zip(targets, measures, strict=True)]


def measured_on(day: date, targets: Sequence[Target], viewer: User) -> list[Measure]:
    """Return the value of what each target is about in the twelve months up to a day, read together."""
    questions = [Question(target.metric, scope_of(target, viewer, day)) for target in targets]
    return ask_each(Scope.of_answers(viewer, day), questions)


def start_of(target: Target, viewer: User) -> Decimal | None:
    """Return where the metric of a target stood when it starts, None where nothing is known."""
    (measure,) = measured_on(target.starts_on, [target], viewer) if target.starts_on else (None,)
    return None if measure is None or measure.value is None else round(Decimal(measure.value), 2)


def _goal(target: Target, measure: Measure, today: date) -> Goal:
    start = (float(target.start), target.starts_on) if target.start is not None and target.starts_on else None
    value = None if measure.value is None else float(measure.value)
    return Goal(
        target,
        measure,
        _aim(target, measure),
        progress(value, start and start[0], float(target.value)),
        track(
            value,
            float(target.value),
            today=today,
            by=target.by,
            lower_is_better=target.metric in LOWER_IS_BETTER,
            start=start,
            interval=measure.interval,
        ),
    )


def scope_of(target: Target, viewer: User, today: date) -> Scope:
    """Return what a target is about: its part of the company in the last twelve months."""
    scope = Scope.of_answers(viewer, today)
    part = {DIMENSIONS[name]: value for name, value in target.part.items()}
    segment = part.pop("segment", "")
    return replace(scope, attributes={"segment": segment} if segment else {}, **part)


def _aim(target: Target, measure: Measure) -> Aim:
    value = None if measure.value is None else float(measure.value)
    found = gap(value, float(target.value), measure.interval)
    if found is None:
        return Aim(target.value, target.by, None, None)
    is_missed = found.points > 0 if target.metric in LOWER_IS_BETTER else found.points < 0
    return Aim(target.value, target.by, found.points, found.is_within_interval, is_missed)


def _part_of(scope: Scope) -> dict[str, Any] | None:
    """Return the part of the company that a scope is about as targets name it; None where it is none."""
    named = {dimension: name for name, dimension in DIMENSIONS.items()}
    narrowed = scope.narrowings
    is_of_none = scope.unsaid or "" in scope.attributes.values()
    if is_of_none or narrowed - set(named) or len(narrowed) > 1:
        return None
    if not scope.viewer.sees_all_accounts and not _is_own(scope):
        return None
    return {
        named[dimension]: scope.attributes["segment"] if dimension == "segment" else getattr(scope, dimension)
        for dimension in narrowed
    }


def _is_own(scope: Scope) -> bool:
    """Whether the scope is the viewer's own accounts, or those of one of their teams."""
    viewer = scope.viewer
    if not isinstance(viewer, User):
        return False
    return scope.owner == viewer or (
        scope.team is not None and viewer.teams.filter(pk=scope.team.pk).exists()
    )
