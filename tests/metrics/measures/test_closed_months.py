"""What pages say of months is the same whether they are closed, behind or open."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models.people import OPERATOR
from metrics.actions.absorb import absorb_responses
from metrics.actions.closing import close_months
from metrics.measures.answers import read_answers
from metrics.measures.query import ask, ask_by
from metrics.measures.scope import Scope
from metrics.models import Close
from tests import factories as f

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SCOPE = Scope(viewer=OPERATOR, today=NOW.date(), start=date(2026, 1, 20), end=date(2026, 6, 16))


@pytest.fixture
def survey():
    """A survey with an answer every five days for half a year, counted and closed."""
    made = f.published_survey()
    for days in range(0, 180, 5):
        f.respond(made, {"nps": days % 11}, at=NOW - timedelta(days=days))
    absorb_responses(now=NOW)
    return made


def said():
    """What is said of the whole window and of its parts."""
    months = [(each.group, each.measure.value, each.measure.n) for each in ask_by("nps", SCOPE, "month")]
    whole = ask("nps", SCOPE)
    return (whole.value, whole.n, whole.interval), months


def test_a_total_is_the_same_whether_months_are_closed_or_not(survey):
    before = said()
    assert before[0][1] == 30
    close_months(now=NOW)
    assert said() == before


def test_a_late_answer_counts_at_once_and_its_close_is_behind_until_the_next(survey):
    close_months(now=NOW)
    n = ask("nps", SCOPE).n
    f.respond(survey, {"nps": 10}, at=datetime(2026, 3, 5, 12, tzinfo=UTC))
    absorb_responses(now=NOW)
    assert [each.month for each in Close.objects.filter(is_behind=True, until=None)] == [date(2026, 3, 1)]
    assert ask("nps", SCOPE).n == n + 1
    close_months(now=NOW + timedelta(days=1))
    assert not Close.objects.filter(is_behind=True, until=None).exists()
    assert ask("nps", SCOPE).n == n + 1


def test_a_deleted_answer_is_gone_at_once(survey):
    close_months(now=NOW)
    n = ask("nps", SCOPE).n
    survey.responses.order_by("submitted_at")[10].delete()
    absorb_responses(now=NOW)
    assert ask("nps", SCOPE).n == n - 1


def test_parts_of_what_was_said_add_up_over_days_and_months(survey):
    close_months(now=NOW)
    answers = read_answers(SCOPE, ("nps",), by="channel")
    assert len({(cell.survey, cell.value, cell.groups) for cell in answers.cells}) == len(answers.cells)
    assert sum(cell.total for cell in answers.cells) == 30
