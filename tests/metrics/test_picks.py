"""What was picked how often, from tallies, against the same worked out from the answers by hand."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection

from accounts.models.people import OPERATOR
from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.audit import differences
from metrics.measures.crosstabs import cross_tab
from metrics.measures.picks import read_picks
from metrics.measures.samples import Sample, read_counts
from metrics.measures.scope import Scope
from metrics.measures.sides import Side, dimension
from metrics.models import PickTally
from surveys.versions import published_definition
from tests import factories as f

pytestmark = pytest.mark.django_db

CHOICES = [{"key": "tea", "text": "Tea"}, {"key": "milk", "text": "Milk"}]
OPEN = [*CHOICES, {"key": "else", "text": "Else", "is_other": True}]
ROWS = {"rows": [{"key": "speed", "text": "Speed"}, {"key": "price", "text": "Price"}]}
QUESTIONS = [
    f.NPS,
    {"key": "one", "kind": "single_choice", "text": "One?", "choices": OPEN},
    {"key": "many", "kind": "multiple_choice", "text": "Many?", "choices": CHOICES},
    {"key": "rank", "kind": "ranking", "text": "Rank?", "choices": CHOICES},
    {"key": "grid", "kind": "matrix", "text": "Grid?", "choices": CHOICES, "settings": ROWS},
    {"key": "sure", "kind": "yes_no", "text": "Sure?"},
    {"key": "may", "kind": "consent", "text": "May we?"},
    {"key": "count", "kind": "number", "text": "Count?"},
]
ASKED = ["one", "many", "rank", "grid.speed", "grid.price", "sure", "may"]
LATER = f.NOON + timedelta(hours=1)
# By hand: how often each pick of `one` was given in some days by some segment.
BY_HAND = """
SELECT CASE jsonb_typeof(answers -> 'one') WHEN 'object' THEN 'other' ELSE answers ->> 'one' END, count(*)
FROM surveys_response AS response LEFT JOIN accounts_account AS account ON account.id = response.account_id
WHERE answers ? 'one' AND NOT is_test AND coalesce(account.segment, '') = ANY(%s)
    AND coalesce(submitted_at, started_at) >= %s AND coalesce(submitted_at, started_at) < %s
    AND flags = coalesce(%s::varchar[], flags)
GROUP BY 1
"""
SEGMENTS = ["", "SMB", "Large"]


@pytest.fixture
def survey():
    survey = f.published_survey(QUESTIONS)
    accounts = [None, f.account(segment="SMB"), f.account(segment="Large")]
    for number in range(40):
        answers = {
            "nps": number % 11,
            "one": ("tea", "milk", {"other": "Words"})[number % 3],
            "many": (["tea"], ["tea", "milk"])[number % 2],
            "rank": (["tea", "milk"], ["milk", "tea"], ["milk"])[number % 3],
            "grid": ({"speed": "tea"}, {"speed": "milk", "price": "tea"})[number % 2],
            "sure": ("yes", "no")[number % 2],
            "count": number,
            **({"may": True} if number % 4 else {}),
        }
        at = f.NOON - timedelta(days=5 * number)
        whole = {} if number % 5 else {"submitted_at": None}
        f.respond(
            survey, answers, account=accounts[number // 3 % 3], at=at, flags=["fast"] * (number == 7), **whole
        )
    f.respond(survey, {"one": "tea"}, is_test=True)
    absorb_responses(now=LATER)
    return survey


def scope(survey, start=None, **rest):
    end = rest.pop("end", date(2026, 12, 1))
    return Scope(viewer=OPERATOR, today=date(2026, 12, 1), start=start, end=end, survey=survey, **rest)


def by_hand(segments, start, end, flags=None):
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND, [segments, start, end, flags])
        return dict(cursor.fetchall())


def of_one(counts):
    return {pick: count for (key, pick), count in counts.picked.items() if key == "one"}


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, date(2026, 12, 1)),
        (date(2026, 1, 10), date(2026, 6, 9)),
        (date(2026, 3, 1), date(2026, 5, 1)),
        (date(2026, 3, 1), date(2026, 3, 20)),
        (date(2026, 3, 5), date(2026, 3, 20)),
        (date(2025, 12, 31), date(2026, 3, 1)),
    ],
)
@pytest.mark.parametrize("segment", ["", "SMB"])
@pytest.mark.parametrize("flags", [None, []])
def test_tallies_say_what_the_answers_say(survey, start, end, segment, flags):
    narrowed = {"attributes": {"segment": segment}} if segment else {}
    asked = scope(survey, start, end=end, without_flagged=flags == [], **narrowed)
    tallied, counted = read_picks(asked), read_counts(Sample(scope=asked), ASKED, ["grid"])
    segments = [segment] if segment else SEGMENTS
    assert of_one(tallied) == by_hand(segments, start or "2000-01-01", end, flags)
    for name in ("responses", "complete", "flagged", "picked"):
        assert getattr(tallied, name) == getattr(counted, name), name
    assert {key: tallied.answered.get(key) for key in ASKED} == {k: counted.answered.get(k) for k in ASKED}
    ranks = [("rank", "tea"), ("rank", "milk")]
    assert [tallied.places.get(each) for each in ranks] == [counted.places.get(each) for each in ranks]


def test_edits_erasures_and_late_answers_are_counted_where_they_belong(survey):
    def now_and_again():
        absorb_responses(now=LATER, sweep=True)
        assert of_one(read_picks(scope(survey))) == by_hand(SEGMENTS, "2000-01-01", "2027-01-01")
        assert differences(now=LATER + timedelta(hours=1)) == []

    first, second, *_ = survey.responses.filter(is_test=False).order_by("pk")
    survey.responses.filter(pk=first.pk).update(answers={"one": "milk"}, revision=2, changed_at=LATER)
    now_and_again()
    second.delete()
    now_and_again()
    f.respond(survey, {"one": "milk"}, at=f.NOON - timedelta(days=300))
    now_and_again()
    survey.responses.filter(submitted_at__lt=f.NOON - timedelta(days=60)).delete()
    now_and_again()
    survey.responses.all().delete()
    now_and_again()
    assert not PickTally.objects.exists()


def test_an_empty_text_is_one_answer():
    survey = f.published_survey([f.NPS, f.WHY])
    f.respond(survey, {"nps": 9, "why": ""})
    absorb_responses(now=LATER)
    assert differences(now=LATER) == []


def test_a_rebuild_gives_the_same(survey):
    fields = ("survey", "is_month", "begins", "slice", "picks", "counts")
    before = sorted(PickTally.objects.values_list(*fields), key=str)
    PickTally.objects.filter(is_month=True).update(counts=[])
    PickTally.objects.filter(is_month=False).first().delete()
    rebuild_metrics()
    assert sorted(PickTally.objects.values_list(*fields), key=str) == before


@pytest.mark.parametrize("key", ["one", "grid.speed", "nps"])
def test_a_cross_tab_by_segment_counts_every_response(survey, key):
    questions = published_definition(survey.live_version_id).question_by_key
    side = Side(key, key, questions[key.split(".")[0]])
    table = cross_tab(Sample(scope=scope(survey)), side, dimension("segment"))
    expected = Counter()
    for answers, segment in survey.responses.filter(is_test=False).values_list("answers", "account__segment"):
        pick = answers["grid"]["speed"] if key == "grid.speed" else answers[key]
        expected[side.fold("other" if isinstance(pick, dict) else str(pick)), segment or ""] += 1
    labels = side.labels([])
    assert {
        (line.label, column): cell.count
        for line in table.lines
        for column, cell in zip(table.columns, line.cells, strict=True)
        if cell.count
    } == {(labels[pick], segment or "none given"): count for (pick, segment), count in expected.items()}
    assert (table.is_tallied, table.responses) == (True, 40)
