"""What is unusual lately: scores that drift, answers and invitations that stay away (METRICS §2.8)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Sum

from metrics.formulas.anomalies import BASELINE_DAYS, baseline, drifts, scarcity, silence, volume
from metrics.formulas.comparisons import holm
from metrics.formulas.disclosure import is_low
from metrics.formulas.intervals import two_sided_p
from metrics.measures.answers import question_settings
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.outreach import delivered_by_day
from metrics.measures.scope import Scope
from metrics.measures.sentiment import MEASURED
from metrics.models import Score, Tally

# The average forgets what is older, and the baseline must not hold what it is to judge.
WATCHED_DAYS = 56
RECENT_DAYS = 28
WEEK = timedelta(days=7)
LEAST_ANSWERS = 30
# The chance of one false alarm among all that was looked at on a day.
LEVEL = 0.01
DEFINITION = (
    f"Scores: a slow average of the last {WATCHED_DAYS} days against the {BASELINE_DAYS} days before them."
    " Volume: yesterday against the same weekdays and the last seven days against the weeks before. Every"
    " probability counts how many series were looked at."
)

Days = Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Unusual:
    """One series that was looked at: how it usually is, how it was lately, and how unlikely that is.

    `about` is score, answers or invitations; `over` the days compared. `p` (0..1) is the chance of something
    as far out on its own, `p_among_all` that among all the series looked at.
    """

    about: str
    survey: int
    question: str
    over: int
    usual: float
    recent: float
    p: float
    p_among_all: float = 1.0

    @property
    def is_alarm(self) -> bool:
        """Whether chance is a poor explanation."""
        return self.p_among_all < LEVEL

    @property
    def chance(self) -> str:
        """How likely it is among all that was looked at, in words: "1 in 350"."""
        return f"1 in {round(1 / self.p_among_all):,}" if self.p_among_all > 1e-6 else "below 1 in a million"

    @property
    def is_lower(self) -> bool:
        """Whether it is less than usual."""
        return self.recent < self.usual


class Watch(NamedTuple):
    """What is unusual, the least likely first, out of how many series that had enough to compare with."""

    alarms: Sequence[Unusual]
    tested: int


def unusual_lately(scope: Scope) -> Watch:
    """Return what was unusual up to yesterday; no scores of confidential surveys are looked at."""
    counts = list(_counts(scope, scope.today - timedelta(days=WATCHED_DAYS + BASELINE_DAYS)))
    promised = confidential_surveys(scope)
    told = [row for row in counts if row[1] not in promised]
    found = [*_scores(scope, told), *_volumes(scope, counts)]
    adjusted = holm([each.p for each in found])
    alarms = [replace(each, p_among_all=p) for each, p in zip(found, adjusted, strict=True)]
    return Watch(sorted((each for each in alarms if each.is_alarm), key=lambda each: each.p), len(found))


def _scores(scope: Scope, given: Sequence[Any]) -> Iterator[Unusual]:
    """Yield each scored question that has enough answers to compare with."""
    series: dict[tuple[int, str], dict[date, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    kinds: dict[tuple[int, str], str] = {}
    for kind, survey, key, day, value, total in given:
        series[survey, key][day][value] += total
        kinds[survey, key] = kind
    rules = question_settings(kinds)
    watched = scope.today - timedelta(days=WATCHED_DAYS)
    recent = scope.today - timedelta(days=RECENT_DAYS)
    for (survey, key), by_day in series.items():
        days = {
            day: _moments(kinds[survey, key], rules[survey, key], counts) for day, counts in by_day.items()
        }
        usual = baseline(sums for day, sums in days.items() if day < watched)
        before = sum(n for day, (_, _, n) in days.items() if day < watched)
        lately = [sums for day, sums in days.items() if day >= recent]
        said = sum(n for _, _, n in lately)
        if usual is None or before < LEAST_ANSWERS or is_low(said):
            continue
        axis = [watched + timedelta(days=number) for number in range(WATCHED_DAYS)]
        drift = drifts([days.get(day, (0.0, 0.0, 0))[::2] for day in axis], usual)[-1]
        mean = sum(total for total, _, _ in lately) / said
        unit = 100 if kinds[survey, key] == "nps" else 1
        yield Unusual("score", survey, key, RECENT_DAYS, unit * usual.mean, unit * mean, two_sided_p(drift))


def _moments(kind: str, rules: Mapping[str, Any], counts: Counter[int]) -> tuple[float, float, int]:
    """Return sum, sum of squares and number of a day's answers; NPS counts as -1, 0 and +1."""
    n = sum(counts.values())
    if kind != "nps":
        total = sum(value * count for value, count in counts.items())
        return total, sum(value * value * count for value, count in counts.items()), n
    down = sum(count for value, count in counts.items() if value <= rules["detractor_max"])
    up = sum(count for value, count in counts.items() if value > rules["passive_max"])
    return up - down, up + down, n


def _counts(scope: Scope, first: date) -> Any:
    rows: Any = Score.objects.filter(account__in=scope.accounts) if scope.is_by_account else Tally.objects
    total: Any = Count("pk") if scope.is_by_account else Sum("count")
    return (
        rows.filter(scope.surveys(), day__gte=first, day__lt=scope.today, kind__in=MEASURED, **scope.sliced)
        .values("kind", "survey", "question_key", "day", "value")
        .annotate(total=total)
        .values_list("kind", "survey", "question_key", "day", "value", "total")
    )


def _volumes(scope: Scope, given: Sequence[Any]) -> Iterator[Unusual]:
    """Yield answers and invitations of each survey, yesterday's and those of the last seven days."""
    first = scope.today - timedelta(days=BASELINE_DAYS + 7)
    for survey, answered in _answers(given, first).items():
        yield from _volume("answers", survey, answered, scope.today)
    for survey, sent in delivered_by_day(scope, first).items():
        yield from _volume("invitations", survey, sent, scope.today)


def _volume(about: str, survey: int, by_day: Days, today: date) -> Iterator[Unusual]:
    begun, yesterday = min(by_day), today - timedelta(days=1)
    history = [
        (begun + timedelta(days=number), by_day.get(begun + timedelta(days=number), 0))
        for number in range((yesterday - begun).days)
    ]
    usual = volume(history)
    if usual and len(history) >= 4 * 7:
        mean, count = usual.weekday_means[yesterday.weekday()], by_day.get(yesterday, 0)
        yield Unusual(about, survey, "", 1, mean, count, silence(usual, yesterday, count))
    weeks = []
    end = today
    while end - WEEK >= begun:
        weeks.append(sum(by_day.get(end - timedelta(days=back), 0) for back in range(1, 8)))
        end -= WEEK
    chance = scarcity(weeks[1:], weeks[0]) if weeks else None
    if chance is not None:
        yield Unusual(about, survey, "", 7, sum(weeks[1:]) / len(weeks[1:]), weeks[0], chance)


def _answers(given: Sequence[Any], first: date) -> dict[int, Counter[date]]:
    """Return how many answered the question that most answered, by survey and day."""
    by_question: dict[int, dict[str, Counter[date]]] = defaultdict(lambda: defaultdict(Counter))
    for _, survey, key, day, _, total in given:
        if day >= first:
            by_question[survey][key][day] += total
    return {survey: max(keys.values(), key=_total) for survey, keys in by_question.items()}


def _total(by_day: Counter[date]) -> int:
    return by_day.total()
