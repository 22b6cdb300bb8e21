"""What was known when a day ended stays, what came late is a revision, a replay replaces itself."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.actions.overrides import OverrideRefused, override_health, withdraw_override
from metrics.audit import differences
from metrics.models import Health, HealthOverride
from metrics.models.health import REVISED_DAYS
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = make.NOON
TODAY = NOW.date()


def days(number):
    return timedelta(days=number)


def said(account, nps, *, ago=0, survey=None):
    make.respond(survey or make.published_survey(), {"nps": nps}, account=account, at=NOW - days(ago))
    absorb_responses(now=NOW + days(400), sweep=True)


def revisions(account, day=TODAY):
    return list(account.healths.filter(day=day).order_by("revision").values_list("revision", "score"))


def test_what_came_late_is_a_revision_beside_what_was_known():
    account = make.account()
    score_accounts(day=TODAY, now=NOW)
    known = revisions(account)
    said(account, 0, ago=1)
    later = NOW + days(1)
    assert score_accounts(day=TODAY, now=later) == 1
    assert score_accounts(day=TODAY, now=later + days(1)) == 0
    assert revisions(account)[0] == known[0]
    assert [number for number, _ in revisions(account)] == [1, 2]
    newest = Health.objects.newest_on(TODAY).get()
    assert (newest.revision, newest.score < known[0][1]) == (2, True)
    assert [each.revision for each in account.healths.by_day()] == [2]


@pytest.mark.parametrize(("after", "count"), [(REVISED_DAYS, 2), (REVISED_DAYS + 1, 1)])
def test_after_35_days_what_was_known_is_closed(after, count):
    account = make.account()
    score_accounts(day=TODAY, now=NOW)
    said(account, 0, ago=1)
    score_accounts(day=TODAY, now=NOW + days(after))
    assert len(revisions(account)) == count


def test_a_replay_of_a_day_that_nobody_scored_then_is_replaced_by_the_next():
    account = make.account()
    score_accounts(day=TODAY, now=NOW + days(100))
    said(account, 0, ago=1)
    assert score_accounts(day=TODAY, now=NOW + days(101)) == 1
    ((number, score),) = revisions(account)
    assert number == 1
    assert score < Health.objects.get().base


def moody(account):
    """Three weeks that fall through the bands and rise again, of an account of which enough is known."""
    survey = make.published_survey()
    for ago, value in ((40, 10), (19, 0), (8, 10)):
        for _ in range(6 * (41 - ago)):
            make.respond(
                survey, {"nps": value, "csat": 1 + 4 * (value > 5)}, account=account, at=NOW - days(ago)
            )
    absorb_responses(now=NOW + days(400), sweep=True)


def test_replayed_days_are_the_same_in_any_order():
    moody(make.account())
    replayed = [TODAY - days(back) for back in range(21)]
    orders = (list(reversed(replayed)), replayed, replayed[::2] + replayed[1::2])
    seen = []
    for order in orders:
        Health.objects.all().delete()
        for day in order:
            score_accounts(day=day, now=NOW + days(300))
        seen.append(list(Health.objects.order_by("day").values_list("day", "score", "band", "parts")))
    assert len({band for _, _, band, _ in seen[0]}) > 1
    assert seen[0] == seen[1] == seen[2]
    assert differences(now=NOW + days(401)) == []


def test_days_that_ended_keep_the_colour_that_was_known_then():
    moody(make.account())
    score_accounts(day=TODAY, now=NOW)
    known = Health.objects.get().band
    for back in (3, 2, 1):
        score_accounts(day=TODAY - days(back), now=NOW + days(1))
    assert Health.objects.get(day=TODAY).band == known


# A person's word.


def overridden(account, value=30, *, now=NOW, **fields):
    usual = {"reason": "Their sponsor left.", "until": TODAY + days(10), "author": make.user()}
    return override_health(account, value=value, now=now, **usual | fields)


def test_a_persons_word_sets_health_and_band_at_once_with_a_part_of_its_own():
    account = make.account()
    moody(account)
    overridden(account, 90)
    health = Health.objects.get(day=TODAY)
    word = health.parts[-1]
    assert (health.score, health.band) == (9000, "green")
    assert (word["key"], word["is_override"], word["is_cap"], word["score"]) == (
        "persons_word",
        True,
        False,
        9000,
    )
    assert health.base + sum(each["contribution"] for each in health.parts) == 9000
    assert differences(now=NOW + days(401)) == []


def test_a_cap_holds_against_a_persons_word():
    account = make.account()
    make.signal(account, "invoice_overdue_days", TODAY, 61)
    overridden(account, 90)
    assert Health.objects.get().score == 6000
    assert {each["key"] for each in Health.objects.get().parts if "is_override" in each} == {
        "invoice_overdue",
        "persons_word",
    }


def test_it_ends_on_its_day_and_when_it_is_withdrawn():
    account, author = make.account(), make.user()
    overridden(account, until=TODAY + days(2))
    scores = {}
    for ahead in (0, 1, 2, 3):
        score_accounts(day=TODAY + days(ahead), now=NOW + days(ahead))
        scores[ahead] = Health.objects.get(day=TODAY + days(ahead)).score
    assert [score == 3000 for score in scores.values()] == [True, True, True, False]
    overridden(account, now=NOW + days(3))
    withdraw_override(account, by=author, now=NOW + days(3))
    assert Health.objects.get(day=TODAY + days(3)).score != 3000
    last = HealthOverride.objects.first()
    assert (last.withdrawn_by, last.withdrawn_at, last.ends_on) == (author, NOW + days(3), TODAY + days(3))


def test_a_second_word_ends_the_first_and_both_stay_on_record():
    account = make.account()
    overridden(account, 30)
    overridden(account, 70, now=NOW + days(1))
    acting = HealthOverride.objects.acting_on(TODAY + days(1))
    assert [each.value for each in acting] == [70]
    assert [each.value for each in HealthOverride.objects.acting_on(TODAY)] == [30]
    assert HealthOverride.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": 101},
        {"value": -1},
        {"reason": "  "},
        {"until": TODAY - days(1)},
        {"until": TODAY + days(90)},
    ],
)
def test_a_word_that_reaches_too_far_is_refused(wrong):
    account = make.account()
    with pytest.raises(OverrideRefused):
        overridden(account, **wrong)
    assert not HealthOverride.objects.exists()
    overridden(account, until=TODAY + days(89))


# What is imported of cases and of the renewal.


def part(key):
    return next(each for each in Health.objects.get(day=TODAY).parts if each["key"] == key)


def test_open_cases_come_from_signals_and_weigh_from_the_first_on():
    account = make.account()
    score_accounts(day=TODAY, now=NOW)
    assert "follow_up" not in {each["key"] for each in Health.objects.get().parts}
    make.signal(account, "open_cases", TODAY, 2)
    make.signal(account, "open_case_late_days", TODAY, 5)
    score_accounts(day=TODAY, now=NOW)
    assert (part("follow_up")["score"], part("follow_up")["freshness"]) == (5000, 10_000)


def test_a_decision_makers_late_case_caps_the_health_at_49():
    account = make.account()
    make.signal(account, "decision_maker_case_late", TODAY, 1)
    score_accounts(day=TODAY, now=NOW)
    assert Health.objects.get().score == 4900
    make.signal(account, "decision_maker_case_late", TODAY + days(1), 0)
    score_accounts(day=TODAY + days(1), now=NOW)
    assert Health.objects.get(day=TODAY + days(1)).score > 4900


def test_a_renewal_is_checked_for_open_cases_and_a_promise():
    account = make.account()
    make.subscription(account, TODAY - days(335), TODAY + days(30), 100)
    for key, value in {"open_cases": 1, "renewal_committed": 1, "invoice_overdue_days": 0}.items():
        make.signal(account, key, TODAY, value)
    score_accounts(day=TODAY, now=NOW)
    assert part("renewal_readiness")["facts"]["checks"] == {
        "decision_maker_heard": False,
        "no_overdue_invoice": True,
        "no_open_case": False,
        "renewal_committed": True,
    }
    assert part("renewal_readiness")["score"] == 5000


def test_who_gave_notice_is_not_ready_to_renew_however_far_the_end():
    account = make.account()
    term = make.subscription(account, TODAY - days(30), TODAY + days(335), 100)
    score_accounts(day=TODAY, now=NOW)
    assert part("renewal_readiness")["score"] == 10_000
    term.cancelled_on = TODAY
    term.save()
    score_accounts(day=TODAY, now=NOW)
    assert part("renewal_readiness")["score"] == 0
    assert part("renewal_readiness")["facts"]["has_notice"]


def test_what_was_cancelled_is_not_the_next_renewal_while_something_else_goes_on():
    account = make.account()
    make.subscription(account, TODAY - days(300), TODAY + days(65), 100, cancelled_on=TODAY, product="a")
    make.subscription(account, TODAY - days(30), TODAY + days(335), 100, product="b")
    score_accounts(day=TODAY, now=NOW)
    assert part("renewal_readiness")["facts"]["days"] == 335


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.integers(1, 60), st.integers(0, 60))
def test_confidence_never_rises_as_evidence_ages(ahead, further):
    account = make.account()
    survey = make.published_survey()
    make.respond(survey, {"nps": 9, "csat": 4}, account=account)
    make.signal(account, "seats_sold", TODAY, 10)
    make.signal(account, "seats_active", TODAY, 5)
    absorb_responses(now=NOW + days(400), sweep=True)
    seen = []
    for day in (TODAY, TODAY + days(ahead), TODAY + days(ahead + further)):
        score_accounts(day=day, now=NOW, accounts=[account.pk])
        seen.append(Health.objects.get(account=account, day=day).confidence)
    assert seen == sorted(seen, reverse=True)
    assert all(0 <= confidence <= 10_000 for confidence in seen)
