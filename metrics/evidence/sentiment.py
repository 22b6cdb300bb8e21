"""What the account's people said: relationship and transactional sentiment, its trend, and whom we heard."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from metrics.codebook import satisfaction_scales
from metrics.evidence.among import among
from metrics.evidence.finding import Finding, Findings, hundredths
from metrics.formulas.health_components import (
    LatestAnswer,
    Rules,
    relationship_sentiment,
    sentiment_trend,
    transactional_sentiment,
)
from metrics.measures.confidentiality import promising
from metrics.models import Score
from surveys.models import Programme

# Older answers weigh next to nothing: after six half-lives less than 2 percent of a fresh one.
RELATIONSHIP_DAYS = 1095
TRANSACTION_DAYS = 540
RECENT_DAYS, TREND_DAYS = 90, 365
HEARD_DAYS = 90


def relationship(accounts: Sequence[int], day: date, rules: Rules) -> Findings:
    """Return sentiment and trend from the likelihood answers given in relationship programmes.

    An answer without a contact is that of one more person. NPS of single events stays out: the two are
    never pooled (METRICS §1.1).
    """
    rows = (
        _scores(accounts, day, RELATIONSHIP_DAYS)
        .filter(kind="nps", value__range=(0, len(rules.sentiment) - 1))
        .filter(survey__programme__mode=Programme.Mode.RELATIONSHIP)
        .order_by("account_id", "day", "response_id", "question_key")
        .values_list("account_id", "contact_id", "response_id", "day", "value", "contact_role")
    )
    latest: dict[int, dict[tuple[str, int], LatestAnswer]] = defaultdict(dict)
    points: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for account, contact, response, on, value, role in rows.iterator():
        person = ("contact", contact) if contact else ("response", response)
        age = (day - on).days
        latest[account][person] = LatestAnswer(value, age, role)
        if age < TREND_DAYS:
            points[account][age >= RECENT_DAYS].append(rules.sentiment[value])
    return {
        "relationship_sentiment": {
            account: Finding(
                relationship_sentiment(answers.values(), rules), _who_said_what(answers.values(), day)
            )
            for account, answers in latest.items()
        },
        "sentiment_trend": {
            account: Finding(sentiment_trend(recent, earlier), _change(recent, earlier))
            for account, (recent, earlier) in points.items()
            if recent and earlier
        },
    }


def transactions(accounts: Sequence[int], day: date, rules: Rules) -> Findings:
    """Return sentiment from the satisfaction and effort answers of all programmes, each as index 0..100."""
    rows = list(
        _scores(accounts, day, TRANSACTION_DAYS)
        .filter(kind__in=("csat", "ces"))
        .order_by("account_id")
        .values_list("account_id", "survey_id", "question_key", "day", "value")
    )
    scales = satisfaction_scales({survey for _, survey, *_ in rows})
    indices: dict[int, list[tuple[float, float]]] = defaultdict(list)
    newest: dict[int, date] = {}
    for account, survey, question, on, value in rows:
        scale = scales.get((survey, question))
        if scale and scale.low <= value <= scale.high:
            indices[account].append((scale.index_of(value), (day - on).days))
            newest[account] = max(on, newest.get(account, on))
    return {
        "transactional_sentiment": {
            account: Finding(
                transactional_sentiment(pairs, rules),
                {"answers": len(pairs), "newest": newest[account].isoformat()},
            )
            for account, pairs in indices.items()
        }
    }


def heard_decision_makers(accounts: Sequence[int], day: date) -> set[int]:
    """Return the accounts of which a decision-maker gave a score in the last 90 days."""
    scores = _scores(accounts, day, HEARD_DAYS).filter(contact_role="decision_maker")
    return set(scores.values_list("account_id", flat=True).distinct())


def _scores(accounts: Sequence[int], day: date, days: int) -> QuerySet[Score, Any]:
    """Return the scores of the accounts in the days up to one, save those given in confidence.

    An account has few people: what health said after one of them answered would tell what that answer was.
    """
    rows = Score.objects.filter(among(accounts)).exclude(survey__in=promising(Q()))
    return rows.within(day - timedelta(days=days - 1), day + timedelta(days=1))


def _who_said_what(answers: Iterable[LatestAnswer], day: date) -> dict[str, object]:
    known = list(answers)
    newest = day - timedelta(days=min(int(answer.age_days) for answer in known))
    return {
        "people": len(known),
        "unhappy": sum(answer.value <= 6 for answer in known),
        "happy": sum(answer.value >= 9 for answer in known),
        "newest": newest.isoformat(),
    }


def _change(recent: Sequence[int], earlier: Sequence[int]) -> dict[str, object]:
    change = sum(recent) / len(recent) - sum(earlier) / len(earlier)
    return {"recent": len(recent), "earlier": len(earlier), "change": hundredths(change)}
