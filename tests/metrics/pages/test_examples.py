"""Worked examples: who works the formula again with the numbers as printed gets the result as printed."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from config.demo.seeding import seed_company
from metrics.formulas.retention import Retention
from metrics.measures.measure import Days, Measure, Unit
from metrics.measures.query import METRICS
from metrics.measures.retention import _money as beside_of
from metrics.pages.examples import worked_example
from metrics.pages.wording import BRIDGE
from metrics.templatetags.figures import quantity

NUMBER = re.compile(r"[\d,]+(?:\.\d+)?")
TODAY = date(2026, 6, 15)


def read(text):
    """Return a printed number."""
    return Decimal(NUMBER.search(text).group().replace(",", "")) * (-1 if text.startswith("−") else 1)


def worked_again(lines, metric):
    """Return what the printed formula comes to by the printed numbers, None where there is no formula."""
    steps = [(what, text) for what, text in lines if what not in ("gives", "95% interval")]
    if metric == "arr":
        return sum(read(text) for _, text in steps) if steps else None
    if metric == "survival":
        return read(dict(steps)["still there after 12 months"])
    formula = next(text for _, text in reversed(steps) if re.search(r"\d\)? [×/−] ", text))
    formula = formula.replace("USD ", "").replace("×", "*").replace("−", "-")
    return eval(NUMBER.sub(lambda found: f"Decimal('{found.group().replace(',', '')}')", formula))


def assert_that_it_fits(measure):
    lines = worked_example(measure)
    again = worked_again(lines, measure.metric)
    if again is not None:
        assert quantity(again, measure.unit) == dict(lines)["gives"], lines
    said = dict(lines)
    if measure.metric in ("grr", "nrr"):
        start, *less = (read(text) for _, text in lines[:3])
        assert start - sum(less) == read(said["is still there"]), lines
    if measure.metric == "nrr":
        grown = read(said["is still there"]) + read(said["and growth of the same customers"])
        assert grown == read(said["is what they pay"]), lines
    if measure.metric == "clv":
        whole, each = (text for _, text in lines[:2])
        assert (read(whole) / measure.n).quantize(read(each), ROUND_HALF_UP) == read(each), lines


@pytest.fixture(scope="module")
def viewer(django_db_setup, django_db_blocker):
    """One of the demo company who sees all of it."""
    with django_db_blocker.unblock(), transaction.atomic():
        seed_company(today=TODAY, scale=0.05)
        yield User.objects.get(email="executive@demo.example")
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("name", METRICS)
def test_the_examples_of_the_demo_company_can_be_worked_again(viewer, seen_by, time_machine, name):
    time_machine.move_to(timezone.make_aware(timezone.datetime(2026, 6, 15, 12)), tick=False)
    client = seen_by(viewer)
    for narrowed in ("", "?last=3m", "?last=24m", "?segment=Enterprise", "?segment=Mid-market&last=6m"):
        measure = client.get(f"/admin/metric/{name}/{narrowed}").context["measure"]
        if measure.value is not None:
            assert_that_it_fits(measure)


def measure_of(metric, value, unit, n, beside):
    days = Days(date(2025, 1, 1), date(2026, 1, 1))
    return Measure(
        metric=metric, unit=unit, value=value, n=n, counted="customers", window=days, definition="",
        as_of=TODAY, beside=beside,
    )  # fmt: skip


cents = st.decimals(min_value=0, max_value=3_000_000, places=2)
some = st.integers(min_value=1, max_value=400)


@given(start=cents.filter(bool), lost=st.floats(0, 1), less=st.floats(0, 1), growth=cents, n=some)
def test_what_was_kept_can_be_worked_again(start, lost, less, growth, n):
    churn = (start * Decimal(lost)).quantize(Decimal("0.01"))
    contraction = ((start - churn) * Decimal(less)).quantize(Decimal("0.01"))
    kept = Retention(start, contraction, churn, growth, n, 0)
    for metric in ("grr", "nrr"):
        assert_that_it_fits(measure_of(metric, getattr(kept, metric), Unit.PERCENT, n, beside_of(kept)))


@given(arr=cents.filter(bool), n=some, multiple=st.floats(0.1, 12))
def test_a_lifetime_can_be_worked_again(arr, n, multiple):
    each = arr / n
    beside = {"arr": arr, "arr_per_customer": each, "multiple": multiple}
    beside |= {"oldest_cohort": 2, "oldest_cohort_left": 50.0, "oldest_cohort_left_by_model": 49.0}
    for metric in ("clv", "clv_sbg"):
        assert_that_it_fits(measure_of(metric, each * Decimal(multiple), Unit.MONEY, n, beside))


@given(steps=st.lists(cents, min_size=7, max_size=7))
def test_a_bridge_can_be_added_up_again(steps):
    names = [key for key in BRIDGE if key != "closing"]
    assert_that_it_fits(measure_of("arr", sum(steps), Unit.MONEY, 9, dict(zip(names, steps, strict=True))))


@given(value=st.floats(-100, 100), accounts=some, arr=cents.filter(lambda paid: paid > 1))
def test_means_of_accounts_can_be_worked_again(value, accounts, arr):
    beside = {"accounts": accounts, "arr": arr}
    beside |= {"by_decision_maker": accounts, "by_influencer": 0, "by_user": 0}
    for metric in ("nps_accounts", "nps_revenue", "nps_waterfall"):
        assert_that_it_fits(measure_of(metric, value, Unit.POINTS, accounts, beside))
