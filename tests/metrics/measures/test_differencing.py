"""Somebody asks everything there is to ask, and subtracts: still nobody comes out (SECURITY T22)."""

import random
from collections import Counter
from datetime import UTC, date, datetime
from itertools import combinations

import numpy as np
import pytest

from accounts.models import Team
from metrics.actions.absorb import absorb_responses
from metrics.measures.answers import read_answers
from metrics.measures.query import ask, ask_by
from metrics.measures.scope import Scope
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
MONTHS = [date(2026, month, 1) for month in range(1, 7)]
# The more questions, the surer a fingerprint says who is in a number: six of eleven points each.
QUESTIONS = [{**f.NPS, "key": f"nps{place}"} for place in range(6)]
LEAST = 5


@pytest.fixture(params=[1, 2, 3])
def chance(request):
    return random.Random(request.param)


@pytest.fixture
def survey(chance):
    """A confidential survey with few answers in most months and segments, and dimensions nearly alike."""
    survey = f.published_survey(QUESTIONS, privacy="confidential")
    owners = [f.user(email=f"owner{place}@example.com") for place in range(2)]
    teams = [Team.objects.create(name=f"Team {place}") for place in range(2)]
    accounts = [
        f.account(
            segment=("big", "small", "tiny")[place % 3],
            # But for one account the tier says what the segment says.
            tier=("gold", "silver", "bronze")[place % 3 if place else 1],
            region=("north", "south")[place % 2],
            country=("DE", "FR")[place == 4],
            owner=owners[place == 5],
            team=teams[place == 7],
        )
        for place in range(9)
    ]
    for _ in range(70):
        f.respond(
            survey,
            {question["key"]: chance.randint(0, 10) for question in QUESTIONS},
            account=chance.choice(accounts[: chance.randint(1, 9)]),
            language=chance.choice(["en", "en", "en", "de"]),
            channel=chance.choice(["link", "link", "qr"]),
            at=datetime(2026, chance.choice((1, 2, 2, 3, 4, 5)), chance.randint(1, 28), 12, tzinfo=UTC),
        )
    absorb_responses(now=f.NOON)
    return survey


@pytest.fixture
def everything(survey):
    """What an administrator is told of every window, narrowed and split by whatever there is."""
    viewer = f.user(is_superuser=True)
    account = survey.responses.first().account
    narrowings = [
        {},
        *({"attributes": {"segment": name}} for name in ("big", "small", "tiny")),
        *({"attributes": {"tier": name}} for name in ("gold", "silver", "bronze")),
        {"attributes": {"region": "north"}},
        {"attributes": {"segment": "big", "tier": "gold"}},
        {"country": "DE"},
        {"owner": account.owner},
        {"team": account.team},
        {"account": account},
        {"language": "en"},
        {"channel": "qr"},
        {"unsaid": frozenset({"segment"})},
        {"without_flagged": True},
    ]
    ways = [None, "segment", "tier", "region", "owner", "team", "account", "language", "channel", "month"]
    told = set()
    for start, end in [*combinations(MONTHS, 2), (None, MONTHS[-1]), (date(2026, 2, 9), date(2026, 4, 3))]:
        for narrowing in narrowings:
            scope = Scope(viewer=viewer, today=TODAY, survey=survey, start=start, end=end, **narrowing)
            for by in ways if not narrowing else [None, "month"]:
                groups = read_answers(scope, ("nps",), by).by("group")
                told |= {fingerprint(answers.cells) for answers in groups.values() if answers.cells}
    return np.array([*told])


def fingerprint(cells):
    """Say who was counted, as the points given to every question."""
    counts = Counter()
    for cell in cells:
        counts[cell.question_key, cell.value] += cell.total
    return tuple(counts[question["key"], value] for question in QUESTIONS for value in range(11))


def people(fingerprints):
    """Return of how many people the points of each are where they can be those of people, else 0."""
    points = fingerprints.reshape(-1, len(QUESTIONS), 11)
    totals = points.sum(axis=2)
    are_people = (points >= 0).all(axis=(1, 2)) & (totals == totals[:, :1]).all(axis=1)
    return np.where(are_people, totals[:, 0], 0)


def assert_nobody_is_alone(rests):
    counts = people(rests)
    assert not counts[(counts > 0) & (counts < LEAST)].size


def test_no_number_less_others_leaves_fewer_than_five(everything):
    assert len(everything) > 8, "there is something to subtract"
    assert people(everything).min() >= LEAST
    for one, other in combinations(everything, 2):
        assert_nobody_is_alone(np.array([one - other, other - one]))
        for rest in (
            everything - one - other,
            one + other - everything,
            everything + one - other,
            everything + other - one,
        ):
            assert_nobody_is_alone(rest)


def test_three_windows_do_not_leave_what_lies_between(survey):
    """Six months hold nine, one, nine: each window of enough, their difference the one in the middle."""
    survey = f.published_survey(QUESTIONS[:1], privacy="confidential")
    for month, count in ((1, 9), (2, 1), (3, 9)):
        for _ in range(count):
            f.respond(survey, {"nps0": 9}, at=datetime(2026, month, 9, tzinfo=UTC))
    absorb_responses(now=f.NOON)
    viewer = f.user(is_superuser=True)

    def n(first, last):
        days = {"start": date(2026, first, 1), "end": date(2026, last, 1)}
        return ask("nps", Scope(viewer=viewer, today=TODAY, survey=survey, **days)).n

    # February shows with March, as of March: together they are ten.
    assert {(a, b): n(a, b) for a, b in combinations((1, 2, 3, 4), 2)} == {
        (1, 2): 9,
        (1, 3): 9,
        (1, 4): 19,
        (2, 3): 0,
        (2, 4): 10,
        (3, 4): 10,
    }


def test_a_block_of_months_counts_to_its_last_one_and_the_parts_add_up():
    survey = f.published_survey(QUESTIONS[:1], privacy="confidential")
    for month, count in ((1, 3), (2, 3), (3, 6), (4, 2)):
        for _ in range(count):
            f.respond(survey, {"nps0": 9}, at=datetime(2026, month, 9, tzinfo=UTC))
    absorb_responses(now=f.NOON)
    days = {"start": date(2026, 1, 1), "end": date(2026, 5, 1)}
    scope = Scope(viewer=f.user(is_superuser=True), today=TODAY, survey=survey, **days)
    parts = {part.group: part.measure for part in ask_by("nps", scope, "month")}
    assert {group: measure.n for group, measure in parts.items()} == {
        "2026-01-01": 0,
        "2026-02-01": 6,
        "2026-03-01": 6,
        "2026-04-01": 0,
    }
    assert ask("nps", scope).n == 12
    assert all("confidential" in " ".join(measure.notes) for measure in parts.values()), "two wait"


def test_who_sees_some_accounts_is_told_nothing_and_why(survey):
    account = survey.responses.first().account
    viewer = account.owner
    viewer.team = account.team
    viewer.save()
    days = {"start": MONTHS[0], "end": MONTHS[-1]}
    measure = ask("nps", Scope(viewer=viewer, today=TODAY, survey=survey, **days))
    assert (measure.value, measure.n) == (None, 0)
    assert "confidential" in " ".join(measure.notes)


def test_as_many_queries_for_many_as_for_few(survey, django_assert_num_queries):
    days = {"start": MONTHS[0], "end": MONTHS[-1]}
    scope = Scope(viewer=f.user(is_superuser=True), today=TODAY, survey=survey, **days)
    for by, queries in ((None, 5), ("segment", 4), ("month", 5)):
        with django_assert_num_queries(queries):
            read_answers(scope, ("nps",), by)
