"""Health over the API: what moved, who overrode it, what decides it, what it was worth."""

from datetime import timedelta

import pytest
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.actions.overrides import override_health
from tests import factories as make
from tests.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


def scored(account, *days_ago):
    now = timezone.now()
    absorb_responses(now=now + timedelta(days=1), sweep=True)
    for back in sorted(days_ago, reverse=True):
        at = now - timedelta(days=back)
        score_accounts(day=timezone.localdate(at), now=at)
    return timezone.localdate(now)


def test_what_moved_since_a_day_adds_up_to_the_difference(root, own):
    now = timezone.now()
    survey = make.published_survey()
    make.respond(survey, {"nps": 10}, account=own, at=now - timedelta(days=20))
    make.respond(survey, {"nps": 0, "csat": 1}, account=own, at=now - timedelta(days=1))
    today = scored(own, 10, 0)
    health = root.get(f"accounts/{own.pk}/health?since={today - timedelta(days=10)}").json()
    moved = health["moved"]
    assert (moved["since"], moved["day"]) == (str(today - timedelta(days=10)), str(today))
    assert sum(move["points"] for move in moved["moves"]) == pytest.approx(moved["after"] - moved["before"])
    assert {move["key"] for move in moved["moves"]} >= {"relationship_sentiment", "transactional_sentiment"}
    assert health["scorecard"] == 1
    assert root.get(f"accounts/{own.pk}/health").json()["moved"] is None
    assert_problem(root.get(f"accounts/{own.pk}/health?since=yesterday"), 400)


def test_an_override_is_told_with_its_reason(root, own):
    scored(own, 0)
    author = make.user(email="ada@example.com")
    today = timezone.localdate()
    override_health(own, value=30, reason="Sponsor left.", until=today, author=author, now=timezone.now())
    health = root.get(f"accounts/{own.pk}/health").json()
    assert health["score"] == 30
    assert health["override"]["reason"] == "Sponsor left."
    assert {part["key"]: part["contribution"] for part in health["parts"]}["persons_word"] < 0


def test_scorecards_are_listed_with_what_they_say(root, own):
    scored(own, 0)
    (card,) = root.get("scorecards").json()["results"]
    assert card["number"] == 1
    assert card["weights"]["relationship_sentiment"]["weight"] == 20
    assert card["rules"]["bands"]["green_from"] == 75
    assert len(card["content_hash"]) == 64


def test_a_back_test_says_when_there_is_too_little(root, own):
    found = root.get("metrics/backtest").json()
    assert (found["verdict"], found["due"], found["test"]["auc"]) == ("insufficient evidence", 0, None)
    assert root.get("metrics/backtest?score=nps&lead=30").json()["score"] == "nps"
    for wrong in ("score=luck", "lead=7", "replays=perhaps", "by=month"):
        assert_problem(root.get(f"metrics/backtest?{wrong}"), 400)


def test_drivers_belong_to_a_survey_and_say_when_there_is_too_little(root, own):
    survey = make.published_survey()
    make.respond(survey, {"nps": 10, "csat": 5}, account=own, at=timezone.now())
    absorb_responses(now=timezone.now() + timedelta(days=1))
    found = root.get(f"metrics/drivers?survey={survey.slug}").json()
    assert (found["outcome"], found["n"], found["drivers"]) == ("nps", 1, [])
    assert found["why_not"] == "Not enough to say: 1 answered, at least 100 needed."
    assert_problem(root.get("metrics/drivers"), 400)
    assert_problem(root.get(f"metrics/drivers?survey={survey.slug}&outcome=luck"), 404)


def test_nothing_is_unusual_where_nothing_was_said(root):
    found = root.get("metrics/anomalies").json()
    assert (found["results"], found["tested"]) == ([], 0)
