"""Key drivers and anomalies from rows: what is planted is found, what is not there is not claimed."""

import random
from datetime import timedelta

import pytest
from django.db import connection

from metrics.actions.derive import write_tallies
from metrics.actions.findings import keep_watches
from metrics.actions.sheets import write_sheets
from metrics.measures import drivers
from metrics.measures.anomalies import unusual_lately
from metrics.measures.drivers import key_drivers
from metrics.measures.scope import Scope
from metrics.measures.watched import watched
from metrics.models import Score, Slice, Tally
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = make.NOON
TODAY = NOW.date()
OLD = {"key": "effort", "kind": "ces", "text": "How much effort?", "settings": {"version": "1.0"}}


def days(number):
    return timedelta(days=number)


def scope(survey, viewer=None):
    return Scope(
        viewer=viewer or make.user(is_superuser=True),
        today=TODAY,
        start=TODAY - days(365),
        end=TODAY + days(1),
        survey=survey,
    )


def answered(survey, rows, account=None):
    """Scores as absorbing writes them, of one response a row."""
    slice_ = Slice.objects.create()
    Score.objects.bulk_create(
        Score(
            response_id=number,
            survey=survey,
            question_key=key,
            kind=kind,
            account=account,
            slice=slice_,
            day=TODAY - days(number % 300),
            value=value,
        )
        for number, row in enumerate(rows, start=1)
        for key, (kind, value) in row.items()
    )
    with connection.cursor() as cursor:
        cells = {(survey.pk, day) for day in Score.objects.values_list("day", flat=True)}
        write_tallies(cursor, cells)
        write_sheets(cursor, cells)


def rated(n, seed=1):
    """An outcome that follows satisfaction, falls with effort, and never heeds ease."""
    dice = random.Random(seed)
    for _ in range(n):
        csat, effort, ces = dice.randint(1, 5), dice.randint(1, 5), dice.randint(1, 7)
        nps = min(10, max(0, 2 * csat - effort + dice.randint(1, 4)))
        yield {"nps": ("nps", nps), "csat": ("csat", csat), "effort": ("ces", effort), "ces": ("ces", ces)}


def test_the_planted_driver_comes_first_with_its_sign_and_its_place():
    survey = make.published_survey([make.NPS, make.CSAT, make.CES, OLD])
    answered(survey, rated(400))
    found = key_drivers(scope(survey))
    assert (found.outcome, found.n) == ("nps", 400)
    assert [(each.key, each.sign) for each in found.drivers[:2]] == [("csat", 1), ("effort", -1)]
    assert found.drivers[2].importance < 0.02
    assert sum(each.importance for each in found.drivers) == pytest.approx(found.r_squared)
    assert sum(each.shapley for each in found.drivers) == pytest.approx(found.r_squared)
    assert all(each.importance in each.interval for each in found.drivers[:2])
    # On a scale where less is better a mean of 3 of 5 is halfway as well.
    assert [round(each.performance, -1) for each in found.drivers] == [50, 50, 50]


def test_another_rating_may_be_the_outcome():
    survey = make.published_survey([make.NPS, make.CSAT, make.CES, OLD])
    answered(survey, rated(200))
    assert key_drivers(scope(survey), "csat").outcome == "csat"
    assert key_drivers(scope(survey), "luck") is None


@pytest.mark.parametrize("sees_all", [True, False])
def test_the_newest_days_are_used_that_hold_enough_answers(monkeypatch, sees_all):
    survey, owner = make.published_survey([make.NPS, make.CSAT, make.CES, OLD]), make.user()
    answered(survey, rated(600), make.account(owner=owner))
    monkeypatch.setattr(drivers, "MOST_RESPONSES", 151)
    found = key_drivers(scope(survey, None if sees_all else owner))
    # Two answers a day; the day of the 151st holds another.
    assert (found.n, found.is_cut) == (152, True)
    newest = Score.objects.filter(day__gt=TODAY - days(76), question_key="csat").values_list(
        "value", flat=True
    )
    assert next(each.performance for each in found.drivers if each.key == "csat") == pytest.approx(
        100 * (sum(newest) / len(newest) - 1) / 4
    )


def test_who_sees_only_their_accounts_learns_of_these_only():
    survey = make.published_survey([make.NPS, make.CSAT, make.CES, OLD])
    owner = make.user()
    own = make.account(owner=owner)
    answered(survey, rated(200), account=make.account())
    assert key_drivers(scope(survey, owner)) is None
    Score.objects.all().delete()
    Tally.objects.all().delete()
    Slice.objects.all().delete()
    answered(survey, rated(200), account=own)
    assert key_drivers(scope(survey, owner)).n == 200


def tallied(survey, per_day):
    """Tallies of the last 236 days: `per_day` gives the values answered so many days ago."""
    slice_ = Slice.objects.create()
    for ago in range(1, 237):
        values = per_day(ago)
        Tally.objects.bulk_create(
            Tally(
                survey=survey,
                question_key="nps",
                kind="nps",
                slice=slice_,
                day=TODAY - days(ago),
                value=value,
                count=values.count(value),
            )
            for value in set(values)
        )


def steady(dice, promoters=0.5, n=15):
    return [10 if dice.random() < promoters else 3 for _ in range(n)]


def test_a_steady_series_alarms_nobody():
    dice = random.Random(1)
    survey = make.published_survey()
    tallied(survey, lambda ago: steady(dice))
    watch = unusual_lately(scope(survey))
    assert (watch.alarms, watch.tested) == ([], 3)


def test_a_drop_is_found_with_how_unlikely_it_is():
    dice = random.Random(2)
    survey = make.published_survey()
    tallied(survey, lambda ago: steady(dice, promoters=0.5 if ago > 28 else 0.3))
    (alarm,) = unusual_lately(scope(survey)).alarms
    assert (alarm.about, alarm.question, alarm.is_lower) == ("score", "nps", True)
    assert alarm.usual == pytest.approx(0, abs=6)
    assert alarm.recent == pytest.approx(-40, abs=12)
    assert alarm.p < alarm.p_among_all < 0.01


def test_silence_is_found_and_counts_what_else_was_looked_at():
    dice = random.Random(3)
    survey = make.published_survey()
    tallied(survey, lambda ago: steady(dice) if ago > 3 else [])
    found = unusual_lately(scope(survey))
    silent = {(each.about, each.over): each for each in found.alarms}
    assert silent["answers", 1].recent == 0
    assert silent["answers", 1].p_among_all >= silent["answers", 1].p
    assert ("invitations", 1) not in silent


def test_false_alarms_are_rare():
    """At 1 in 100 for everything looked at, 12 quiet surveys alarm at most once."""
    dice = random.Random(4)
    alarms = 0
    for _ in range(12):
        survey = make.published_survey()
        Slice.objects.all().delete()
        tallied(survey, lambda ago: steady(dice, n=5))
        alarms += len(unusual_lately(scope(survey)).alarms)
        Tally.objects.all().delete()
    assert alarms <= 1


def test_what_was_unusual_is_worked_out_once_a_day_and_kept(django_assert_num_queries):
    survey, dice = make.published_survey(), random.Random(1)
    tallied(survey, lambda ago: steady(dice, promoters=0.5 if ago > 28 else 0.1))
    expected = unusual_lately(scope(survey))
    assert expected.alarms
    assert watched(scope(survey)) == expected
    assert [keep_watches(today=TODAY, now=NOW) for _ in range(2)] == [1, 0]
    asked = scope(survey)
    Tally.objects.all().delete()
    assert asked.viewer.sees_all_accounts
    with django_assert_num_queries(1):
        assert watched(asked) == expected
    # Who sees some accounts gets those, and tomorrow is another day.
    assert watched(scope(survey, make.user())).tested == 0
    assert keep_watches(today=TODAY + days(1), now=NOW) == 1
