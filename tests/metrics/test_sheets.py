"""What is counted from sheets is what the scores of the accounts in question say, one by one."""

from collections import Counter
from datetime import date, timedelta

import pytest

from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.audit import differences
from metrics.measures.cells import read_cells
from metrics.measures.scope import Scope
from metrics.models import Score, ScoreSheet
from tests import factories as f

pytestmark = pytest.mark.django_db

NOW = f.NOON
LATER = NOW + timedelta(hours=1)
TODAY = NOW.date()
QUESTIONS = [
    {"key": "nps", "kind": "nps", "text": "Would you?"},
    {"key": "support", "kind": "csat", "text": "Are you?"},
]


@pytest.fixture
def company():
    """Two surveys answered for accounts of two industries, owners and segments, and by nobody's account."""
    owner = f.user()
    accounts = [
        f.account(industry="Retail", segment="Large"),
        f.account(industry="Retail", segment="Small", owner=owner),
        f.account(industry="Energy", segment="Small", country="DE", owner=owner),
        None,
    ]
    for number, survey in enumerate((f.published_survey(QUESTIONS), f.published_survey(QUESTIONS))):
        for days in range(0, 120, 7):
            for place, account in enumerate(accounts):
                answers = {"nps": (days + place) % 11, "support": 1 + (days + number) % 5}
                f.respond(
                    survey,
                    answers if place else {"nps": 10},
                    account=account,
                    channel=("email", "link")[days % 2],
                    at=NOW - timedelta(days=days),
                )
    absorb_responses(now=LATER)
    return owner


def of_cells(cells):
    """How often which value was given to which question, by group."""
    return Counter({(cell.survey, cell.question_key, cell.value, cell.groups): cell.total for cell in cells})


def of_scores(scope, group, accounts):
    """The same, of scores one by one."""
    rows = Score.objects.filter(day__lt=scope.end, kind__in=("nps", "csat")).select_related("slice", "survey")
    return Counter(
        (row.survey_id, row.question_key, row.value, group(row))
        for row in rows
        if row.day >= scope.start
        and accounts(row.account)
        and all(getattr(row.slice, name) == value for name, value in scope.attributes.items())
    )


GROUPS = {
    (): lambda row: (),
    ("month",): lambda row: (row.day.replace(day=1),),
    ("quarter", "segment"): lambda row: (
        date(row.day.year, 3 * ((row.day.month - 1) // 3) + 1, 1),
        row.slice.segment,
    ),
    ("channel", "survey", "month"): lambda row: (
        row.slice.channel,
        row.survey.slug,
        row.day.replace(day=1),
    ),
}
ASKED = {
    "an industry": ({"industry": "Retail"}, lambda account: account and account.industry == "Retail"),
    "a country": ({"country": "DE"}, lambda account: account and account.country == "DE"),
    "nothing said of it": ({"unsaid": frozenset({"country"})}, lambda a: not a or not a.country),
    "no such": ({"industry": "Mining"}, lambda account: False),
    **{
        f"a {segment} segment too": (
            {"industry": "Retail", "attributes": {"segment": segment}},
            lambda account: account and account.industry == "Retail",
        )
        for segment in ("Small", "Large", "gone")
    },
}


@pytest.mark.parametrize("by", GROUPS, ids=str)
@pytest.mark.parametrize("asked", ASKED)
def test_they_say_what_scores_say(company, by, asked, django_assert_max_num_queries):
    narrowed, is_asked = ASKED[asked]
    start, end = TODAY - timedelta(days=80), TODAY + timedelta(days=1)
    scope = Scope(viewer=f.user(is_superuser=True), today=TODAY, start=start, end=end, **narrowed)
    with django_assert_max_num_queries(3) as queries:
        found = of_cells(read_cells(scope, ("nps", "csat"), *by))
    assert any("metrics_scoresheet" in each["sql"] for each in queries)
    assert found == of_scores(scope, GROUPS[by], is_asked)


def test_who_sees_some_accounts_is_answered_from_them(company):
    start, end = TODAY - timedelta(days=80), TODAY + timedelta(days=1)
    scope = Scope(viewer=company, today=TODAY, start=start, end=end)
    found = of_cells(read_cells(scope, ("nps", "csat"), "month"))
    assert found
    assert found == of_scores(
        scope, GROUPS["month",], lambda account: account and account.owner_id == company.pk
    )


def test_they_follow_edits_and_deletions_and_a_rebuild_makes_them_again(company):
    edited, deleted = Score.objects.filter(kind="csat").order_by("pk")[:2]
    edited.response.answers["support"] = 1 + edited.value % 5
    edited.response.revision += 1
    edited.response.changed_at = LATER
    edited.response.save()
    deleted.response.delete()
    absorb_responses(now=LATER)
    assert differences(now=LATER) == []
    ScoreSheet.objects.filter(day=TODAY).delete()
    assert len(differences(now=LATER)) == 4
    rebuild_metrics()
    assert differences(now=LATER) == []
