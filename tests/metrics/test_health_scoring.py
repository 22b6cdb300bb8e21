from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.actions.absorb import absorb_responses
from metrics.actions.bands import Past
from metrics.actions.health import score_accounts, score_missing
from metrics.actions.refresh import refresh_metrics
from metrics.audit import differences
from metrics.formulas.health import Band, Cutoffs
from metrics.models import Health, Scorecard
from surveys.models import Programme
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = make.NOON
TODAY = NOW.date()


def days(number):
    return timedelta(days=number)


def score(account=None, *, day=TODAY):
    """The health of the account, or of the only one, after absorbing what was said."""
    absorb_responses(now=NOW + days(400), sweep=True)
    score_accounts(day=day, now=NOW)
    return Health.objects.get(day=day, **({"account": account} if account else {}))


def part(health, key):
    return next(each for each in health.parts if each["key"] == key)


def is_exact(health):
    return health.score == health.base + sum(each["contribution"] for each in health.parts)


def test_an_account_of_which_nothing_is_known_is_grey_at_the_base():
    make.account()
    health = score()
    assert (health.band, health.confidence) == ("grey", 0)
    assert health.score == health.base
    assert {each["contribution"] for each in health.parts} == {0}


def test_one_promoter_moves_the_score_by_his_own_weight_and_is_still_grey():
    account = make.account()
    contact = make.contact(account)
    make.respond(make.published_survey(), {"nps": 10}, contact=contact)
    health = score()
    # Of 45 points of weight that need no import 20 are his, at freshness 1/2: 20 x 1/2 x (100 - 65) / 45.
    assert part(health, "relationship_sentiment")["contribution"] == health.score - health.base == 778
    assert health.confidence == 10_000 * 20 // 45 // 2
    assert health.band == "grey"


def test_only_the_latest_answer_of_a_contact_counts():
    account = make.account()
    contact, colleague = make.contact(account), make.contact(account)
    survey = make.published_survey()
    make.respond(survey, {"nps": 0}, contact=contact, at=NOW - days(30))
    make.respond(survey, {"nps": 10}, contact=contact)
    make.respond(survey, {"nps": 10}, contact=colleague)
    found = part(score(), "relationship_sentiment")
    assert found["score"] == 10_000
    assert found["freshness"] == 6667
    assert found["facts"] == {"people": 2, "happy": 2, "unhappy": 0, "newest": "2026-06-15"}


def test_an_answer_fades_by_half_in_180_days():
    account = make.account()
    make.respond(make.published_survey(), {"nps": 10}, account=account, at=NOW - days(180))
    assert part(score(), "relationship_sentiment")["freshness"] == 3333


def test_likelihood_in_a_transactional_programme_is_not_relationship_sentiment():
    account = make.account()
    support = make.published_survey(of=make.programme(Programme.Mode.TRANSACTIONAL))
    make.respond(support, {"nps": 10}, account=account)
    assert part(score(), "relationship_sentiment")["score"] is None


@pytest.mark.parametrize(("privacy", "is_known"), [("identified", True), ("confidential", False)])
def test_what_was_said_in_confidence_shows_in_no_health(privacy, is_known):
    account = make.account()
    survey = make.published_survey(privacy=privacy)
    make.respond(survey, {"nps": 0, "csat": 1}, account=account)
    health = score()
    assert (part(health, "relationship_sentiment")["score"] is not None) is is_known
    assert (part(health, "transactional_sentiment")["score"] is not None) is is_known


def test_satisfaction_and_effort_count_as_index_in_their_direction():
    account = make.account()
    of = make.programme(Programme.Mode.TRANSACTIONAL)
    old = {"key": "effort", "kind": "ces", "text": "How much effort?", "settings": {"version": "1.0"}}
    survey = make.published_survey([make.CSAT, make.CES, old], of=of)
    make.respond(survey, {"csat": 4}, account=account)
    assert part(score(), "transactional_sentiment")["score"] == 7500
    make.respond(survey, {"ces": 7}, account=account)
    assert part(score(), "transactional_sentiment")["score"] == 8750
    make.respond(survey, {"effort": 5}, account=account)
    found = part(score(), "transactional_sentiment")
    assert found["score"] == 5833
    assert found["freshness"] == 7500
    assert found["facts"]["answers"] == 3


def test_the_trend_compares_the_last_90_days_with_the_rest_of_the_year():
    account = make.account()
    survey = make.published_survey()
    make.respond(survey, {"nps": 8}, account=account, at=NOW - days(90))
    make.respond(survey, {"nps": 10}, account=account, at=NOW - days(89))
    found = part(score(), "sentiment_trend")
    assert found["facts"] == {"recent": 1, "earlier": 1, "change": 3000}
    assert (found["score"], found["freshness"]) == (10_000, 3333)


def test_a_contact_who_was_never_asked_is_unknown_and_not_silent():
    asked, never = make.account(), make.account()
    survey = make.published_survey()
    for answered in (True, False):
        contact = make.contact(asked)
        invitation = make.invitation(survey, contact, sent_at=NOW - days(20))
        if answered:
            make.respond(survey, {"nps": 9}, contact=contact, invitation=invitation)
    bounced = make.invitation(survey, make.contact(never), sent_at=NOW - days(20))
    bounced.bounced_at = NOW
    bounced.save()
    assert part(score(never), "response_behaviour")["score"] is None
    found = part(score(asked), "response_behaviour")
    assert found["facts"] == {
        "delivered": 2,
        "answered": 1,
        "portfolio_rate": 5000,
        "decision_maker_fell_silent": False,
    }
    assert (found["score"], found["freshness"]) == (5000, 5000)


@pytest.mark.parametrize(("role", "is_silent"), [("decision_maker", True), ("user", False)])
def test_a_decision_maker_who_used_to_answer_and_missed_two_fell_silent(role, is_silent):
    contact = make.contact(make.account(), role=role)
    survey = make.published_survey()
    first = make.invitation(survey, contact, sent_at=NOW - days(200))
    make.respond(survey, {"nps": 9}, contact=contact, invitation=first, at=NOW - days(199))
    make.invitation(survey, contact, sent_at=NOW - days(100))
    last = make.invitation(survey, contact, sent_at=NOW - days(13))
    assert not part(score(), "response_behaviour")["facts"]["decision_maker_fell_silent"]
    last.sent_at = NOW - days(14)
    last.save()
    assert part(score(), "response_behaviour")["facts"]["decision_maker_fell_silent"] is is_silent


@pytest.mark.parametrize(
    ("now_pays", "points"), [(100, 6000), (110, 7330), (90, 4000), (50, 0), (200, 10_000)]
)
def test_revenue_movement_is_a_change_without_an_amount(now_pays, points):
    account = make.account()
    make.subscription(account, date(2024, 1, 1), date(2026, 1, 1), 100_000)
    make.subscription(account, date(2026, 1, 1), date(2027, 1, 1), now_pays * 1000)
    found = part(score(), "revenue_movement")
    assert found["score"] == points
    assert found["facts"] == {"change": (now_pays - 100) * 100, "since": "2025-06-15"}


def test_a_young_account_is_compared_with_its_beginning_and_counts_in_part():
    account = make.account()
    make.subscription(account, TODAY - days(183), None, 100)
    make.subscription(account, TODAY - days(10), None, 50)
    found = part(score(), "revenue_movement")
    assert found["facts"]["change"] == 5000
    assert found["freshness"] == 5010


def test_revenue_of_several_currencies_needs_rates():
    account = make.account()
    make.subscription(account, date(2024, 1, 1), None, 100, currency="EUR")
    assert part(score(), "revenue_movement")["score"] == 6000
    make.subscription(account, date(2024, 1, 1), None, 100)
    assert part(score(), "revenue_movement")["score"] is None


@pytest.mark.parametrize(
    ("days_left", "points"), [(181, 10_000), (105, 5000), (30, 0), (1, 0), (0, 0), (-100, 0)]
)
def test_a_near_renewal_weighs_failed_checks(days_left, points):
    account = make.account()
    make.subscription(account, TODAY - days(700), TODAY + days(days_left), 100)
    found = part(score(), "renewal_readiness")
    assert found["score"] == points
    assert found["facts"]["checks"] == {"decision_maker_heard": False}


def test_a_decision_maker_who_was_heard_makes_a_near_renewal_harmless():
    account = make.account()
    make.subscription(account, TODAY - days(335), TODAY + days(30), 100)
    contact = make.contact(account, role="decision_maker")
    make.respond(make.published_survey(), {"nps": 9}, contact=contact)
    assert part(score(), "renewal_readiness")["score"] == 10_000
    make.signal(account, "invoice_overdue_days", TODAY, 3)
    found = part(score(), "renewal_readiness")
    assert found["facts"]["checks"] == {"decision_maker_heard": True, "no_overdue_invoice": False}
    assert found["score"] == 5000


def test_a_term_that_is_renewed_already_is_not_due():
    account = make.account()
    ending = make.subscription(account, TODAY - days(335), TODAY + days(30), 100)
    make.subscription(account, TODAY + days(30), TODAY + days(395), 100, renews=ending)
    assert part(score(), "renewal_readiness")["score"] is None


def test_usage_and_support_come_from_signals_and_go_stale():
    account = make.account()
    for key, value in {"seats_sold": 100, "seats_active": 80, "usage_28d": 100, "usage_84d": 300}.items():
        make.signal(account, key, TODAY - days(7), value)
    make.signal(account, "tickets_weighted", TODAY - days(7), 5)
    health = score()
    usage, support = part(health, "product_usage"), part(health, "support_load")
    assert (usage["score"], usage["freshness"]) == (7800, 10_000)  # 60 % of 90 and 40 % of 60
    assert usage["facts"] == {"active_seats": 8000, "activity": 10_000, "observed_on": "2026-06-08"}
    assert (support["score"], support["freshness"]) == (7500, 10_000)
    stale = score(day=TODAY + days(14))
    assert part(stale, "product_usage")["freshness"] == 5000


def test_an_urgent_ticket_that_the_newest_import_does_not_name_is_closed():
    account = make.account()
    for key, value in {"seats_sold": 100, "tickets_weighted": 5, "oldest_p1_days": 10}.items():
        make.signal(account, key, TODAY - days(7), value)
    assert part(score(), "support_load")["score"] == 0
    make.signal(account, "tickets_weighted", TODAY, 5)
    assert part(score(), "support_load")["score"] == 7500


@pytest.mark.parametrize("value", [-1, 0, 10**9])
def test_measures_that_make_no_sense_break_nothing(value):
    account = make.account()
    keys = ("seats_sold", "seats_active", "usage_28d", "usage_84d", "tickets_weighted", "oldest_p1_days")
    for key in (*keys, "invoice_overdue_days"):
        make.signal(account, key, TODAY, value)
    health = score()
    assert is_exact(health)
    assert 0 <= health.score <= 10_000


def test_notice_on_everything_caps_the_score_with_a_part_of_its_own():
    account = make.account()
    first = make.subscription(account, TODAY - days(700), TODAY + days(300), 100)
    second = make.subscription(account, TODAY - days(700), TODAY + days(300), 100, product="b")
    first.cancelled_on = TODAY
    first.save()
    assert not any("is_override" in each for each in score().parts)
    second.cancelled_on = TODAY
    second.save()
    health = score()
    assert health.score == 2000
    assert part(health, "notice_of_termination")["contribution"] < 0
    assert is_exact(health)
    assert differences(now=NOW) == []


def test_an_invoice_60_days_overdue_caps_the_score():
    account = make.account()
    make.respond(make.published_survey(), {"nps": 10}, account=account)
    make.signal(account, "invoice_overdue_days", TODAY, 60)
    assert score().score > 6000
    make.signal(account, "invoice_overdue_days", TODAY + days(1), 61)
    assert score(day=TODAY + days(1)).score == 6000


def test_a_measure_that_nobody_has_data_for_takes_no_weight_until_it_comes():
    account = make.account()
    health = score()
    assert [each["key"] for each in health.parts] == [
        "relationship_sentiment",
        "transactional_sentiment",
        "sentiment_trend",
        "response_behaviour",
    ]
    make.subscription(account, TODAY - days(700), TODAY + days(300), 100)
    later = score()
    assert {each["key"] for each in later.parts} >= {"revenue_movement", "renewal_readiness"}
    assert later.scorecard.number == 2
    assert later.scorecard.note == "In use from now on: revenue movement, renewal readiness"
    account.subscriptions.all().delete()
    assert score().scorecard == later.scorecard
    assert Scorecard.objects.get(number=1).weights["revenue_movement"]["is_used"] is False


def well(account):
    """Much good and fresh evidence."""
    survey = make.published_survey()
    for _ in range(9):
        contact = make.contact(account, role="decision_maker")
        make.respond(survey, {"nps": 10, "csat": 5}, contact=contact)
    return survey


def turned_unhappy():
    """An account in green today, everybody at which is unhappy from tomorrow on."""
    account = make.account()
    survey = well(account)
    assert score().band == "green"
    for contact in account.contacts.all():
        make.respond(survey, {"nps": 0, "csat": 1}, contact=contact, at=NOW + days(1))


def test_a_colour_is_left_only_on_the_third_day_beyond_its_edge():
    turned_unhappy()
    bands = [score(day=TODAY + days(after)).band for after in (1, 2, 3)]
    assert bands == ["green", "green", "red"]
    assert [score(day=TODAY + days(2)).band for _ in range(3)] == ["green"] * 3


def test_after_a_gap_a_colour_is_left_at_once_but_only_beyond_its_margin():
    turned_unhappy()
    assert score(day=TODAY + days(30)).band == "red"


@pytest.mark.parametrize(
    ("after", "score", "band"), [(31, 72.0, "green"), (31, 71.9, "yellow"), (32, 74.9, "yellow")]
)
def test_a_colour_outlives_a_gap_of_a_month(after, score, band):
    past = Past(seen_on=TODAY, band=Band.GREEN)
    assert past.next_band(TODAY + days(after), score, 0.9, Cutoffs(), is_overridden=False) == band


def test_notice_turns_the_colour_at_once():
    account = make.account()
    well(account)
    term = make.subscription(account, TODAY - days(700), TODAY + days(300), 100)
    assert score().band == "green"
    term.cancelled_on = TODAY + days(1)
    term.save()
    assert score(day=TODAY + days(1)).band == "red"


def test_a_second_run_on_one_day_replaces_the_first():
    account = make.account()
    first = score()
    well(account)
    second = score()
    assert first.score < second.score
    assert Health.objects.count() == 1


def test_what_came_after_the_day_is_not_known_on_it():
    account = make.account()
    survey = well(account)
    contact = account.contacts.first()
    make.invitation(survey, contact, sent_at=NOW + days(1))
    make.signal(account, "seats_sold", TODAY + days(1), 10)
    make.signal(account, "seats_active", TODAY + days(1), 10)
    make.respond(survey, {"nps": 0}, account=account, at=NOW + days(1))
    before = score()
    assert part(before, "relationship_sentiment")["score"] == 10_000
    assert part(before, "response_behaviour")["score"] is None
    assert part(before, "product_usage")["score"] is None


def test_churned_and_future_accounts_have_no_health():
    make.account(churned_on=TODAY)
    make.account(created_on=TODAY + days(1))
    staying = make.account(created_on=TODAY, churned_on=TODAY + days(1))
    assert score_accounts(day=TODAY, now=NOW) == 1
    assert Health.objects.get().account == staying


def test_missed_days_are_made_up_for():
    account = make.account(created_on=TODAY - days(9))
    score_accounts(day=TODAY - days(3), now=NOW)
    assert score_missing(today=TODAY, now=NOW) == 3
    assert score_missing(today=TODAY, now=NOW) == 0
    make.account(created_on=TODAY)
    assert score_missing(today=TODAY, now=NOW) == 1
    assert list(account.healths.order_by("day").values_list("day", flat=True)) == [
        TODAY - days(back) for back in (3, 2, 1, 0)
    ]


def test_an_answer_is_on_the_account_after_one_refresh():
    quiet, account = make.account(), make.account()
    score_accounts(day=TODAY, now=NOW)
    make.respond(make.published_survey(), {"nps": 10}, account=account)
    refresh_metrics(now=NOW + timedelta(minutes=1))
    assert account.healths.get().score > quiet.healths.get().score
    assert quiet.healths.get().computed_at == NOW
    make.respond(account.responses.get().survey, {"nps": 0}, account=account)
    response = account.responses.latest("pk")
    refresh_metrics(now=NOW + timedelta(minutes=2))
    low = account.healths.get().score
    response.delete()
    refresh_metrics(now=NOW + timedelta(minutes=3))
    assert account.healths.get().score > low


def test_the_number_of_queries_does_not_grow_with_the_accounts():
    survey = make.published_survey()

    def queries(accounts):
        for _ in range(accounts):
            account = make.account()
            contact = make.contact(account, role="decision_maker")
            invitation = make.invitation(survey, contact)
            make.respond(survey, {"nps": 9, "csat": 4}, contact=contact, invitation=invitation)
            make.subscription(account, TODAY - days(700), TODAY + days(100), 100)
            make.signal(account, "seats_sold", TODAY, 10)
            make.signal(account, "seats_active", TODAY, 9)
        absorb_responses(now=NOW + days(1))
        score_accounts(day=TODAY - days(1), now=NOW)
        with CaptureQueriesContext(connection) as captured:
            score_accounts(day=TODAY, now=NOW)
        return len(captured)

    assert queries(2) == queries(30)


answers = st.fixed_dictionaries({}, optional={"nps": st.integers(0, 10), "csat": st.integers(1, 5)})


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(answers, st.integers(0, 800)), max_size=8),
    st.lists(st.tuples(st.integers(1, 900), st.integers(1, 700), st.integers(0, 10**6)), max_size=3),
    st.dictionaries(
        st.sampled_from(["seats_sold", "seats_active", "usage_28d", "usage_84d", "tickets_weighted"]),
        st.integers(0, 1000),
    ),
)
def test_the_parts_always_add_up_and_the_unknown_is_grey(said, contracts, measures):
    account = make.account()
    survey = make.published_survey()
    for given_, ago in said:
        make.respond(survey, given_, account=account, at=NOW - days(ago))
    for begun, length, value in contracts:
        make.subscription(account, TODAY - days(begun), TODAY - days(begun) + days(length), value)
    for key, value in measures.items():
        make.signal(account, key, TODAY, value)
    health = score(account)
    assert is_exact(health)
    assert 0 <= health.score <= 10_000
    assert (health.band == "grey") == (health.confidence < 4000)
    assert all(each["contribution"] == 0 for each in health.parts if each["score"] is None)
    assert differences(now=NOW + days(1)) == []


@pytest.mark.parametrize(
    "forge",
    [
        lambda health: {"score": health.score + 1},
        lambda health: {"base": health.base - 1},
        lambda health: {"band": "green"},
        lambda health: {"confidence": health.confidence + 300},
        lambda health: {"parts": health.parts[1:]},
        lambda health: {"parts": {}},
        lambda health: {"parts": ["x"]},
    ],
)
def test_verifying_finds_a_health_that_does_not_add_up(forge):
    make.respond(make.published_survey(), {"nps": 10}, account=make.account())
    health = score()
    assert differences(now=NOW + days(1)) == []
    Health.objects.update(**forge(health))
    assert len(differences(now=NOW + days(1))) == 1


def test_the_commands_absorb_and_score(capsys):
    account = make.account()
    make.respond(make.published_survey(), {"nps": 10}, account=account)
    call_command("absorb_responses")
    assert "1 responses absorbed" in capsys.readouterr().out
    assert account.healths.count() == 1
    call_command("score_accounts", "--day", "2026-06-15")
    assert account.healths.filter(day=TODAY).exists()


@pytest.mark.parametrize("day", ["2026-13-01", "tomorrow", "01.02.2026"])
def test_what_is_no_day_is_refused_with_how_one_is_written(day, capsys):
    with pytest.raises(CommandError, match="is no day; write one as 2026-03-31"):
        call_command("score_accounts", "--day", day)


def test_no_day_of_the_future_is_scored():
    account = make.account()
    with pytest.raises(CommandError, match="lies in the future"):
        call_command("score_accounts", "--day", "2199-01-01")
    assert account.healths.count() == 0
