"""The components of a health score: each turns what is known of an account into a score and its freshness.

A score is 0..100, a freshness 0..1. What is not known is UNKNOWN: no score and no freshness, never a bad
score. Weights and neutral values belong to the scorecard, the defaults stand in METRICS 5.2.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from metrics.formulas.decay import remaining
from metrics.formulas.money import require_money


class Measure(NamedTuple):
    """What one component says: score 0..100, or None when unknown, and freshness 0..1."""

    score: float | None
    freshness: float


class LatestAnswer(NamedTuple):
    """A contact's latest answer to the likelihood question (0..10), how old it is and the contact's role."""

    value: int
    age_days: float
    role: str = ""


# Corners of a piecewise-linear map: (measure, score), flat beyond its ends.
Corners = Sequence[tuple[float, float]]

UNKNOWN = Measure(None, 0.0)

# Points of sentiment for each answer 0..10.
SENTIMENT = (0, 5, 10, 15, 20, 30, 40, 60, 70, 90, 100)
RELATIONSHIP_HALF_LIFE = 180.0
TRANSACTION_HALF_LIFE = 90.0
IMPORT_HALF_LIFE = 14.0
# An import that comes weekly is never stale.
IMPORT_GRACE_DAYS = 7.0
# How many invitations' worth of belief the portfolio's response rate gets.
RESPONSE_PRIOR = 2.0

# Corners (METRICS 5.2): share of sold seats that are active, and activity of the last 28 days per day against
# the 84 before.
SEATS: Corners = ((0.0, 0.0), (0.25, 30.0), (0.5, 60.0), (0.8, 90.0), (1.0, 100.0))
ACTIVITY: Corners = ((0.0, 0.0), (0.5, 25.0), (1.0, 60.0), (1.25, 85.0), (1.5, 100.0))
SEATS_SHARE = 0.6
# Weighted tickets per 100 seats in the last 28 days, and days that the oldest urgent ticket has been open.
TICKETS: Corners = ((0.0, 100.0), (5.0, 75.0), (15.0, 40.0), (30.0, 0.0))
URGENT_AGE: Corners = ((0.0, 75.0), (3.0, 40.0), (10.0, 0.0))


class Rules(NamedTuple):
    """How a scorecard has things measured: half-lives in days, maps to 0..100, weights of roles."""

    relationship_half_life: float = RELATIONSHIP_HALF_LIFE
    transaction_half_life: float = TRANSACTION_HALF_LIFE
    import_half_life: float = IMPORT_HALF_LIFE
    sentiment: Sequence[int] = SENTIMENT
    seats: Corners = SEATS
    activity: Corners = ACTIVITY
    tickets: Corners = TICKETS
    urgent_age: Corners = URGENT_AGE
    role_weights: Mapping[str, float] = MappingProxyType({})


RULES = Rules()


def relationship_sentiment(answers: Iterable[LatestAnswer], rules: Rules = RULES) -> Measure:
    """Return the sentiment of the latest answer of each contact, weighted by role and age.

    One fresh answer carries half the component's weight (n / (n + 1)) and fades; roles weigh 1 by default.
    """
    weighted = weight = fresh = 0.0
    for answer in answers:
        if not 0 <= answer.value < len(rules.sentiment):
            raise ValueError(f"{answer.value} lies outside the scale 0..10")
        left = remaining(answer.age_days, rules.relationship_half_life)
        share = rules.role_weights.get(answer.role, 1.0) * left
        weighted += share * rules.sentiment[answer.value]
        weight += share
        fresh += left
    # A mean of 100s can come out a rounding error above.
    return Measure(_clipped(weighted / weight), _saturation(fresh)) if weight else UNKNOWN


def transactional_sentiment(indices: Iterable[tuple[float, float]], rules: Rules = RULES) -> Measure:
    """Return the age-weighted mean of (satisfaction or ease index 0..100, age in days)."""
    weighted = weight = 0.0
    for index, age_days in indices:
        left = remaining(age_days, rules.transaction_half_life)
        weighted += left * index
        weight += left
    return Measure(_clipped(weighted / weight), _saturation(weight)) if weight else UNKNOWN


def sentiment_trend(recent: Sequence[float], earlier: Sequence[float]) -> Measure:
    """Return 50 and 50 / 30 for each point by which the last 90 days beat days 91 to 365.

    Both are sentiment points (0..100) of single answers; unknown unless both periods have some.
    """
    if not recent or not earlier:
        return UNKNOWN
    change = sum(recent) / len(recent) - sum(earlier) / len(earlier)
    pairs = len(recent) * len(earlier) / (len(recent) + len(earlier))
    return Measure(_clipped(50 + change * 50 / 30), _saturation(pairs))


def response_behaviour(
    *, delivered: int, answered: int, portfolio_rate: float | None, decision_maker_fell_silent: bool
) -> Measure:
    """Return 50 x the account's shrunk response rate over the portfolio's, at most 100.

    20 less when a decision-maker who used to answer missed the last two delivered invitations. An account
    that was never asked in 365 days is unknown, not silent.
    """
    if not 0 <= answered <= delivered:
        raise ValueError(f"{answered} of {delivered} invitations cannot have been answered")
    if not delivered or not portfolio_rate:
        return UNKNOWN
    rate = (answered + RESPONSE_PRIOR * portfolio_rate) / (delivered + RESPONSE_PRIOR)
    score = min(100.0, 50 * rate / portfolio_rate) - (20 if decision_maker_fell_silent else 0)
    return Measure(_clipped(score), delivered / (delivered + 2))


def follow_up(days_past_due: Iterable[float]) -> Measure:
    """Return 100 less 20 for each open detractor case and 2 for each day past its due date, 40 at most each.

    A case that is not yet due counts with 0 days. Without open cases all is well, and that is known.
    """
    lost = sum(min(40.0, 20 + 2 * max(0.0, days)) for days in days_past_due)
    return Measure(_clipped(100 - lost), 1.0)


def follow_up_load(*, open_cases: float, late_days: float, age_days: float, rules: Rules = RULES) -> Measure:
    """Return `follow_up` from its sums: the cases that are open, and the days they are past due together.

    A case's lateness counts for ten days at most, as its points do. What was imported long ago fades.
    """
    cases = max(0.0, open_cases)
    lost = 20 * cases + 2 * min(10 * cases, max(0.0, late_days))
    return Measure(_clipped(100 - lost), import_freshness(age_days, rules))


def revenue_movement(before: Decimal, after: Decimal, tenure_months: float) -> Measure:
    """Return 60 and 2 points per percent of ARR lost, 1.33 per percent gained, over 12 months.

    Both in one currency at one rate. Unknown without revenue at the start; a young account counts in part.
    """
    require_money(before, after)
    if before <= 0:
        return UNKNOWN
    change = float((after - before) / before)
    score = 60 + (200 if change < 0 else 133) * change
    return Measure(_clipped(score), min(1.0, max(0.0, tenure_months) / 12))


def renewal_readiness(
    days_to_end: int | None, checks: Mapping[str, bool], *, has_notice: bool = False
) -> Measure:
    """Return 100 x (1 - p x q): p rises from 0 to 1 between 180 and 30 days before the term's end.

    q is the share of failed checks: nearness alone is not bad. 0 once the term has run out unrenewed, and
    once notice was given, however far its end; unknown without an end or without checks.
    """
    if days_to_end is None:
        return UNKNOWN
    if days_to_end < 0 or has_notice:
        return Measure(0.0, 1.0)
    if not checks:
        return UNKNOWN
    nearness = min(1.0, max(0.0, (180 - days_to_end) / 150))
    failed = sum(not passed for passed in checks.values()) / len(checks)
    return Measure(100 * (1 - nearness * failed), 1.0)


def product_usage(
    *, active_seat_share: float | None, activity_ratio: float | None, age_days: float, rules: Rules = RULES
) -> Measure:
    """Return the imported usage: 60 percent seats active of seats sold, 40 percent recent activity.

    activity_ratio is the last 28 days per day over the 84 days before. Half the evidence is worth its share
    of freshness; what is older than a week fades with a half-life of 14 days.
    """
    weighted = weight = 0.0
    if active_seat_share is not None:
        weighted += SEATS_SHARE * interpolated(rules.seats, active_seat_share)
        weight += SEATS_SHARE
    if activity_ratio is not None:
        weighted += (1 - SEATS_SHARE) * interpolated(rules.activity, activity_ratio)
        weight += 1 - SEATS_SHARE
    if not weight:
        return UNKNOWN
    return Measure(_clipped(weighted / weight), weight * import_freshness(age_days, rules))


def support_load(
    *,
    tickets_per_100_seats: float | None,
    oldest_urgent_days: float | None,
    age_days: float,
    rules: Rules = RULES,
) -> Measure:
    """Return the imported support load: the worse of weighted tickets per 100 seats and the oldest P1's age.

    Without a ticket rate nothing is known; without an urgent ticket only the rate counts.
    """
    if tickets_per_100_seats is None:
        return UNKNOWN
    score = interpolated(rules.tickets, tickets_per_100_seats)
    if oldest_urgent_days is not None:
        score = min(score, interpolated(rules.urgent_age, oldest_urgent_days))
    return Measure(score, import_freshness(age_days, rules))


def interpolated(corners: Corners, measure: float) -> float:
    """Return the score at a measure on a piecewise-linear map, flat beyond its ends."""
    if measure <= corners[0][0]:
        return corners[0][1]
    for (x0, y0), (x1, y1) in pairwise(corners):
        if measure <= x1:
            return y0 + (y1 - y0) * (measure - x0) / (x1 - x0)
    return corners[-1][1]


def import_freshness(age_days: float, rules: Rules = RULES) -> float:
    """Return how fresh (0..1) an import is: wholly for a week, then fading by its half-life."""
    return remaining(max(0.0, age_days - IMPORT_GRACE_DAYS), rules.import_half_life)


def _saturation(evidence: float) -> float:
    return evidence / (evidence + 1)


def _clipped(score: float) -> float:
    return min(100.0, max(0.0, score))
