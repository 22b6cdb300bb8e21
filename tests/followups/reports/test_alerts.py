"""What counts as really moved, and that it is told once."""

from datetime import timedelta

import pytest

from accounts.models.people import OPERATOR
from followups.models import Alert
from followups.reports.alerts import find_alerts
from followups.reports.telling import moved_words, survey_words
from metrics.actions.absorb import absorb_responses
from metrics.formulas.health import PERSONS_WORD
from metrics.models import Scorecard
from tests import factories as f
from tests.followups.reports.conftest import MONDAY

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()
YESTERDAY = TODAY - timedelta(days=1)


def test_a_band_that_was_left_is_told_once(mine, feels):
    feels(mine, YESTERDAY, 76, "green")
    feels(mine, TODAY, 60, "yellow")
    assert find_alerts(now=MONDAY) == 1
    assert find_alerts(now=MONDAY + timedelta(minutes=10)) == 0
    alert = Alert.objects.get()
    assert (alert.account, alert.about, alert.day, alert.is_lower) == (mine, "band", TODAY, True)
    assert (alert.band_before, alert.before, alert.band_after, alert.after) == ("green", 76, "yellow", 60)


def test_a_rise_is_told_too_and_a_score_within_its_band_is_not(mine, theirs, feels):
    feels(mine, YESTERDAY, 40, "red")
    feels(mine, TODAY, 55, "yellow")
    feels(theirs, YESTERDAY, 90, "green")
    feels(theirs, TODAY, 76, "green")
    find_alerts(now=MONDAY)
    assert list(Alert.objects.values_list("account", "is_lower")) == [(mine.pk, False)]


def test_a_weekend_without_a_worker_loses_no_alert(mine, feels):
    feels(mine, TODAY - timedelta(days=2), 80, "green")
    feels(mine, YESTERDAY, 40, "red")
    feels(mine, TODAY, 41, "red")
    assert find_alerts(now=MONDAY) == 1
    assert Alert.objects.get().day == YESTERDAY


def test_neither_a_new_scorecard_nor_ignorance_is_a_movement(mine, theirs, feels):
    card = Scorecard.objects.create(number=2, weights={}, valid_from=TODAY, created_at=f.NOON)
    feels(mine, YESTERDAY, 80, "green")
    feels(mine, TODAY, 40, "red", scorecard=card)
    feels(theirs, YESTERDAY, 60, "grey")
    feels(theirs, TODAY, 40, "red")
    assert find_alerts(now=MONDAY) == 0


def test_a_colleagues_word_moves_a_band_and_no_customer(mine, theirs, feels):
    word = {"key": PERSONS_WORD, "score": 3500, "is_override": True, "is_binding": True}
    feels(mine, TODAY - timedelta(days=2), 76, "green")
    feels(mine, YESTERDAY, 35, "red", parts=[word])
    feels(mine, TODAY, 76, "green")
    feels(theirs, YESTERDAY, 76, "green")
    feels(theirs, TODAY, 35, "red", parts=[{**word, "key": "late_decision_maker"}])
    find_alerts(now=MONDAY)
    assert list(Alert.objects.values_list("account", flat=True)) == [theirs.pk]


def test_what_moved_long_ago_is_history(mine, feels):
    feels(mine, TODAY - timedelta(days=9), 80, "green")
    feels(mine, TODAY - timedelta(days=8), 40, "red")
    assert find_alerts(now=MONDAY) == 0


def test_a_score_that_drifts_out_of_chance_is_told_once_and_only_to_who_sees_all(manager):
    survey = f.published_survey([f.NPS])
    for back in range(1, 240):
        at = MONDAY - timedelta(days=back)
        for number in range(3):
            value = (2, 3, 1)[number] if back <= 40 else (9, 10, 8)[number]
            f.respond(survey, {"nps": value}, at=at, changed_at=MONDAY)
    absorb_responses(now=MONDAY, sweep=True)
    assert find_alerts(now=MONDAY) == 1
    find_alerts(now=MONDAY + timedelta(days=1))
    alert = Alert.objects.get(about="score")
    assert (alert.survey, alert.about, alert.question, alert.is_lower) == (survey, "score", "nps", True)
    assert alert.before > 0 > alert.after
    assert alert.chance is not None
    assert alert.chance < 0.01
    assert f"the score of “{f.NPS['text']}” is −" in survey_words(alert)
    assert list(Alert.objects.of(OPERATOR)) == [alert]
    assert not Alert.objects.of(manager).exists()


def test_a_count_is_told_whole_and_what_hardly_ever_happens_as_such():
    alert = Alert(survey=f.published_survey([f.NPS]), about="invitations", is_lower=True)
    alert.before, alert.after, alert.chance = 41.1, 6.0, 1e-9
    assert moved_words(alert) == (
        "Invitations are 6 lately, below the usual 41;"
        " by chance alone that happens less than once in a million."
    )
    assert survey_words(alert) == f"“{alert.survey}”: {moved_words(alert)}"
