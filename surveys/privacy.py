"""What a survey promises about names, and what of an answer's time it therefore keeps. Pure.

Identified answers carry their contact. Confidential ones carry the company where enough of its people were
asked, anonymous ones nothing; neither carries anything that leads back to an invitation.
"""

from datetime import datetime, timedelta, tzinfo
from typing import Any

from surveys.definition import PRIVACY, Question
from surveys.kinds import KINDS

IDENTIFIED, CONFIDENTIAL, ANONYMOUS = PRIVACY
# Shorter than the overlap in which metrics look for what was changed (metrics.actions.absorb).
CHANGED_WITHIN = timedelta(minutes=10)
# Kinds of question whose answer says who somebody is.
PERSONAL_KINDS = frozenset({"email"})
# Fewer answers given in confidence than these leave nowhere as rows (SECURITY T22).
LEAST_TOGETHER = 5


def is_masked(question: Question, *, sees_people: bool) -> bool:
    """Whether the answers to a question say who somebody is, to a reader who may not know."""
    return question.kind in PERSONAL_KINDS and not sees_people


def answer_read(question: Question, answer: Any, language: str, *, sees_people: bool) -> str:
    """Return an allowed answer as its reader may see it: an address is masked where people are hidden."""
    if is_masked(question, sees_people=sees_people):
        return masked(str(answer))
    return KINDS[question.kind].show(question, answer, language)


def masked(address: str) -> str:
    """Return an e-mail address of which nobody can be told: a•••@•••."""
    return f"{address[:1]}•••@•••"


def start_of_day(now: datetime, zone: tzinfo) -> datetime:
    """Return the instant at which the local day of `now` began."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)


def coarse(now: datetime) -> datetime:
    """Return the instant rounded down to ten minutes."""
    return now - timedelta(seconds=now.timestamp() % CHANGED_WITHIN.total_seconds())
