"""One interface for every metric: narrowed, split, compared, and replayed as of a past day."""

from datetime import UTC, date, datetime

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


@pytest.fixture(scope="module")
def world(rows_of_module):
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


def test_fewer_than_five_answers_are_not_enough_to_say(world):
    assert "Fewer than 5: not enough to say." in ask("csat", scope()).notes
    assert ask("nps", scope()).notes == ()
