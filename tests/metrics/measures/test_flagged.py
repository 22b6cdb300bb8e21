"""Answers without what is flagged: all of them less the few, the same as counted one by one."""

from collections import Counter
from datetime import date, timedelta

import pytest

from accounts.models.people import OPERATOR
from metrics.actions.absorb import absorb_responses
from metrics.actions.closing import close_months
from metrics.measures.cells import read_cells
from metrics.measures.query import ask
from metrics.measures.scope import Scope
from metrics.models import Score
from tests import factories as f

pytestmark = pytest.mark.django_db

NOW = f.NOON


@pytest.mark.parametrize("start", [None, date(2026, 2, 10)])
@pytest.mark.parametrize("segment", ["", "SMB"])
@pytest.mark.parametrize("is_closed", [False, True])
def test_all_less_the_flagged_ones_are_the_others(start, segment, is_closed):
    survey, accounts = f.published_survey(), [f.account(segment="SMB"), f.account(), None]
    for number in range(60):
        f.respond(
            survey,
            {"nps": number % 11, "csat": 1 + number % 5},
            account=accounts[number % 3],
            at=NOW - timedelta(days=4 * number),
            flags=["fast"] * (number % 4 == 0),
        )
    absorb_responses(now=NOW)
    if is_closed:
        close_months(now=NOW)
    scope = Scope(
        viewer=OPERATOR,
        today=NOW.date(),
        start=start,
        end=NOW.date() + timedelta(days=1),
        survey=survey,
        without_flagged=True,
        attributes={"segment": segment} if segment else {},
    )
    one_by_one = Counter(
        Score.objects.filter(scope.days(), response__flags=[], **scope.sliced).values_list(
            "question_key", "value"
        )
    )
    counted = {(each.question_key, each.value): each.total for each in read_cells(scope, ("nps", "csat"))}
    assert counted == one_by_one
    assert ask("nps", scope).n == sum(count for (key, _), count in one_by_one.items() if key == "nps")
