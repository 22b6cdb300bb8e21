"""One interface for every metric: narrowed, split, compared, and replayed as of a past day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group

from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.formulas.intervals import mover
from metrics.measures.comparisons import compared
from metrics.measures.dimensions import ALL, OF_ACCOUNTS
from metrics.measures.query import METRICS, NotAsked, ask, ask_by
from metrics.measures.scope import Scope
from surveys.models import Programme
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)


def someone(role=EXECUTIVE):
    user = f.user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def scope(viewer=None, **rest):
    days = {"start": date(2025, 6, 15), "end": date(2026, 6, 16), **rest}
    return Scope(viewer=viewer or someone(), today=TODAY, **days)


def at(month, day=10):
    return datetime(2026, month, day, 12, tzinfo=UTC)


@pytest.fixture
def world():
    """Three accounts of two segments whose people answered two surveys of one programme, and pay."""
    owner, team = f.user(email="kim@example.com"), f.Team.objects.create(name="North")
    programme = f.programme()
    surveys = [f.published_survey(of=programme) for _ in range(2)]
    rows = (
        ("smb", "DE", {"owner": owner}, date(2024, 2, 1), "core"),
        ("smb", "FR", {"team": team}, date(2025, 2, 1), "core"),
        ("enterprise", "DE", {"industry": "steel"}, date(2025, 3, 1), "extra"),
    )
    for place, (segment, country, rest, since, product) in enumerate(rows):
        account = f.account(segment=segment, country=country, tier="gold", region="EU", **rest)
        contact = f.contact(account, role="decision_maker")
        f.subscription(account, since, date(2026, 3, 1), 1000 * (place + 1), product=product)
        if place:
            f.subscription(account, date(2026, 3, 1), None, 1000, product=product)
        f.invitation(surveys[0], contact, sent_at=at(4))
        f.respond(surveys[0], {"nps": 10 - 4 * place}, contact=contact, at=at(4 + place))
        f.respond(surveys[1], {"nps": 9, "csat": 5 - place}, account=account, at=at(5), channel="qr")
    f.respond(surveys[0], {"nps": 0}, at=at(6), language="de")
    absorb_responses(now=f.NOON)
    return surveys


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_split_by_every_dimension_it_has(world, metric):
    for by in ALL:
        if by in METRICS[metric].dimensions:
            parts = ask_by(metric, scope(), by)
            assert parts, by
            assert len({part.group for part in parts}) == len(parts)
            assert {part.measure.metric for part in parts} == {metric}
        else:
            with pytest.raises(NotAsked, match=f"{metric} is not split by {by}"):
                ask_by(metric, scope(), by)


@pytest.mark.parametrize("by", [by for by in ALL if by not in ("product", "cohort")])
@pytest.mark.parametrize("metric", ["nps", "csat"])
def test_the_parts_of_what_was_said_add_up_to_the_whole(world, metric, by):
    whole, parts = ask(metric, scope()), ask_by(metric, scope(), by)
    assert sum(part.measure.n for part in parts) == whole.n
    known = [part.measure for part in parts if part.measure.value is not None]
    assert sum(each.value * each.n for each in known) / whole.n == pytest.approx(whole.value)


@pytest.mark.parametrize("by", ["segment", "country", "owner", "team", "account", "cohort", "language"])
def test_a_part_is_what_narrowing_to_it_says(world, by):
    accounts = {"owner": f.User, "team": f.Team, "account": f.Account}
    for part in ask_by("nps", scope(), by):
        if not part.group:
            continue
        if by == "segment":
            narrowed = scope(attributes={"segment": part.group})
        elif by in accounts:
            key = {"owner": "email", "team": "name", "account": "pk"}[by]
            narrowed = scope(**{by: accounts[by].objects.get(**{key: part.group})})
        else:
            narrowed = scope(**{by: int(part.group) if by == "cohort" else part.group})
        alone = ask("nps", narrowed)
        assert (alone.value, alone.n) == (part.measure.value, part.measure.n), part.group


@pytest.mark.parametrize("by", [by for by in OF_ACCOUNTS if by not in ("owner", "team", "industry")])
def test_revenue_by_what_every_account_has_adds_up_to_the_whole(world, by):
    whole, parts = ask("grr", scope()), ask_by("grr", scope(), by)
    for name in ("start", "kept", "end"):
        assert sum(part.measure.beside.get(name, 0) for part in parts) == whole.beside[name]
    assert sum(part.measure.n for part in parts) == whole.n == 3


def test_every_group_says_which_it_is(world):
    groups = {
        by: [part.group for part in ask_by("nps", scope(), by)] for by in ("segment", "country", "cohort")
    }
    assert groups == {
        "segment": ["", "enterprise", "smb"],
        "country": ["", "DE", "FR"],
        "cohort": ["2024", "2025"],
    }
    assert [part.group for part in ask_by("grr", scope(), "product")] == ["core", "extra"]
    assert [part.group for part in ask_by("nps", scope(), "owner")] == ["", "kim@example.com"]


def test_an_account_keeps_the_segment_that_it_had_when_it_answered(world):
    account = f.Account.objects.get(segment="enterprise")
    account.segment = "smb"
    account.save()
    counts = {part.group: part.measure.n for part in ask_by("nps", scope(), "segment")}
    assert counts == {"": 1, "enterprise": 2, "smb": 4}
    owner = someone(ACCOUNT_MANAGER)
    account.owner = owner
    account.save()
    counts = {part.group: part.measure.n for part in ask_by("nps", scope(owner), "segment")}
    assert counts["enterprise"] == 2


def test_what_a_metric_does_not_know_is_refused(world):
    with pytest.raises(NotAsked, match="grr is not narrowed by channel"):
        ask("grr", scope(channel="qr"))
    with pytest.raises(NotAsked, match="health is not narrowed by survey"):
        ask("health", scope(survey=world[0]))
    with pytest.raises(NotAsked, match="One of month"):
        ask_by("nps", scope(), "weather")


def test_surveys_of_one_programme_are_pooled_and_programmes_of_events_are_not(world):
    event = f.published_survey(of=f.programme(Programme.Mode.TRANSACTIONAL))
    f.respond(event, {"nps": 0}, at=at(6))
    absorb_responses(now=f.NOON)
    assert ask("nps", scope()).n == 7
    assert ask("nps", scope(programme=world[0].programme)).n == 7
    assert ask("nps", scope(programme=event.programme)).n == 1
    parts = {part.group: part.measure.n for part in ask_by("nps", scope(), "programme")}
    assert parts == {world[0].programme.slug: 7, event.programme.slug: 1}


def test_a_change_has_its_own_interval_and_says_what_could_have_been_noticed(world):
    now = scope(start=date(2026, 5, 1), end=date(2026, 6, 1))
    measure = ask("nps", now)
    found = compared("nps", now, measure)
    assert found.before.window == (date(2026, 4, 1), date(2026, 5, 1))
    assert found.difference == measure.value - found.before.value
    assert found.interval == mover(measure.value, measure.interval, found.before.value, found.before.interval)
    assert found.is_different is False
    assert found.detectable > 50


def test_a_change_of_what_is_counted_has_no_interval(world):
    found = compared("grr", scope(start=date(2026, 1, 15), end=date(2026, 4, 15)), ask("grr", scope()))
    assert found.before.window == (date(2025, 10, 15), date(2026, 1, 15))
    assert found.interval is found.is_different is found.detectable is None


def test_the_renewal_rate_of_a_past_day_knows_nothing_later():
    account = f.account()
    old = f.subscription(account, date(2025, 1, 1), date(2026, 1, 1), 1000)
    f.subscription(account, date(2026, 2, 1), None, 900, renews=old)
    window = {"start": date(2026, 1, 1), "end": date(2026, 2, 1)}
    viewer = someone()
    then = Scope(viewer=viewer, today=date(2026, 1, 20), **window)
    assert ask("renewal_rate", then).value == 0
    assert ask("renewal_rate", scope(viewer, **window)).value == 90


def test_fewer_than_five_answers_are_not_enough_to_say(world):
    assert "Fewer than 5: not enough to say." in ask("csat", scope()).notes
    assert ask("nps", scope()).notes == ()


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
