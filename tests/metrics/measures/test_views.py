"""Views of the same answers, each with accounts of its own: pooled, by account, weighted, as known then."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.roles import ACCOUNT_MANAGER
from metrics.actions.absorb import absorb_responses
from metrics.formulas.nps import Split, standard_error
from metrics.measures.query import ask, ask_by
from metrics.measures.scope import Scope
from tests import factories as f
from tests.metrics.measures.test_query import at, scope, someone

pytestmark = pytest.mark.django_db


def test_the_renewal_rate_of_a_past_day_knows_nothing_later():
    account = f.account()
    old = f.subscription(account, date(2025, 1, 1), date(2026, 1, 1), 1000)
    f.subscription(account, date(2026, 2, 1), None, 900, renews=old)
    window = {"start": date(2026, 1, 1), "end": date(2026, 2, 1)}
    viewer = someone()
    then = Scope(viewer=viewer, today=date(2026, 1, 20), **window)
    assert ask("renewal_rate", then).value == 0
    assert ask("renewal_rate", scope(viewer, **window)).value == 90


def test_whoever_sees_some_accounts_compares_these():
    owner = someone(ACCOUNT_MANAGER)
    survey = f.published_survey()
    mine, other = f.account(owner=owner, segment="smb"), f.account(segment="smb")
    for account in (mine, other, other):
        f.respond(survey, {"nps": 10}, account=account, at=at(5))
    absorb_responses(now=f.NOON)
    assert [part.measure.n for part in ask_by("nps", scope(owner), "segment")] == [1]
    assert [part.measure.n for part in ask_by("nps", scope(owner), "account")] == [1]
    assert [part.measure.n for part in ask_by("nps", scope(), "account")] == [1, 2]


def test_views_of_the_same_answers_say_which_they_are():
    survey = f.published_survey()
    big, small = f.account(segment="a"), f.account(segment="b")
    f.subscription(big, date(2025, 1, 1), None, 9000)
    f.subscription(small, date(2025, 1, 1), None, 1000)
    boss, clerk = f.contact(big, role="decision_maker"), f.contact(big, role="user")
    f.respond(survey, {"nps": 10}, contact=boss, at=at(5))
    for _ in range(3):
        f.respond(survey, {"nps": 0}, contact=clerk, at=at(5))
    f.respond(survey, {"nps": 10}, account=small, at=at(5))
    absorb_responses(now=f.NOON)
    assert ask("nps", scope()).value == pytest.approx(100 * (2 - 3) / 5)
    assert ask("nps_accounts", scope()).value == pytest.approx((-50 + 100) / 2)
    assert ask("nps_revenue", scope()).value == pytest.approx((-50 * 9 + 100 * 1) / 10)
    assert ask("nps_waterfall", scope()).value == 100
    clustered = ask("nps_clustered", scope())
    assert (clustered.value, clustered.interval) == (ask("nps", scope()).value, None)
    assert "Not enough accounts" in clustered.notes[0]


def test_ten_accounts_give_an_interval_whose_unit_is_the_account():
    survey = f.published_survey()
    for place in range(12):
        account = f.account()
        for _ in range(5):
            f.respond(survey, {"nps": 10 if place % 2 else 0}, account=account, at=at(5))
    absorb_responses(now=f.NOON)
    plain, robust = ask("nps", scope()), ask("nps_clustered", scope())
    assert robust.value == plain.value == 0
    assert robust.interval.high - robust.interval.low > 2 * (plain.interval.high - plain.interval.low) * 0.9


def test_answers_of_no_known_account_are_each_by_itself():
    survey = f.published_survey()
    for place in range(12):
        f.respond(survey, {"nps": 10 if place % 2 else 0}, account=f.account(), at=at(5))
    for place in range(12):
        f.respond(survey, {"nps": 10 if place < 9 else 0}, at=at(5))
    absorb_responses(now=f.NOON)
    clustered = ask("nps_clustered", scope())
    assert (clustered.n, clustered.beside["accounts"], clustered.beside["alone"]) == (24, 12, 12)
    # Nobody has a colleague here: the error is that of 24 strangers.
    of = Split(9, 0, 15)
    assert clustered.beside["standard_error"] == pytest.approx(standard_error(of, unbiased=True))


def test_most_of_those_asked_narrow_the_interval():
    survey, account = f.published_survey(), f.account()
    for place in range(12):
        contact = f.contact(account)
        f.invitation(survey, contact, sent_at=at(4))
        if place < 10:
            f.respond(survey, {"nps": place}, contact=contact, at=at(5))
    absorb_responses(now=f.NOON)
    plain, finite = ask("nps", scope()), ask("nps_finite", scope())
    assert finite.value == plain.value
    assert finite.beside["invited"] == 12
    assert finite.interval.high - finite.interval.low < plain.interval.high - plain.interval.low


def test_weights_put_every_segment_at_its_share_of_the_contacts():
    survey = f.published_survey()
    loud, quiet = f.account(segment="loud"), f.account(segment="quiet")
    for account, people, answers, value in ((loud, 10, 30, 10), (quiet, 15, 10, 0)):
        for _ in range(people):
            f.contact(account)
        for _ in range(answers):
            f.respond(survey, {"nps": value}, account=account, at=at(5))
    absorb_responses(now=f.NOON)
    assert ask("nps", scope()).value == 50
    weighted = ask("nps_weighted", scope())
    assert weighted.value == pytest.approx(100 * (10 - 15) / 25)
    assert weighted.beside["design_effect"] > 1.3
    assert weighted.beside["effective_n"] == pytest.approx(40 / weighted.beside["design_effect"])
    assert weighted.value in weighted.interval


def test_contacts_of_one_kind_cannot_be_weighted_and_it_says_so():
    account = f.account(segment="only")
    f.respond(f.published_survey(), {"nps": 9}, contact=f.contact(account), at=at(5))
    absorb_responses(now=f.NOON)
    weighted = ask("nps_weighted", scope())
    assert (weighted.value, weighted.n) == (None, 1)
    assert weighted.notes == ("Cannot be weighted: all contacts are of one segment, tier and region.",)


def test_coverage_counts_whose_voice_was_heard():
    survey = f.published_survey()
    heard, anonymous, silent = (f.account() for _ in range(3))
    for account, value in ((heard, 6000), (anonymous, 3000), (silent, 1000)):
        f.subscription(account, date(2025, 1, 1), None, value)
        f.contact(account, role="decision_maker")
        f.contact(account)
    f.respond(survey, {"nps": 9}, contact=heard.contacts.get(role="decision_maker"), at=at(5))
    f.respond(survey, {"nps": 9}, account=anonymous, at=at(5))
    # Whoever had left before could not be heard.
    f.contact(f.account(churned_on=scope().start), role="decision_maker")
    absorb_responses(now=f.NOON)
    names = ("contact_coverage", "account_coverage", "decision_maker_coverage", "revenue_coverage")
    values = [ask(name, scope()).value for name in names]
    assert values == pytest.approx([100 / 6, 200 / 3, 100 / 3, 90])
    assert ask("revenue_coverage", scope()).beside["heard"] == Decimal(9000)


def test_an_account_ranks_by_its_shrunk_score_with_the_raw_one_in_sight():
    survey = f.published_survey()
    accounts = [f.account() for _ in range(3)]
    for account, values in zip(accounts, ([10], [10, 10, 10, 10, 10, 0], [0, 0, 7]), strict=True):
        for value in values:
            f.respond(survey, {"nps": value}, account=account, at=at(5) + timedelta(hours=1))
    absorb_responses(now=f.NOON)
    parts = {int(part.group): part.measure for part in ask_by("nps", scope(), "account")}
    lone, loyal, _ = (parts[account.pk] for account in accounts)
    assert lone.value == 100 > loyal.value
    whole = ask("nps", scope()).value
    assert whole < lone.beside["shrunk"] < lone.value
    assert lone.value - lone.beside["shrunk"] > 5 * (loyal.value - loyal.beside["shrunk"])
    assert loyal.beside["shrunk_low"] < loyal.beside["shrunk"] < loyal.beside["shrunk_high"]
