"""Totals over all slices are the sums of tallies, whatever becomes of the answers."""

from datetime import date, timedelta

import pytest

from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.audit import differences
from metrics.measures.cells import read_cells
from metrics.measures.scope import Scope
from metrics.models import Tally, Total
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


def from_tallies(start, end):
    """What tallies say of the window, added up here, by value."""
    counts = {}
    for row in Tally.objects.filter(day__gte=start or date.min, day__lt=end):
        counts[row.value] = counts.get(row.value, 0) + row.count
    return counts


@pytest.mark.parametrize("first", [None, 0, 3, 22, 40, 45, 200, 365])
@pytest.mark.parametrize("last", [0, 10, 30])
def test_any_window_is_the_sum_of_its_months_and_of_the_days_at_its_edges(survey, first, last):
    start = None if first is None else TODAY - timedelta(days=first)
    end = TODAY + timedelta(days=1 - last)
    scope = Scope(viewer=f.user(is_superuser=True), today=TODAY, start=start, end=end)
    if start and start >= end:
        return
    found = {cell.value: cell.total for cell in read_cells(scope, ("nps",))}
    assert found == from_tallies(start, end)
    months = {}
    for cell in read_cells(scope, ("nps",), "month"):
        months[cell.value] = months.get(cell.value, 0) + cell.total
    assert months == found


def test_they_follow_edits_and_deletions_and_leave_no_empty_rows(survey):
    edited = Response.objects.filter(answers={"nps": 10})
    edited.update(answers={"nps": 1}, revision=2, changed_at=LATER)
    Response.objects.filter(answers={"nps": 7}).delete()
    absorb_responses(now=LATER)
    scope = Scope(viewer=f.user(is_superuser=True), today=TODAY, start=None, end=TODAY + timedelta(days=1))
    assert {cell.value: cell.total for cell in read_cells(scope, ("nps",))} == {9: 2, 0: 1, 1: 1}
    assert all(sum(row.counts) for row in Total.objects.all())
    assert differences(now=LATER) == []


def test_the_audit_names_what_is_wrong_and_a_rebuild_makes_it_again(survey):
    before = list(Total.objects.order_by("is_month", "begins").values_list("begins", "counts"))
    Total.objects.filter(is_month=False, begins=TODAY).delete()
    month = Total.objects.filter(is_month=True).first()
    month.counts[5] = 3
    month.save()
    Total.objects.create(
        survey=survey, question_key="gone", kind="nps", is_month=False, begins=date(2020, 1, 1), counts=[1]
    )
    found = differences(now=LATER)
    assert len(found) == 3
    assert all(sentence.startswith("total ") for sentence in found)
    rebuild_metrics()
    assert list(Total.objects.order_by("is_month", "begins").values_list("begins", "counts")) == before
    assert differences(now=LATER) == []
