"""Totals, by slice and over all slices, are the sums of tallies, whatever becomes of the answers."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.audit import differences
from metrics.measures.cells import read_cells
from metrics.measures.scope import Scope
from metrics.models import SliceTotal, Tally, Total
from surveys.models import Response
from tests import factories as f

pytestmark = pytest.mark.django_db

NOW = f.NOON
LATER = NOW + timedelta(hours=1)
TODAY = NOW.date()


@pytest.fixture
def survey():
    """A survey answered in two segments, today, in this month and in months before."""
    survey = f.published_survey()
    for days, segment, nps in ((0, "A", 9), (0, "B", 9), (3, "A", 0), (40, "B", 10), (200, "A", 7)):
        f.respond(survey, {"nps": nps}, account=f.account(segment=segment), at=NOW - timedelta(days=days))
    absorb_responses(now=LATER)
    return survey


def from_tallies(start, end, segment=""):
    """What tallies say of the window (and of one segment), added up here, by value."""
    counts = {}
    for row in Tally.objects.filter(day__gte=start or date.min, day__lt=end).select_related("slice"):
        if segment in ("", row.slice.segment):
            counts[row.value] = counts.get(row.value, 0) + row.count
    return counts


def counted(cells):
    """How often each value was given."""
    counts = {}
    for cell in cells:
        counts[cell.value] = counts.get(cell.value, 0) + cell.total
    return counts


@pytest.mark.parametrize("first", [None, 0, 3, 22, 40, 45, 200, 365])
@pytest.mark.parametrize("last", [0, 10, 30])
def test_any_window_is_the_sum_of_its_months_and_of_the_days_at_its_edges(survey, first, last):
    start = None if first is None else TODAY - timedelta(days=first)
    end = TODAY + timedelta(days=1 - last)
    scope = Scope(viewer=f.user(is_superuser=True), today=TODAY, start=start, end=end)
    if start and start >= end:
        return
    expected = from_tallies(start, end)
    assert {cell.value: cell.total for cell in read_cells(scope, ("nps",))} == expected
    for by in (("month",), ("segment",), ("channel", "quarter")):
        assert counted(read_cells(scope, ("nps",), *by)) == expected
    of_a = replace(scope, attributes={"segment": "A"})
    assert counted(read_cells(of_a, ("nps",), "month")) == from_tallies(start, end, "A")


def test_they_follow_edits_and_deletions_and_leave_no_empty_rows(survey):
    edited = Response.objects.filter(answers={"nps": 10})
    edited.update(answers={"nps": 1}, revision=2, changed_at=LATER)
    Response.objects.filter(answers={"nps": 7}).delete()
    absorb_responses(now=LATER)
    scope = Scope(viewer=f.user(is_superuser=True), today=TODAY, start=None, end=TODAY + timedelta(days=1))
    assert {cell.value: cell.total for cell in read_cells(scope, ("nps",))} == {9: 2, 0: 1, 1: 1}
    assert {cell.group: cell.value for cell in read_cells(scope, ("nps",), "segment") if cell.value == 1}
    assert all(sum(row.counts) for kind in (Total, SliceTotal) for row in kind.objects.all())
    assert differences(now=LATER) == []


@pytest.mark.parametrize("kept", [Total, SliceTotal])
def test_the_audit_names_what_is_wrong_and_a_rebuild_makes_it_again(survey, kept):
    rows = kept.objects.order_by("is_month", "begins", "counts").values_list("begins", "counts")
    before = list(rows)
    of_today = kept.objects.filter(is_month=False, begins=TODAY)
    days = of_today.count()
    of_today.delete()
    month = kept.objects.filter(is_month=True).first()
    month.counts[5] = 3
    month.save()
    own = {"slice": survey.tallies.first().slice} if kept is SliceTotal else {}
    gone = {"question_key": "gone", "kind": "nps", "is_month": False, "begins": date(2020, 1, 1)}
    kept.objects.create(survey=survey, counts=[1], **gone, **own)
    found = differences(now=LATER)
    assert len(found) == days + 2
    assert all(sentence.startswith("slice total " if own else "total ") for sentence in found)
    rebuild_metrics()
    assert list(rows.all()) == before
    assert differences(now=LATER) == []
